/**
 * Where the embedded API server is known to answer otherwise than kube-apiserver. The list may only shrink: an entry that
 * accounts for nothing fails the replay. docs/reference/differences.md is made of it.
 */
export interface KnownDifference {
  /** `topic: name of the case`, or a pattern of it. */
  readonly where: string | RegExp
  /** The steps of the case: `3,7-9`; absent: all. Each must still differ. */
  readonly steps?: string
  /** Places in the answer, such as `body.spec.x`; absent: the answer as a whole. */
  readonly path?: RegExp
  /** Index of the reason in `reasons`. */
  readonly because: keyof typeof reasons
}

/** What the entries below have in common, by kind of reason; the page is made of this. */
export const reasons = {
  columns: {
    about: 'Descriptions of the columns of tables',
    reason: 'They are our own words.',
  },
  dump: {
    about:
      'Messages that show an object as Go prints it: refused changes of immutable specs, patches whose result cannot be decoded',
    reason: 'What differs is the printed object only; code, reason and field are the same.',
  },
  quota: {
    about: 'The status of a ResourceQuota is there at once',
    reason: 'Upstream a controller writes it a moment later.',
  },
  protobuf: {
    about: 'Lists of accepted media types in 406 and 415',
    reason: 'Answers are never Protobuf, so it is not offered; the code is the same.',
  },
  watchlist: {
    about: '`sendInitialEvents` of watches is served',
    reason: 'kube-apiserver 1.33 refuses it by default, later ones serve it.',
  },
  int64: {
    about: 'Integers beyond 2^53 lose their last digits, and `1e2` is taken where an int64 belongs',
    reason:
      'JSON numbers are doubles here. No field of a built-in kind has a use for larger ones, and whatever copies, compares, applies and stores objects would have to know a second kind of number.',
  },
  yaml: {
    about: 'YAML bodies: duplicate keys and further documents are refused, syntax errors have other words',
    reason: 'Another YAML parser.',
  },
  strategic: {
    about: 'A `$setElementOrder` that is no list is an unknown field in a strategic merge patch',
    reason: 'Clients make these directives, not people.',
  },
  apply: {
    about: 'Syntax errors in YAML that is applied; who owns what an apply to a `scale` set',
    reason: 'Another YAML parser; the scale is changed as if it were a merge patch.',
  },
  subresource: {
    about: 'Owners of what was written through scale, resize and token; conflicts of an apply to a scale; the audience of tokens',
    reason: 'Ownership is kept in the version of the object itself, the scale has another.',
  },
  reviews: {
    about: 'Reviews: managed fields, order of rules, texts of refusals',
    reason: 'The answers themselves are the same.',
  },
  paths: {
    about: 'Answers of the router to paths and methods that nobody serves; discovery as YAML; addresses in /api',
    reason: 'Details without a client that needs them.',
  },
  etcd: {
    about: 'A watch from a revision that etcd has compacted',
    reason: 'The history of the recorded server is shorter.',
  },
  rules: {
    about:
      'Single rules of built-in kinds: a claim from another namespace, a runtime class without a name, overhead without a runtime class, secrets without names',
    reason: 'Refused by another part of the server or owned by another field; each request is named in the test.',
  },
  conditions: {
    about: 'Who owns the times of the conditions of a certificate request',
    reason: 'They are set after ownership is recorded.',
  },
  daemonset: {
    about: 'The annotation of DaemonSets that counts template changes shows in metadata and tables too',
    reason: 'Upstream it is a field of the internal type there.',
  },
  custom: {
    about: 'Custom resources: details of refusals',
    reason: 'Texts of rare refusals.',
  },
  texts: {
    about: 'Words of some refusals, and single answers to rare requests',
    reason: 'Each request is named in the test.',
  },
} as const

