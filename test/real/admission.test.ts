import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { Step } from '../differential/case.js'
import { closeConnections, send, type Target } from '../differential/send.js'
import { adminToken, type EmbeddedApi, startEmbeddedApi } from '../support/embedded-api.js'
import { type RealApiServer, startRealApiServer } from '../support/real-apiserver.js'
import { type Answer, patching, type Review, startWebhookServer, type WebhookServer } from '../support/webhook-server.js'

/** The same requests to a real kube-apiserver and to the embedded one, with webhooks that both call: the answers must agree. */
let real: RealApiServer | string = 'not started'
let embedded: EmbeddedApi
let hooks: WebhookServer
let answers: (path: string, review: Review) => Answer | Promise<Answer> = () => ({ allowed: true })

before(async () => {
  real = await startRealApiServer({ serviceAccounts: true })
  embedded = await startEmbeddedApi('admission')
  hooks = await startWebhookServer((path, review) => answers(path, review))
  for (const target of targets()) {
    await send(target, {
      method: 'POST',
      path: '/api/v1/namespaces/default/serviceaccounts',
      body: { metadata: { name: 'default' } },
    })
  }
})
after(async () => {
  closeConnections()
  await hooks.close()
  await embedded.close()
  if (typeof real !== 'string') await real.stop()
})

function targets(): Target[] {
  const own: Target = { host: '127.0.0.1', port: embedded.port, token: adminToken }
  if (typeof real === 'string') return [own]
  const { hostname, port } = new URL(real.server)
  return [{ host: hostname, port: Number(port), token: real.token }, own]
}

/** What of an answer must agree: the code, the words of a failure, warnings, and what `pick` takes of the object. */
async function ask(target: Target, step: Step, pick: (body: never) => unknown): Promise<unknown> {
  const { code, headers, text } = await send(target, step)
  const body = JSON.parse(text)
  const warnings = [headers['warning'] ?? []].flat()
  if (body.kind === 'Status') {
    const { message, reason, details } = body
    return { code, message: plain(message), reason, details: plainTexts(details), warnings }
  }
  return { code, picked: pick(body as never), warnings }
}

/** Without what differs from run to run, and without the dump of a diff in Go's words. */
const plain = (text = '') =>
  text
    .replace(/\n\s+core\.[\s\S]*$/, '')
    .replace(/generated-\w{5}/g, 'generated-X')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'UID')
    .replace(/kube-api-access-\w{5}/g, 'kube-api-access-X')

/** The same of all texts in a value. */
const plainTexts = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null), (_key, member) => (typeof member === 'string' ? plain(member) : member))

interface Asked extends Step {
  readonly pick?: (body: never) => unknown
  /** Called when the servers know what was there before. */
  readonly settle?: boolean
}

