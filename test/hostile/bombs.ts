import { generateKeyPairSync } from 'node:crypto'
import type { HostileRequest } from './bodies.js'

const json = 'application/json'
const group = 'bombs.example.com'

/** Definitions that the bombs need, each of one rule. */
export function bombDefinitions(): { readonly plural: string; readonly body: object }[] {
  const define = (plural: string, property: object) => ({
    plural,
    body: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural, singular: plural.slice(0, -1), kind: `${plural[0]?.toUpperCase()}${plural.slice(1, -1)}` },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { a: property } } } },
            },
          },
        ],
      },
    },
  })
  const rule = (text: string) => [{ rule: text }]
  return [
    define('patterns', { type: 'string', pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' }),
    define('widepatterns', { type: 'string', pattern: '^(a?){200}(b|c|d|e|f|g){1,200}$' }),
    define('patternlists', { type: 'array', items: { type: 'string', pattern: '^(x+x+)+y$' } }),
    define('matches', { type: 'string', maxLength: 100_000, 'x-kubernetes-validations': rule("!self.matches('(x+x+)+y')") }),
    define('walks', {
      type: 'array',
      maxItems: 300,
      items: { type: 'string', maxLength: 10 },
      'x-kubernetes-validations': rule('self.all(x, self.exists(y, y == x))'),
    }),
    define('sets', { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } }),
    define('splits', {
      type: 'string',
      maxLength: 100_000,
      'x-kubernetes-validations': rule("self.split('a').size() < 1000000"),
    }),
  ]
}

/** What costs more to look at than to send. */
export function bombs(): HostileRequest[] {
  const custom = (plural: string, name: string, a: unknown): HostileRequest => ({
    name: `${plural}: ${name}`,
    method: 'POST',
    path: `/apis/${group}/v1/namespaces/default/${plural}`,
    type: json,
    body: JSON.stringify({
      apiVersion: `${group}/v1`,
      kind: `${plural[0]?.toUpperCase()}${plural.slice(1, -1)}`,
      metadata: { generateName: 'bomb-' },
      spec: { a },
    }),
  })
  const post = (name: string, path: string, body: object): HostileRequest => ({
    name,
    method: 'POST',
    path,
    type: json,
    body: JSON.stringify(body),
  })
  const pem = (modulusLength: number) =>
    generateKeyPairSync('rsa', {
      modulusLength,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }).publicKey
  const token = (size: number) =>
    `${Buffer.from('{"alg":"RS256","kid":"x"}').toString('base64url')}.${'A'.repeat(size)}.${'A'.repeat(size)}`
  const review = (spec: object) => ({ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec })
  const selector = Array.from({ length: 3000 }, (_, index) => ({ key: `k${index}`, operator: 'In', values: ['a', 'b', 'c'] }))
  return [
    custom('patterns', 'one that backtracks', `${'a'.repeat(500_000)}!`),
    custom('widepatterns', 'many states', 'a'.repeat(300_000)),
    custom('patternlists', 'many strings', Array(20_000).fill(`${'x'.repeat(60)}z`)),
    custom('matches', 'one that backtracks', 'x'.repeat(100_000)),
    custom(
      'walks',
      'each with each',
      Array.from({ length: 300 }, (_, index) => `s${index}`),
    ),
    custom(
      'sets',
      'a set of 60,000',
      Array.from({ length: 60_000 }, (_, index) => `s${index}`),
    ),
    custom('splits', 'a hundred thousand pieces', 'a'.repeat(100_000)),
    post('a signing request that is a key', '/apis/certificates.k8s.io/v1/certificatesigningrequests', {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'bomb' },
      spec: {
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['client auth'],
        request: Buffer.from(pem(2048)).toString('base64'),
      },
    }),
    post('a token of a megabyte', '/apis/authentication.k8s.io/v1/tokenreviews', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      spec: { token: token(500_000) },
    }),
    post(
      'a review with 50,000 groups',
      '/apis/authorization.k8s.io/v1/subjectaccessreviews',
      review({
        user: 'x',
        groups: Array.from({ length: 50_000 }, (_, index) => `g${index}`),
        resourceAttributes: { verb: 'get', resource: 'pods' },
      }),
    ),
    post('a role of 3,000 rules', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'bomb' },
      rules: Array.from({ length: 3000 }, (_, index) => ({ apiGroups: [`g${index}`], resources: ['*'], verbs: ['get', 'list'] })),
    }),
    post('a selector of 3,000 terms', '/apis/apps/v1/namespaces/default/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'bomb' },
      spec: {
        selector: { matchLabels: { a: 'b' }, matchExpressions: selector },
        template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'c' }] } },
      },
    }),
    post('a policy of 20 long expressions', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies', {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'bomb' },
      spec: {
        matchConstraints: {
          resourceRules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE'], resources: ['none'] }],
        },
        validations: Array.from({ length: 20 }, () => ({
          expression: Array(1500).fill('object.metadata.name != "x"').join(' && '),
        })),
      },
    }),
    {
      name: 'a backup that is none, of 20 MiB',
      method: 'PUT',
      path: '/flotilla/v1/backup?dryRun=All',
      type: 'application/octet-stream',
      body: Buffer.alloc(20 * 1024 * 1024, '\n'),
    },
  ]
}
