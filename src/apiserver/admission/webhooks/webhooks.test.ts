import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type Answer,
  patching,
  type Review,
  startWebhookServer,
  type WebhookServer,
} from '../../../../test/support/fakes/webhook-server.js'
import { systemClock } from '../../../app/system/system-ports.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError } from '../../../kube/object/status-error.js'
import { type ClusterFixture, createClusterFixture } from '../../logical/cluster-fixture.js'
import { createDynamicAdmission } from '../dynamic-admission.js'
import { createHttpsCaller } from './https-caller.js'
import { resolveServiceAddress } from './service-address.js'
import { createWebhookAdmission } from './webhook-admission.js'

const caller = createHttpsCaller(systemClock)
let answers: (path: string, review: Review) => Answer | Promise<Answer> = () => ({ allowed: true })
let server: WebhookServer
before(async () => {
  server = await startWebhookServer((path, review) => answers(path, review))
})
after(async () => {
  caller.close()
  await server.close()
})

async function fixture(): Promise<ClusterFixture> {
  server.reviews.length = 0
  answers = () => ({ allowed: true })
  return createClusterFixture({ webhooks: createWebhookAdmission({ caller, resolveService: resolveServiceAddress }) })
}

const rule = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }
const hook = (name: string, more: object = {}) => ({
  name: `${name}.example.com`,
  clientConfig: { url: `${server.url}/${name}`, caBundle: server.caBundle },
  rules: [rule],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
  ...more,
})
const configuration = (kind: 'Mutating' | 'Validating', webhooks: object[], name = 'hooks'): KubeObject => ({
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: `${kind}WebhookConfiguration`,
  metadata: { name },
  webhooks,
})
const configMap = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
})
const refused = (code: number, message: string | RegExp) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error))
  assert.equal(error.httpCode, code)
  if (typeof message === 'string') assert.equal(error.message, message)
  else assert.match(error.message, message)
  return true
}
const paths = () => server.reviews.map(({ path }) => path)

test('a validating webhook sees the request and denies with its words', async () => {
  const { client, type } = await fixture()
  await client.create(type('validatingwebhookconfigurations'), configuration('Validating', [hook('a')]))
  answers = (_path, { object }) =>
    (object?.['data'] as { bad?: string })?.bad === undefined
      ? { allowed: true, warnings: ['look out'] }
      : { allowed: false, status: { code: 418, message: 'no teapots', reason: 'Teapot' } }
  const warnings: string[] = []
  await client.create(type('cm'), configMap('good'), { onWarning: (text) => void warnings.push(text), fieldManager: 'me' })
  assert.deepEqual(warnings, ['look out'])
  const [{ review }] = server.reviews as [WebhookServer['reviews'][number]]
  assert.equal(review.operation, 'CREATE')
  assert.equal(review.name, 'good')
  assert.equal(review.namespace, 'default')
  assert.deepEqual(review.kind, { group: '', version: 'v1', kind: 'ConfigMap' })
  assert.deepEqual(review.resource, { group: '', version: 'v1', resource: 'configmaps' })
  assert.deepEqual(review.options, { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'me' })
  assert.equal(review.oldObject, null)
  assert.equal(review.userInfo.username, 'system:admin')
  assert.ok((review.object as unknown as KubeObject).metadata.uid)
  await assert.rejects(
    client.create(type('cm'), configMap('bad', { bad: 'x' })),
    refused(418, 'admission webhook "a.example.com" denied the request: no teapots'),
  )
  answers = () => ({ allowed: false })
  await assert.rejects(
    client.delete({ type: type('cm'), namespace: 'default', name: 'good' }),
    refused(400, 'admission webhook "a.example.com" denied the request without explanation'),
  )
  const deletion = server.reviews.at(-1)!.review
  assert.equal(deletion.operation, 'DELETE')
  assert.equal(deletion.object, null)
  assert.equal((deletion.oldObject as unknown as KubeObject).metadata.name, 'good')
})