/** Sends the steps to both servers, one server after the other, and compares the answers. */
async function compare(t: { skip(why: string): void }, steps: readonly Asked[]): Promise<void> {
  if (typeof real === 'string') return t.skip(real)
  const seen: unknown[][] = []
  for (const target of targets()) {
    const own: unknown[] = []
    for (const { pick = () => undefined, settle, ...step } of steps) {
      own.push(await ask(target, step, pick))
      // A real server hears of configurations by watching itself.
      if (settle) await new Promise((resolve) => setTimeout(resolve, target.token === adminToken ? 0 : 1500))
    }
    seen.push(own)
  }
  const differences = seen[0]!.flatMap((wanted, index) => {
    const given = seen[1]![index]
    const what = `${steps[index]!.method} ${steps[index]!.path} (#${index})`
    return isDeepStrictEqual(given, wanted) ? [] : [{ what, given, wanted }]
  })
  assert.deepEqual(
    differences.map(({ given }) => given),
    differences.map(({ wanted }) => wanted),
    JSON.stringify(differences, undefined, 1),
  )
}

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
const create = (path: string, body: object, more: Partial<Asked> = {}): Asked => ({ method: 'POST', path, body, ...more })
const remove = (path: string): Asked => ({ method: 'DELETE', path, settle: true })

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
  await compare(t, [
    create(
      path,
      { metadata: { name: 'm' }, webhooks },
      { settle: true, pick: (body: { webhooks: object[] }) => body.webhooks.map((each) => ({ ...each, clientConfig: 0 })) },
    ),
    create(configMaps, configMap('mutated'), { pick }),
    remove(`${path}/m`),
  ])
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
  await compare(t, [
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
  await compare(t, [
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
  await compare(t, [
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

test('pod security', async (t) => {
  const namespace = (name: string, labels: object) =>
    create('/api/v1/namespaces', { metadata: { name, labels } }, { settle: true })
  const account = (name: string) => create(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } })
  const pod = (where: string, name: string, spec: object) =>
    create(`/api/v1/namespaces/${where}/pods`, { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } })
  const level = (mode: string, value: string) => ({ [`pod-security.kubernetes.io/${mode}`]: value })
  const bad = {
    hostNetwork: true,
    hostPID: true,
    volumes: [
      { name: 'h', hostPath: { path: '/' } },
      { name: 'n', nfs: { server: 's', path: '/' } },
    ],
    securityContext: {
      runAsUser: 0,
      sysctls: [{ name: 'kernel.x', value: '1' }],
      seLinuxOptions: { type: 't', user: 'u', role: 'r' },
      seccompProfile: { type: 'Unconfined' },
    },
    containers: [
      {
        name: 'a',
        image: 'i',
        ports: [{ containerPort: 80, hostPort: 80 }],
        securityContext: { capabilities: { add: ['SYS_ADMIN', 'NET_BIND_SERVICE'] } },
      },
      {
        name: 'b',
        image: 'i',
        securityContext: {
          runAsNonRoot: false,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
        },
      },
    ],
    hostUsers: true,
  }
  const deployment = (where: string) =>
    create(`/apis/apps/v1/namespaces/${where}/deployments`, {
      metadata: { name: 'd' },
      spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: bad } },
    })
  await compare(t, [
    namespace('ps-bad', level('enforce', 'none')),
    namespace('ps-bad', { ...level('warn-version', '1.2'), ...level('audit', 'x') }),
    namespace('ps-baseline', level('enforce', 'baseline')),
    account('ps-baseline'),
    pod('ps-baseline', 'bad', bad),
    pod('ps-baseline', 'good', {}),
    deployment('ps-baseline'),
    namespace('ps-restricted', { ...level('enforce', 'restricted'), ...level('enforce-version', 'v1.33') }),
    account('ps-restricted'),
    pod('ps-restricted', 'bad', bad),
    pod('ps-restricted', 'plain', {}),
    pod('ps-restricted', 'good', {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        { name: 'c', image: 'i', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
      ],
    }),
    namespace('ps-warn', level('warn', 'restricted')),
    account('ps-warn'),
    pod('ps-warn', 'plain', {}),
    deployment('ps-warn'),
    {
      method: 'PATCH',
      path: '/api/v1/namespaces/ps-warn',
      as: 'merge',
      body: { metadata: { labels: level('enforce', 'restricted') } },
    },
  ])
})

test('built-in plugins', async (t) => {
  const pods = '/api/v1/namespaces/default/pods'
  const pod = (name: string, spec: object, metadata: object = {}) =>
    create(
      pods,
      { metadata: { name, ...metadata }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } },
      {
        pick: (body: { spec: object; metadata: { annotations: object } }) =>
          plainTexts({ spec: body.spec, annotations: body.metadata.annotations }),
      },
    )
  const finalizers = (body: { metadata: { finalizers: string[] } }) => body.metadata.finalizers
  const spec = (body: { spec: object }) => body.spec
  await compare(t, [
    pod('plain', {}),
    pod('init', { initContainers: [{ name: 'i', image: 'i' }], automountServiceAccountToken: true }),
    pod('no-token', { automountServiceAccountToken: false }),
    pod('stranger', { serviceAccountName: 'nobody' }),
    pod('no-runtime', { runtimeClassName: 'nothing' }),
    pod('overhead', { overhead: { cpu: '1' } }),
    pod('no-class', { priorityClassName: 'nothing' }),
    pod('wrong-priority', { priority: 7 }),
    pod('system', { priorityClassName: 'system-node-critical' }),
    create(
      '/apis/node.k8s.io/v1/runtimeclasses',
      {
        metadata: { name: 'fat' },
        handler: 'fat',
        overhead: { podFixed: { cpu: '250m' } },
        scheduling: { nodeSelector: { fat: 'yes' }, tolerations: [{ key: 'fat', operator: 'Exists' }] },
      },
      { settle: true },
    ),
    pod('fat', { runtimeClassName: 'fat' }),
    pod('fat-conflict', { runtimeClassName: 'fat', nodeSelector: { fat: 'no' } }),
    create(
      '/api/v1/namespaces/default/persistentvolumeclaims',
      {
        metadata: { name: 'c' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
      { pick: finalizers },
    ),
    {
      method: 'PATCH',
      path: '/api/v1/namespaces/default/persistentvolumeclaims/c',
      as: 'merge',
      body: { spec: { resources: { requests: { storage: '2Gi' } } } },
    },
    create(
      '/api/v1/persistentvolumes',
      {
        metadata: { name: 'v' },
        spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } },
      },
      { pick: finalizers },
    ),
    create('/api/v1/nodes', { metadata: { name: 'n' } }, { pick: spec }),
    create(
      '/apis/networking.k8s.io/v1/ingressclasses',
      {
        metadata: { name: 'nginx', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
        spec: { controller: 'example.com/c' },
      },
      { settle: true },
    ),
    create(
      '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
      {
        metadata: { name: 'i' },
        spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } } },
      },
      { pick: spec },
    ),
    create(
      '/apis/scheduling.k8s.io/v1/priorityclasses',
      { metadata: { name: 'one' }, value: 1, globalDefault: true },
      { settle: true },
    ),
    create('/apis/scheduling.k8s.io/v1/priorityclasses', { metadata: { name: 'two' }, value: 2, globalDefault: true }),
    remove('/apis/scheduling.k8s.io/v1/priorityclasses/one'),
    { method: 'DELETE', path: '/api/v1/namespaces/kube-system' },
    create('/api/v1/namespaces/absent/configmaps', { metadata: { name: 'x' } }),
  ])
})

