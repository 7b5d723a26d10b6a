import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { type Answer, patching, type Review, startWebhookServer, type WebhookServer } from '../support/fakes/webhook-server.js'
import { create, plainTexts, remove, startTwoServers, type TwoServers } from '../support/peers/two-servers.js'

/** Webhooks that a real kube-apiserver and the embedded one both call, and policies: answers and reviews must agree. */
let servers: TwoServers
let hooks: WebhookServer
let answers: (path: string, review: Review) => Answer | Promise<Answer> = () => ({ allowed: true })

before(async () => {
  servers = await startTwoServers()
  hooks = await startWebhookServer((path, review) => answers(path, review))
})
after(async () => {
  await servers.stop()
  await hooks.close()
})

const group = '/apis/admissionregistration.k8s.io/v1'
const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, data: Record<string, string> = { a: '1' }, labels = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels },
  data,
})
const hook = (name: string, more: object = {}) => ({
  name: `${name}.example.com`,
  clientConfig: { url: `${hooks.url}/${name}`, caBundle: hooks.caBundle },
  rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...more,
})
test('mutating webhooks: objects, order, reinvocation', async (t) => {
  answers = (path, { object }) => {
    const data = (object?.['data'] ?? {}) as Record<string, string>
    if (path === '/first') return patching([{ op: 'add', path: '/data/first', value: Object.keys(data).sort().join() }])
    if (path === '/second') return patching([{ op: 'add', path: '/data/second', value: 'yes' }])
    return { allowed: true, warnings: ['third was here'] }
  }
  const webhooks = [hook('first', { reinvocationPolicy: 'IfNeeded' }), hook('second'), hook('third')]
  const path = `${group}/mutatingwebhookconfigurations`
  const pick = ({ data, metadata }: { data: object; metadata: { managedFields: object[] } }) => ({
    data,
    fields: metadata.managedFields.map((entry) => ({ ...entry, time: '' })),
  })
  const compared = await servers.compare(t, [
    create(
      path,
      { metadata: { name: 'm' }, webhooks },
      { settle: true, pick: (body: { webhooks: object[] }) => body.webhooks.map((each) => ({ ...each, clientConfig: 0 })) },
    ),
    create(configMaps, configMap('mutated'), { pick }),
    remove(`${path}/m`),
  ])
  if (!compared) return
  const reviews = hooks.reviews.filter(({ path: at }) => at === '/first')
  const shown = reviews.map(({ review }) => {
    const { uid: _, userInfo: __, object, ...rest } = review as Review & { object: { metadata: object } }
    return { ...rest, object: { ...object, metadata: { ...object.metadata, managedFields: 0 } } }
  })
  assert.equal(shown.length, 4)
  assert.deepEqual(shown[2], shown[0])
})

test('validating webhooks: denials and failures', async (t) => {
  answers = (path) => {
    if (path === '/words') return { allowed: false, status: { code: 418, message: 'no', reason: 'Teapot' } }
    if (path === '/reason') return { allowed: false, status: { reason: 'Because' } }
    if (path === '/silent') return { allowed: false }
    if (path === '/patch') return patching([{ op: 'remove', path: '/data' }])
    if (path === '/uid') return { uid: 'wrong', allowed: true }
    if (path === '/boom') return { raw: { code: 500, body: 'boom' } }
    if (path === '/missing') return { raw: { code: 404, body: 'nothing' } }
    if (path === '/text') return { raw: { code: 200, body: 'hello' } }
    if (path === '/empty') return { raw: { code: 200, body: '{}' } }
    return { allowed: true }
  }
  const path = `${group}/validatingwebhookconfigurations`
  const cases: [string, object][] = [
    ...['words', 'reason', 'silent', 'patch', 'uid', 'boom', 'missing', 'text'].map((name): [string, object] => [name, {}]),
    ['dead', { clientConfig: { url: 'https://127.0.0.1:1/x', caBundle: hooks.caBundle } }],
    ['stranger', { clientConfig: { url: `${hooks.url}/stranger` } }],
    ['service', { clientConfig: { service: { name: 'nobody', namespace: 'default' }, caBundle: hooks.caBundle } }],
    ['ignored', { clientConfig: { url: 'https://127.0.0.1:1/x', caBundle: hooks.caBundle }, failurePolicy: 'Ignore' }],
  ]
  const steps = cases.map(([name, more]) => {
    const selected = hook(name, { objectSelector: { matchLabels: { case: name } }, ...more })
    return selected
  })
  await servers.compare(t, [
    create(path, { metadata: { name: 'v' }, webhooks: steps }, { settle: true }),
    ...cases.map(([name]) => create(configMaps, configMap(`denied-${name}`, { a: '1' }, { case: name }))),
    remove(`${path}/v`),
  ])
})