test('mutating webhooks change the object one after the other, and run again where they ask for it', async () => {
  const { client, type } = await fixture()
  await client.create(
    type('mutatingwebhookconfigurations'),
    configuration('Mutating', [hook('first', { reinvocationPolicy: 'IfNeeded' }), hook('second'), hook('third')]),
  )
  answers = (path, { object }) => {
    const data = object?.['data'] as Record<string, string>
    if (path === '/first') return patching([{ op: 'add', path: '/data/first', value: Object.keys(data).sort().join() }])
    if (path === '/second') return patching([{ op: 'add', path: '/data/second', value: 'yes' }])
    return { allowed: true }
  }
  const made = await client.create(type('cm'), configMap('a', { own: '1' }), { fieldManager: 'me' })
  assert.deepEqual(made['data'], { own: '1', first: 'first,own,second', second: 'yes' })
  assert.deepEqual(paths(), ['/first', '/second', '/third', '/first'])
  // A new object has no uid yet, and what webhooks add is nobody's.
  assert.equal((server.reviews[0]!.review.object as unknown as KubeObject).metadata.uid, undefined)
  const [entry] = made.metadata.managedFields!
  assert.deepEqual(Object.keys((entry!.fieldsV1 as { 'f:data': object })['f:data']).sort(), ['.', 'f:own'])
})

test('fields that a webhook adds are typed, completed and validated like any others', async () => {
  const { client, type } = await fixture()
  const pods = { ...rule, operations: ['CREATE'], resources: ['pods'] }
  await client.create(type('mutatingwebhookconfigurations'), configuration('Mutating', [hook('sidecar', { rules: [pods] })]))
  const pod = (name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  })
  answers = () => patching([{ op: 'add', path: '/spec/containers/-', value: { name: 'proxy', image: 'p', nonsense: 1 } }])
  const made = await client.create(type('po'), pod('a'))
  const containers = (made['spec'] as { containers: Record<string, unknown>[] }).containers
  assert.equal(containers[1]?.['imagePullPolicy'], 'Always')
  assert.equal(containers[1]?.['nonsense'], undefined)
  answers = () => patching([{ op: 'add', path: '/spec/containers/-', value: { name: 'c', image: 'p' } }])
  await assert.rejects(client.create(type('po'), pod('b')), refused(422, /spec.containers\[1\].name: Duplicate value: "c"/))
  answers = () => patching([{ op: 'replace', path: '/spec/nothing/there', value: 1 }])
  await assert.rejects(client.create(type('po'), pod('b')), refused(500, /^Internal error occurred: /))
})