export const differences: readonly KnownDifference[] = [
  { where: /./, path: /columnDefinitions\.\d+\.description$/, because: 'columns' },
  { where: /^verbs: resourcequotas/, because: 'quota' },
  { where: 'verbs: persistentvolumeclaims.v1 immutable', steps: '1-2,5-6', because: 'dump' },
  { where: 'verbs: persistentvolumeclaims.v1 applies', steps: '2', because: 'texts' },
  { where: 'verbs: persistentvolumes.v1 immutable', steps: '1,5', because: 'rules' },
  { where: 'verbs: pods.v1 updates', steps: '1-3,9,13', because: 'dump' },
  { where: 'verbs: pods.v1 immutable', steps: '1-10,12-14,16,18,20', because: 'dump' },
  { where: 'verbs: daemonsets.apps/v1 reads', steps: '4-5,9,11,16', because: 'daemonset' },
  { where: 'verbs: jobs.batch/v1 updates', steps: '1-3,9,13', because: 'dump' },
  { where: 'verbs: jobs.batch/v1 immutable', steps: '1-8,11', because: 'dump' },
  { where: 'verbs: jobs.batch/v1 patches', steps: '5', because: 'texts' },
  { where: 'verbs: certificatesigningrequests.certificates.k8s.io/v1 status', steps: '10,14', because: 'conditions' },
  { where: 'lists: pages', steps: '12', because: 'texts' },
  { where: 'lists: forms of the answer', steps: '11-18,25-30,33,36,39-40,45-46,51', because: 'protobuf' },
  { where: 'lists: forms of the answer', steps: '37-38', because: 'columns' },
  { where: 'watches: histories', steps: '19', because: 'texts' },
  { where: 'watches: initial events', steps: '6-12', because: 'watchlist' },
  { where: 'watches: refusals', steps: '15', because: 'protobuf' },
  { where: 'watches: too old', steps: '6', because: 'etcd' },
  { where: 'bodies: create', steps: '22-23,25', because: 'int64' },
  { where: 'bodies: create', steps: '38,41-43', because: 'yaml' },
  { where: 'bodies: replace', steps: '24,26', because: 'int64' },
  { where: 'bodies: replace', steps: '39,42-44', because: 'yaml' },
  { where: 'bodies: field validation', steps: '64-67', because: 'int64' },
  { where: 'bodies: headers', steps: '3', because: 'yaml' },
  { where: 'bodies: headers', steps: '6,9,12-13', because: 'texts' },
  { where: 'patches: json', steps: '8', because: 'dump' },
  { where: 'patches: merge', steps: '3,8,18', because: 'dump' },
  { where: 'patches: merge', steps: '19,23', because: 'texts' },
  { where: 'patches: strategic', steps: '11', because: 'strategic' },
  { where: 'patches: apply', steps: '51-52', because: 'apply' },
  { where: 'patches: apply: owners come and go', steps: '9', because: 'apply' },
  { where: 'subresources: ephemeral containers and resize', steps: '2,9-11', because: 'subresource' },
  { where: 'subresources: scale of deployments', steps: '17-18,21,24', because: 'subresource' },
  { where: 'subresources: scale of replicasets', steps: '17-18,21,24', because: 'subresource' },
  { where: 'subresources: scale of statefulsets', steps: '17-18,21,24', because: 'subresource' },
  { where: 'subresources: tokens', steps: '0-1', because: 'subresource' },
  { where: 'paths: unknown paths', steps: '1,8,21,24-28', because: 'paths' },
  { where: 'paths: discovery', steps: '0,26', because: 'paths' },
  { where: 'reviews: access reviews', steps: '0-3,5,7-8,11-14', because: 'reviews' },
  { where: 'reviews: authentication reviews', steps: '0-3,8', because: 'reviews' },
  { where: 'custom: creates', steps: '16', because: 'custom' },
  { where: 'custom: reads and writes', steps: '6,19,27,30,36', because: 'custom' },
  { where: 'custom: definitions', steps: '0,2', because: 'custom' },
  { where: 'fields: persistentvolumeclaims.v1', steps: '29', because: 'rules' },
  { where: 'fields: pods.v1', steps: '97,102', because: 'rules' },
  { where: 'fields: serviceaccounts.v1', steps: '0', because: 'rules' },
]