test('configurations that are refused', async (t) => {
  const path = `${group}/validatingwebhookconfigurations`
  const webhook = (more: object) => ({ metadata: { name: 'bad' }, webhooks: [hook('a', more)] })
  const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }
  const policy = (spec: object) => ({
    metadata: { name: 'bad' },
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }], ...spec },
  })
  const policies = `${group}/validatingadmissionpolicies`
  const bindings = `${group}/validatingadmissionpolicybindings`
  await servers.compare(t, [
    create(path, webhook({ name: 'short' })),
    create(path, webhook({ sideEffects: 'Some' })),
    create(path, webhook({ sideEffects: undefined })),
    create(path, webhook({ timeoutSeconds: 31 })),
    create(path, webhook({ admissionReviewVersions: ['v2'] })),
    create(path, webhook({ admissionReviewVersions: [] })),
    create(path, webhook({ clientConfig: {} })),
    create(path, webhook({ clientConfig: { url: 'http://user@example.com/x?y=z#f' } })),
    create(path, webhook({ clientConfig: { service: { name: '', namespace: 'd', path: 'x//Y', port: 70000 } } })),
    create(
      path,
      webhook({
        rules: [{ operations: ['*', 'CREATE'], apiGroups: [], apiVersions: ['', 'v1'], resources: ['*', 'pods', 'a/*', 'a/b'] }],
      }),
    ),
    create(path, webhook({ rules: [{ ...rule, operations: ['MAKE'], scope: 'Everywhere' }] })),
    create(
      path,
      webhook({
        matchConditions: [
          { name: 'a b', expression: '' },
          { name: 'x', expression: 'true' },
        ],
      }),
    ),
    create(path, webhook({ matchConditions: [{ name: 'x', expression: 'object.x ==' }] })),
    create(path, webhook({ matchConditions: [{ name: 'x', expression: '1' }] })),
    create(policies, policy({ auditAnnotations: [{ key: 'a', valueExpression: '1' }] })),
    create(path, { metadata: { name: 'bad' }, webhooks: [hook('a'), hook('a')] }),
    create(policies, policy({ validations: [] })),
    create(policies, policy({ validations: [{ expression: ' ' }] })),
    create(policies, policy({ validations: [{ expression: 'object.x +' }] })),
    create(policies, policy({ validations: [{ expression: '1 + 1' }] })),
    create(policies, policy({ validations: [{ expression: 'params.x' }] })),
    create(policies, policy({ validations: [{ expression: 'true', message: 'a\nb' }] })),
    create(policies, policy({ validations: [{ expression: 'true', reason: 'Whim' }] })),
    create(policies, policy({ validations: [{ expression: 'true', messageExpression: '1' }] })),
    create(policies, policy({ variables: [{ name: 'if', expression: 'true' }] })),
    create(policies, policy({ variables: [{ name: 'a', expression: 'variables.b' }] })),
    create(policies, policy({ matchConstraints: undefined })),
    create(policies, policy({ paramKind: { apiVersion: 'a/b/c', kind: '' } })),
    create(policies, policy({ auditAnnotations: [{ key: 'a b', valueExpression: "'x'" }] })),
    create(bindings, { metadata: { name: 'bad' }, spec: { policyName: '', validationActions: ['Deny', 'Warn', 'Maybe'] } }),
    create(bindings, { metadata: { name: 'bad' }, spec: { policyName: 'p', validationActions: [], paramRef: {} } }),
  ])
})