test('failures of the call: policy, words, time limits, wrong answers', async () => {
  const { client, type } = await fixture()
  const create = (hooks: object[]) =>
    client.create(
      type('validatingwebhookconfigurations'),
      configuration('Validating', hooks, `c${server.reviews.length}-${hooks.length}`),
    )
  const remove = async () => {
    for (const { metadata } of (await client.list(type('validatingwebhookconfigurations'))).items) {
      await client.delete({ type: type('validatingwebhookconfigurations'), name: metadata.name })
    }
  }
  const dead = { url: 'https://127.0.0.1:1/x', caBundle: server.caBundle }
  await create([hook('dead', { clientConfig: dead })])
  await assert.rejects(
    client.create(type('cm'), configMap('a')),
    refused(
      500,
      'Internal error occurred: failed calling webhook "dead.example.com": failed to call webhook: Post "https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused',
    ),
  )
  await remove()
  await create([hook('dead', { clientConfig: dead, failurePolicy: 'Ignore' })])
  await client.create(type('cm'), configMap('a'))
  await remove()
  await create([hook('stranger', { clientConfig: { url: `${server.url}/stranger` } })])
  await assert.rejects(
    client.create(type('cm'), configMap('b')),
    refused(500, /tls: failed to verify certificate: x509: certificate signed by unknown authority$/),
  )
  await remove()
  await create([hook('slow', { timeoutSeconds: 1 })])
  answers = () => 'hang'
  await assert.rejects(
    client.create(type('cm'), configMap('b')),
    refused(500, /failed to call webhook: Post "https:\/\/127.0.0.1:\d+\/slow\?timeout=1s": context deadline exceeded$/),
  )
  const wrong: [Answer, RegExp][] = [
    [{ raw: { code: 500, body: 'boom' } }, /an error on the server \("boom"\) has prevented the request from succeeding/],
    [{ raw: { code: 404, body: '' } }, /the server could not find the requested resource$/],
    [{ uid: 'other', allowed: true }, /received invalid webhook response: expected response.uid="[0-9a-f-]{36}", got "other"$/],
    [patching([{ op: 'remove', path: '/data' }]), /validating webhook may not return response.patch$/],
    [{ raw: { code: 200, body: 'hello' } }, /couldn't get version\/kind; json parse error/],
    [{ raw: { code: 200, body: '{}' } }, /webhook response was absent$/],
  ]
  for (const [answer, message] of wrong) {
    answers = () => answer
    await assert.rejects(client.create(type('cm'), configMap('b')), refused(500, message))
  }
})

test('rules, selectors and exemptions decide who is asked', async () => {
  const { client, type } = await fixture()
  await client.create(type('ns'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'quiet', labels: { hooks: 'off' } } })
  const namespaceSelector = { matchExpressions: [{ key: 'hooks', operator: 'NotIn', values: ['off'] }] }
  const everything = { operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'] }
  await client.create(
    type('validatingwebhookconfigurations'),
    configuration('Validating', [
      hook('creates', { rules: [{ ...rule, operations: ['CREATE'] }], namespaceSelector }),
      hook('labelled', { objectSelector: { matchLabels: { hooks: 'on' } } }),
      hook('cluster', { rules: [{ ...everything, scope: 'Cluster' }] }),
    ]),
  )
  const asked = async (act: () => Promise<unknown>) => {
    server.reviews.length = 0
    await act()
    return paths().sort()
  }
  const quiet = { ...configMap('q'), metadata: { name: 'q', namespace: 'quiet' } }
  assert.deepEqual(await asked(() => client.create(type('cm'), configMap('a'))), ['/creates'])
  assert.deepEqual(await asked(() => client.create(type('cm'), quiet)), [])
  const labelled = { ...configMap('a'), metadata: { name: 'a', namespace: 'default', labels: { hooks: 'on' } } }
  assert.deepEqual(await asked(() => client.update(type('cm'), labelled)), ['/labelled'])
  // The label goes: the old object still has it.
  assert.deepEqual(await asked(() => client.update(type('cm'), configMap('a'))), ['/labelled'])
  assert.deepEqual(
    await asked(() => client.create(type('ns'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } })),
    ['/cluster'],
  )
  assert.deepEqual(server.reviews[0]?.review.namespace, 'n')
  // Configurations of admission are never sent.
  assert.deepEqual(
    await asked(() => client.create(type('mutatingwebhookconfigurations'), configuration('Mutating', [], 'other'))),
    [],
  )
})

test('subresources have the objects of their own kind', async () => {
  const { client, type } = await fixture()
  await client.create(type('deploy'), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', namespace: 'default' },
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  })
  const scale = { operations: ['UPDATE'], apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments/scale'] }
  await client.create(type('mutatingwebhookconfigurations'), configuration('Mutating', [hook('scale', { rules: [scale] })]))
  answers = () => patching([{ op: 'replace', path: '/spec/replicas', value: 7 }])
  const target = { type: type('deploy'), namespace: 'default', name: 'd', subresource: 'scale' }
  const scaled = await client.patch(target, { kind: 'merge', body: { spec: { replicas: 3 } } })
  assert.equal((scaled['spec'] as { replicas: number }).replicas, 7)
  const [{ review }] = server.reviews as [WebhookServer['reviews'][number]]
  assert.deepEqual(review.kind, { group: 'autoscaling', version: 'v1', kind: 'Scale' })
  assert.equal(review.subResource, 'scale')
  assert.deepEqual(review.oldObject?.['spec'], { replicas: 1 })
})