test('limits', async (t) => {
  const pods = '/api/v1/namespaces/limited/pods'
  const pod = (name: string, resources: object, more: object = {}) =>
    create(
      pods,
      { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i', resources }], ...more } },
      {
        pick: (body: { spec: { containers: { resources: object }[] }; metadata: { annotations: object } }) => ({
          resources: body.spec.containers[0]?.resources,
          annotations: body.metadata.annotations,
        }),
      },
    )
  await compare(t, [
    create('/api/v1/namespaces', { metadata: { name: 'limited' } }),
    create('/api/v1/namespaces/limited/serviceaccounts', { metadata: { name: 'default' } }),
    create(
      '/api/v1/namespaces/limited/limitranges',
      {
        metadata: { name: 'l' },
        spec: {
          limits: [
            {
              type: 'Container',
              default: { cpu: '500m' },
              defaultRequest: { cpu: '100m' },
              max: { cpu: '1' },
              min: { cpu: '50m' },
              maxLimitRequestRatio: { cpu: '6' },
            },
            { type: 'Pod', max: { memory: '1Gi' } },
            { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } },
          ],
        },
      },
      { settle: true },
    ),
    pod('no-memory', {}),
    pod('fine', { limits: { memory: '1Gi' } }),
    pod('much', { limits: { cpu: '2', memory: '2Gi' } }),
    pod('little', { requests: { cpu: '10m' }, limits: { memory: '1Mi' } }),
    pod('ratio', { requests: { cpu: '100m' }, limits: { cpu: '900m', memory: '1Mi' } }),
    ...['500Mi', '5Gi'].map((storage) =>
      create('/api/v1/namespaces/limited/persistentvolumeclaims', {
        metadata: { name: `c-${storage.toLowerCase()}` },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } },
      }),
    ),
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
  await compare(t, [
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
