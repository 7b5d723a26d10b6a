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
      'A Job that is refused for several reasons at once, or with a uid that is not its own: order and number of the reasons; a number in an object as Go prints it',
    reason:
      'Upstream looks at some parts twice, and counts a uid that nobody may write among the labels; the first reason is the same.',
  },
  watchlist: {
    about: '`sendInitialEvents` of watches is served',
    reason: 'kube-apiserver 1.33 refuses it by default, later ones serve it.',
  },
  int64: {
    about: '`1e2` where an int64 belongs is taken in JSON and merge patches; so are counts in quotas beyond 2^63/1000',
    reason: 'Go keeps the text of a patch until it decodes the whole; and it counts thousandths, which overflow.',
  },
  bytes: {
    about: 'Bytes in Protobuf texts that are no UTF-8 show as U+FFFD in messages',
    reason: 'Go keeps them until it writes JSON, which has no such bytes either.',
  },
  yaml: {
    about: 'YAML bodies: duplicate keys and further documents are refused, syntax errors have other words',
    reason: 'Another YAML parser.',
  },
  apply: {
    about: 'Syntax errors in YAML that is applied',
    reason: 'Another YAML parser.',
  },
  openapi: {
    about:
      'OpenAPI: prose of parameters, operations and three schemas, names of shared parameters, v3 as Protobuf; v2 as Protobuf has no paths',
    reason: 'Programs read neither; clients ask for v3 as JSON, and for kinds in v2.',
  },
  reviews: {
    about: 'Which of several bindings allowed a request',
    reason: 'kube-apiserver itself names now this one, now that one: it goes through them in the order of a cache.',
  },
  etcd: {
    about: 'A watch from a revision that etcd has compacted',
    reason: 'The recorded server had run for longer than its history; ours still has the revision, and serves it.',
  },
  rules: {
    about: 'Owners of two fields: `apiGroup` of a `dataSourceRef` that is refused, `secrets` without names',
    reason:
      'Upstream gives the first an owner before a default that is taken back, and tracks nothing of an object whose list has no keys.',
  },
  custom: {
    about:
      'Custom resources: a body without a version counts as one of the path; a definition is established in the answer to its creation; how Go prints an empty list of versions',
    reason:
      'Clients always say the version; upstream establishes a definition some milliseconds later, which clients must wait for anyway.',
  },
  texts: {
    about:
      'A patch that takes the version of its object away; /version; a PersistentVolumeClaim that is applied again unchanged has the same revision',
    reason:
      'The first warns of every field upstream; the second says which server this is; in the third upstream writes though nothing changed.',
  },
} as const

/** Questions for OpenAPI documents that are answered otherwise, and documents that the real server does not have. */
export const openApiDifferences = {
  answers: ['GET /openapi/v3/apis/apps/v1 application/com.github.proto-openapi.spec.v3@v1.0+protobuf'],
  documents: ['apis/metrics.k8s.io/v1beta1'],
} as const

export const differences: readonly KnownDifference[] = [
  { where: /./, path: /columnDefinitions\.\d+\.description$/, because: 'columns' },
  { where: 'verbs: persistentvolumeclaims.v1 applies', steps: '2', because: 'texts' },
  { where: 'verbs: jobs.batch/v1 updates', steps: '9', because: 'dump' },
  { where: 'verbs: jobs.batch/v1 patches', steps: '5', because: 'dump' },
  { where: 'lists: forms of the answer', steps: '37-38', because: 'columns' },
  { where: 'watches: initial events', steps: '6-12', because: 'watchlist' },
  { where: 'watches: too old', steps: '6', because: 'etcd' },
  { where: 'bodies: create', steps: '38,41-43', because: 'yaml' },
  { where: 'bodies: replace', steps: '39,42-44', because: 'yaml' },
  { where: 'bodies: headers', steps: '12', because: 'texts' },
  { where: 'patches: merge', steps: '19', because: 'texts' },
  { where: 'patches: apply', steps: '51-52', because: 'apply' },
  { where: 'reviews: access reviews', steps: '2', path: /^body\.status\.reason$/, because: 'reviews' },
  { where: 'custom: creates', steps: '16', because: 'custom' },
  { where: 'custom: definitions', steps: '0,2', because: 'custom' },
  { where: 'fields: persistentvolumeclaims.v1', steps: '29', because: 'rules' },
  { where: 'fields: serviceaccounts.v1', steps: '0', because: 'rules' },
  { where: 'integers: fields of built-in kinds', steps: '166', because: 'int64' },
  { where: 'integers: fields of built-in kinds', steps: '178', because: 'dump' },
  { where: 'integers: built-in kinds: stored, patched, applied', steps: '15,17', because: 'int64' },
  { where: 'protobuf: rich objects', steps: '5', because: 'custom' },
  { where: 'protobuf: metadata', steps: '22', because: 'apply' },
  { where: 'protobuf: on the wire', steps: '30,133', because: 'bytes' },
]