test('matchPolicy Equivalent converts to the version that the rule names', async () => {
  const { client, type } = await fixture()
  const scaler = {
    apiGroups: ['autoscaling'],
    apiVersions: ['v1'],
    resources: ['horizontalpodautoscalers'],
    operations: ['CREATE'],
  }
  await client.create(
    type('mutatingwebhookconfigurations'),
    configuration('Mutating', [
      hook('equivalent', { rules: [scaler] }),
      hook('exact', { rules: [scaler], matchPolicy: 'Exact' }),
    ]),
  )
  answers = () => patching([{ op: 'add', path: '/spec/targetCPUUtilizationPercentage', value: 55 }])
  const made = await client.create(type('hpa'), {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h', namespace: 'default' },
    spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' } },
  })
  assert.deepEqual(paths(), ['/equivalent'])
  const [{ review }] = server.reviews as [WebhookServer['reviews'][number]]
  assert.deepEqual(review.kind, { group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' })
  assert.deepEqual(review.requestKind, { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' })
  assert.equal(review.object?.['apiVersion'], 'autoscaling/v1')
  const [metric] = (made['spec'] as unknown as { metrics: { resource: { target: { averageUtilization: number } } }[] }).metrics
  assert.equal(metric?.resource.target.averageUtilization, 55)
  assert.equal(made.apiVersion, 'autoscaling/v2')
})

test('a write that lands while a webhook is asked', async () => {
  const { client, type } = await fixture()
  await client.create(type('cm'), configMap('a', { n: '0' }))
  await client.create(
    type('validatingwebhookconfigurations'),
    configuration('Validating', [hook('slow', { objectSelector: { matchLabels: { slow: 'yes' } } })]),
  )
  let other: (() => Promise<unknown>) | undefined
  answers = async () => {
    const act = other
    other = undefined
    await act?.()
    return { allowed: true }
  }
  const target = { type: type('cm'), namespace: 'default', name: 'a' }
  const interfere = () => client.patch(target, { kind: 'merge', body: { data: { n: '1' } } })
  // A patch is made again on what the other has left.
  other = interfere
  const patched = await client.patch(target, {
    kind: 'merge',
    body: { metadata: { labels: { slow: 'yes' } }, data: { mine: 'x' } },
  })
  assert.deepEqual(patched['data'], { n: '1', mine: 'x' })
  // An update without a version is repeated, one with a version is a conflict.
  const slow = { ...configMap('a', { n: '2' }), metadata: { name: 'a', namespace: 'default', labels: { slow: 'yes' } } }
  other = () => client.patch(target, { kind: 'merge', body: { data: { n: '3' } } })
  const updated = await client.update<KubeObject>(type('cm'), slow)
  assert.deepEqual(updated['data'], { n: '2' })
  other = () => client.patch(target, { kind: 'merge', body: { data: { n: '4' } } })
  await assert.rejects(
    client.update(type('cm'), { ...updated, data: { n: '5' } }),
    refused(409, /the object has been modified; please apply your changes to the latest version and try again$/),
  )
  // Whoever creates second is told so.
  const again = { ...slow, metadata: { ...slow.metadata, name: 'twice' } }
  other = () => client.create(type('cm'), configMap('twice'))
  await assert.rejects(client.create(type('cm'), again), refused(409, 'configmaps "twice" already exists'))
  // A deletion is of what is there when it is done.
  other = () => client.patch(target, { kind: 'merge', body: { metadata: { finalizers: ['example.com/stay'] } } })
  await client.delete(target)
  assert.ok((await client.get(target)).metadata.deletionTimestamp)
})

test('dry runs ask only webhooks without side effects', async () => {
  const { client, type } = await fixture()
  await client.create(type('validatingwebhookconfigurations'), configuration('Validating', [hook('a')]))
  await client.create(type('cm'), configMap('a'), { dryRun: true })
  assert.equal(server.reviews[0]?.review.dryRun, true)
  await assert.rejects(client.get({ type: type('cm'), namespace: 'default', name: 'a' }), refused(404, /not found/))
})

test('a Service stands for its address', async (t) => {
  const service = await startWebhookServer(() => ({ allowed: true }), { names: ['hooks.default.svc'], host: '127.0.0.9' })
  t.after(() => service.close())
  const { client, type } = await createClusterFixture({
    webhooks: createWebhookAdmission({ caller, resolveService: resolveServiceAddress }),
    networkOf: () => ({
      serviceRange: '127.0.0.0/24',
      podRange: '127.0.48.0/20',
      nodeRange: '127.0.40.0/23',
      loadBalancerRange: '127.0.42.0/23',
    }),
  })
  const of = (name: string, more: object) => ({
    ...hook('svc'),
    clientConfig: {
      service: { name, namespace: 'default', path: '/by-service', port: service.port, ...more },
      caBundle: service.caBundle,
    },
  })
  const configure = (webhook: object) =>
    client.create(type('validatingwebhookconfigurations'), configuration('Validating', [webhook]))
  const unconfigure = () => client.delete({ type: type('validatingwebhookconfigurations'), name: 'hooks' })
  await configure(of('hooks', { port: 443 }))
  const url = 'https://hooks.default.svc:443/by-service\\?timeout=10s'
  await assert.rejects(
    client.create(type('cm'), configMap('a')),
    refused(500, new RegExp(`failed to call webhook: Post "${url}": service "hooks" not found$`)),
  )
  await client.create(type('svc'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'hooks', namespace: 'default' },
    spec: { clusterIP: '127.0.0.9', ports: [{ port: service.port }] },
  })
  await assert.rejects(
    client.create(type('cm'), configMap('a')),
    refused(500, new RegExp(`Post "${url}": no service port 443 found for service "hooks"$`)),
  )
  await unconfigure()
  // The certificate is for hooks.default.svc.
  await configure(of('hooks', {}))
  await client.create(type('cm'), configMap('a'))
  assert.equal(service.reviews[0]?.path, '/by-service')
  assert.equal(service.reviews[0]?.host, `hooks.default.svc:${service.port}`)
})

test('connections are kept', async () => {
  const { client, type } = await fixture()
  await client.create(type('validatingwebhookconfigurations'), configuration('Validating', [hook('a')]))
  await client.create(type('cm'), configMap('first'))
  const before = server.connections()
  for (let index = 0; index < 20; index++) await client.create(type('cm'), configMap(`c${index}`))
  assert.equal(server.connections(), before)
})

test('connections are judged too', async () => {
  const { cluster, client, type } = await fixture()
  const exec = { operations: ['CONNECT'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods/exec'] }
  await client.create(type('validatingwebhookconfigurations'), configuration('Validating', [hook('exec', { rules: [exec] })]))
  answers = () => ({ allowed: false, status: { message: 'hands off' } })
  const options = { kind: 'PodExecOptions', apiVersion: 'v1', command: ['sh'], stdin: true } as unknown as KubeObject
  const context = { user: { name: 'tester', groups: [] }, warn: () => undefined }
  await assert.rejects(
    cluster.api.connect(context, { type: type('po'), namespace: 'default', name: 'p', subresource: 'exec' }, options),
    refused(400, 'admission webhook "exec.example.com" denied the request: hands off'),
  )
  const [{ review }] = server.reviews as [WebhookServer['reviews'][number]]
  assert.deepEqual(review.kind, { group: '', version: 'v1', kind: 'PodExecOptions' })
  assert.deepEqual(review.object, options)
  assert.equal(review.name, 'p')
  assert.equal(review.operation, 'CONNECT')
})

test('matchConditions decide before anybody is asked', async () => {
  server.reviews.length = 0
  answers = () => ({ allowed: true })
  const { webhooks, policies } = createDynamicAdmission({ clock: systemClock, caller })
  const { client, type } = await createClusterFixture({ webhooks, policies })
  const condition = (expression: string) => ({ matchConditions: [{ name: 'c', expression }] })
  await client.create(
    type('validatingwebhookconfigurations'),
    configuration('Validating', [
      hook('ours', condition("object.metadata.name.startsWith('our-') && request.userInfo.username == 'system:admin'")),
      hook('broken', { failurePolicy: 'Ignore', ...condition("object.data.wanted == 'x'") }),
    ]),
  )
  await client.create(type('cm'), configMap('their-a'))
  assert.deepEqual(paths(), [])
  await client.create(type('cm'), configMap('our-a', { wanted: 'x' }))
  assert.deepEqual(paths().sort(), ['/broken', '/ours'])
  await client.patch(
    { type: type('validatingwebhookconfigurations'), name: 'hooks' },
    { kind: 'merge', body: { webhooks: [hook('broken', condition("object.data.wanted == 'x'"))] } },
  )
  await assert.rejects(
    client.create(type('cm'), configMap('a', { other: '1' })),
    refused(403, `configmaps "a" is forbidden: expression 'object.data.wanted == 'x'' resulted in error: no such key: wanted`),
  )
  await assert.rejects(
    client.create(type('mutatingwebhookconfigurations'), configuration('Mutating', [hook('bad', condition('1 + 1'))])),
    refused(422, /webhooks\[0\].matchConditions\[0\].expression: Invalid value: "1 \+ 1": must evaluate to bool but got int$/),
  )
})

test('audit annotations of answers', async () => {
  const { cluster, client, type } = await fixture()
  await client.create(type('validatingwebhookconfigurations'), configuration('Validating', [hook('a')]))
  await client.create(
    type('mutatingwebhookconfigurations'),
    configuration('Mutating', [hook('dead', { clientConfig: { url: 'https://127.0.0.1:1/' }, failurePolicy: 'Ignore' })]),
  )
  answers = () => ({ allowed: true, auditAnnotations: { why: 'because' } })
  const annotations: Record<string, string> = {}
  const context = {
    user: { name: 'tester', groups: [] },
    warn: () => undefined,
    annotate(key: string, value: string) {
      annotations[key] = value
    },
  }
  await cluster.api.create(context, { type: type('cm'), namespace: 'default', name: '' }, configMap('a'), {})
  assert.deepEqual(annotations, {
    'a.example.com/why': 'because',
    'failed-open.mutation.webhook.admission.k8s.io/round_0_index_0': 'dead.example.com',
    'mutation.webhook.admission.k8s.io/round_0_index_0': '{"configuration":"hooks","webhook":"dead.example.com","mutated":false}',
  })
})

test('writes that change nothing are heard of too', async () => {
  const { client, type } = await fixture()
  const made = await client.create(type('cm'), configMap('a', { n: '1' }))
  await client.create(type('validatingwebhookconfigurations'), configuration('Validating', [hook('v')]))
  assert.deepEqual(await client.update(type('cm'), made), made)
  const target = { type: type('cm'), namespace: 'default', name: 'a' }
  assert.deepEqual(await client.patch(target, { kind: 'merge', body: { data: { n: '1' } } }), made)
  const applied = await client.patch(target, { kind: 'apply', object: configMap('a', { n: '1' }) }, { fieldManager: 'x' })
  const again = await client.patch(target, { kind: 'apply', object: configMap('a', { n: '1' }) }, { fieldManager: 'x' })
  assert.equal(again.metadata.resourceVersion, applied.metadata.resourceVersion)
  assert.deepEqual(paths(), ['/v', '/v', '/v', '/v'])
  // What is there already may be refused now, and what webhooks add is added.
  answers = () => ({ allowed: false })
  await assert.rejects(client.update(type('cm'), again), refused(400, /denied the request without explanation$/))
  await client.delete({ type: type('validatingwebhookconfigurations'), name: 'hooks' })
  await client.create(type('mutatingwebhookconfigurations'), configuration('Mutating', [hook('m')]))
  answers = () => patching([{ op: 'add', path: '/data/late', value: 'yes' }])
  const late = await client.update<KubeObject>(type('cm'), {
    ...made,
    metadata: { ...made.metadata, resourceVersion: undefined },
  })
  assert.deepEqual(late['data'], { n: '1', late: 'yes' })
})

test('what a client gave up on is not written past a webhook that may be passed over', async () => {
  const { client, cluster, type } = await fixture()
  for (const kind of ['Mutating', 'Validating'] as const) {
    const configured = type(`${kind.toLowerCase()}webhookconfigurations`)
    await client.create(configured, configuration(kind, [hook('slow', { failurePolicy: 'Ignore' })]))
    const leaving = new AbortController()
    answers = () => {
      setImmediate(() => leaving.abort())
      return 'hang'
    }
    await assert.rejects(
      client.create(type('cm'), configMap(kind.toLowerCase()), { signal: leaving.signal }),
      refused(504, /request did not complete within requested timeout/),
    )
    assert.equal(cluster.peek('configmaps', `default/${kind.toLowerCase()}`), undefined)
    await client.delete({ type: configured, name: 'hooks' })
  }
})

test('two applies of one new object at once, past a webhook, are one create and one change', async () => {
  const { client, cluster, type } = await fixture()
  await client.create(type('validatingwebhookconfigurations'), configuration('Validating', [hook('a')]))
  const apply = (manager: string, key: string) =>
    client.patch(
      { type: type('cm'), namespace: 'default', name: 'both' },
      { kind: 'apply', object: configMap('both', { [key]: 'x' }) },
      { fieldManager: manager },
    )
  await Promise.all([apply('one', 'a'), apply('two', 'b')])
  assert.deepEqual(cluster.peek('configmaps', 'default/both')?.['data'], { a: 'x', b: 'x' })
})