test('policies', async (t) => {
  const policies = `${group}/validatingadmissionpolicies`
  const bindings = `${group}/validatingadmissionpolicybindings`
  const rule = { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }
  const pick = ({ spec, status }: { spec: object; status: object }) => ({ spec, status })
  await servers.compare(t, [
    create(
      policies,
      {
        metadata: { name: 'p' },
        spec: {
          matchConstraints: { resourceRules: [rule] },
          matchConditions: [{ name: 'selected', expression: "has(object.metadata.labels) && 'vap' in object.metadata.labels" }],
          variables: [
            { name: 'size', expression: 'size(object.data)' },
            { name: 'broken', expression: 'object.data.nothing' },
          ],
          validations: [
            { expression: 'variables.size < 3', messageExpression: "'too many: ' + string(variables.size)" },
            { expression: "!('secret' in object.data)", message: 'no secrets', reason: 'Forbidden' },
            { expression: "object.metadata.name != 'named'" },
            { expression: "!('broken' in object.data) || variables.broken == 'x'" },
            { expression: "!('missing' in object.data) || object.data.other == 'x'" },
            {
              expression: "!('who' in object.data) || request.userInfo.username == 'x'",
              messageExpression: "'you are ' + request.userInfo.username + ' in ' + namespaceObject.metadata.name",
            },
          ],
        },
      },
      { pick },
    ),
    create(bindings, { metadata: { name: 'b' }, spec: { policyName: 'p', validationActions: ['Deny'] } }, { settle: true, pick }),
    ...[
      ['fine', { a: '1' }],
      ['many', { a: '1', b: '2', c: '3' }],
      ['secretive', { secret: '1' }],
      ['named', { a: '1' }],
      ['broken', { broken: '1' }],
      ['missing', { missing: '1' }],
      ['who', { who: '1' }],
    ].map(([name, data]) =>
      create(
        configMaps,
        configMap(`vap-${name as string}`.replace('vap-named', 'named'), data as Record<string, string>, { vap: 'yes' }),
      ),
    ),
    create(configMaps, {
      ...configMap('x', { secret: '1' }, { vap: 'yes' }),
      metadata: { generateName: 'generated-', labels: { vap: 'yes' } },
    }),
    { method: 'PATCH', path: `${bindings}/b`, as: 'merge', body: { spec: { validationActions: ['Warn'] } }, settle: true },
    create(configMaps, configMap('warned', { secret: '1' }, { vap: 'yes' })),
    {
      method: 'PATCH',
      path: `${bindings}/b`,
      as: 'merge',
      body: { spec: { validationActions: ['Deny'], paramRef: { name: 'x', parameterNotFoundAction: 'Deny' } } },
    },
    {
      method: 'PATCH',
      path: `${policies}/p`,
      as: 'merge',
      body: { spec: { paramKind: { apiVersion: 'example.com/v1', kind: 'Nothing' } } },
      settle: true,
    },
    create(configMaps, configMap('unknown-kind', { a: '1' }, { vap: 'yes' })),
    {
      method: 'PATCH',
      path: `${policies}/p`,
      as: 'merge',
      body: { spec: { paramKind: { apiVersion: 'v1', kind: 'Secret' } } },
      settle: true,
    },
    create(configMaps, configMap('no-params', { a: '1' }, { vap: 'yes' })),
    remove(`${bindings}/b`),
    remove(`${policies}/p`),
  ])
})

test('reviews show objects as kube-apiserver shows them', async (t) => {
  answers = () => ({ allowed: true })
  const rule = {
    operations: ['*'],
    apiGroups: ['*'],
    apiVersions: ['*'],
    resources: [
      'pods',
      'deployments',
      'deployments/scale',
      'services',
      'jobs',
      'horizontalpodautoscalers',
      'pods/binding',
      'pods/eviction',
      'serviceaccounts/token',
    ],
  }
  const path = `${group}/validatingwebhookconfigurations`
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }] }] },
  }
  const equivalent = { ...rule, apiGroups: ['autoscaling'], apiVersions: ['v1'], resources: ['horizontalpodautoscalers'] }
  hooks.reviews.length = 0
  const compared = await servers.compare(t, [
    create(
      path,
      { metadata: { name: 'shown' }, webhooks: [hook('shown', { rules: [rule] }), hook('v1', { rules: [equivalent] })] },
      { settle: true },
    ),
    create('/api/v1/namespaces/default/pods', { metadata: { name: 'shown' }, spec: template.spec }),
    create('/apis/apps/v1/namespaces/default/deployments', {
      metadata: { name: 'shown' },
      spec: { selector: { matchLabels: { a: 'b' } }, template },
    }),
    {
      method: 'PATCH',
      path: '/apis/apps/v1/namespaces/default/deployments/shown/scale',
      as: 'merge',
      body: { spec: { replicas: 3 } },
    },
    create('/api/v1/namespaces/default/services', {
      metadata: { name: 'shown' },
      spec: { clusterIP: 'None', selector: { a: 'b' }, ports: [{ port: 80 }] },
    }),
    create('/apis/batch/v1/namespaces/default/jobs', {
      metadata: { name: 'shown' },
      spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } },
    }),
    create('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', {
      metadata: { name: 'shown' },
      spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'shown', apiVersion: 'apps/v1' } },
    }),
    create('/api/v1/namespaces/default/pods/shown/binding', {
      metadata: { name: 'shown' },
      target: { kind: 'Node', name: 'nowhere' },
    }),
    create('/api/v1/namespaces/default/serviceaccounts/default/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { audiences: ['x'], expirationSeconds: 700 },
    }),
    { method: 'DELETE', path: '/api/v1/namespaces/default/pods/shown', query: { gracePeriodSeconds: '0' } },
    remove(`${path}/shown`),
  ])
  if (!compared) return
  const shown = hooks.reviews.map(({ path: at, review }) => plainTexts({ at, ...withoutRun(review) }))
  const half = shown.length / 2
  const nameOf = (review: unknown) => {
    const { at, operation, resource, subResource = '' } = review as Review & { at: string }
    return `${at} ${operation} ${resource.resource}/${subResource}`
  }
  const byName = (reviews: unknown[]) => Object.fromEntries(reviews.map((review) => [nameOf(review), review]))
  assert.deepEqual(differences('', byName(shown.slice(0, half)), byName(shown.slice(half))), [])
})

/** Paths at which two JSON values differ, and both values there. */
function differences(path: string, wanted: unknown, given: unknown): string[] {
  if (isDeepStrictEqual(wanted, given)) return []
  if (typeof wanted !== 'object' || typeof given !== 'object' || wanted === null || given === null) {
    return [`${path}: ${JSON.stringify(wanted)} became ${JSON.stringify(given)}`]
  }
  const keys = new Set([...Object.keys(wanted), ...Object.keys(given)])
  return [...keys].flatMap((key) =>
    differences(`${path}.${key}`, (wanted as Record<string, unknown>)[key], (given as Record<string, unknown>)[key]),
  )
}

/** Without what no two servers have alike. */
function withoutRun(review: Review): object {
  return JSON.parse(JSON.stringify({ ...review, uid: 0, userInfo: 0 }), (key, value) => {
    if (key === 'managedFields' || key === 'resourceVersion' || key === 'uid') return undefined
    return /Timestamp$|^lastTransitionTime$/.test(key) && value !== null ? 'TIME' : value
  })
}
