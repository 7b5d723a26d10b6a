import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKubernetesCelEnvironment } from '../../../kube/cel/kubernetes-environment.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError } from '../../../kube/object/status-error.js'
import { type ClusterFixture, createClusterFixture } from '../../logical/cluster-fixture.js'
import { authorizerVariables } from '../expressions/authorizer-variables.js'
import { AdmissionExpressions } from '../expressions/expressions.js'
import { createPolicyAdmission } from './policy-admission.js'

const expressions = new AdmissionExpressions(() => createKubernetesCelEnvironment({ declaredSizes: false }), authorizerVariables)

const fixture = (options: Parameters<typeof createClusterFixture>[0] = {}) =>
  createClusterFixture({ policies: createPolicyAdmission(expressions), ...options })
const configMapRule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }
const group = 'admissionregistration.k8s.io/v1'
const policy = (spec: object, name = 'p'): KubeObject => ({
  apiVersion: group,
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name },
  spec: { matchConstraints: { resourceRules: [configMapRule] }, ...spec },
})
const binding = (spec: object = {}, name = 'b'): KubeObject => ({
  apiVersion: group,
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name },
  spec: { policyName: 'p', validationActions: ['Deny'], ...spec },
})
const configMap = (name: string, data: Record<string, string> = {}, labels?: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', ...(labels ? { labels } : {}) },
  data,
})
const refused = (code: number, message: string | RegExp) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error))
  if (typeof message === 'string') assert.equal(error.message, message)
  else assert.match(error.message, message)
  assert.equal(error.httpCode, code)
  return true
}

async function install({ client, type }: ClusterFixture, spec: object, bound: object = {}): Promise<void> {
  await client.create(type('validatingadmissionpolicies'), policy(spec))
  await client.create(type('validatingadmissionpolicybindings'), binding(bound))
}

test('a validation that is false denies, with its message, reason and code', async () => {
  const at = await fixture()
  const { client, type } = at
  await install(at, {
    variables: [
      { name: 'size', expression: 'size(object.data)' },
      { name: 'doubled', expression: 'variables.size * 2' },
      { name: 'never', expression: 'object.nothing.there' },
    ],
    validations: [
      { expression: 'variables.doubled <= 4', messageExpression: "'at most 2 keys, not ' + string(variables.size)" },
      { expression: "!('secret' in object.data)", message: 'no secrets', reason: 'Forbidden' },
      { expression: "object.metadata.name != 'bad'" },
      { expression: "request.operation != 'UPDATE' || oldObject.data == object.data" },
    ],
  })
  await client.create(type('cm'), configMap('good', { a: '1' }))
  const by = "is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request:"
  await assert.rejects(client.create(type('cm'), configMap('many', { a: '1', b: '2', c: '3' })), (error: unknown) => {
    assert.ok(error instanceof StatusError)
    assert.deepEqual(error.status, {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: `configmaps "many" ${by} at most 2 keys, not 3`,
      reason: 'Invalid',
      details: {
        name: 'many',
        kind: 'configmaps',
        causes: [{ message: "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: at most 2 keys, not 3" }],
      },
      code: 422,
    })
    return true
  })
  await assert.rejects(
    client.create(type('cm'), configMap('s', { secret: '1' })),
    refused(403, `configmaps "s" ${by} no secrets`),
  )
  await assert.rejects(
    client.create(type('cm'), configMap('bad', { a: '1' })),
    refused(422, `configmaps "bad" ${by} failed expression: object.metadata.name != 'bad'`),
  )
  await assert.rejects(
    client.update(type('cm'), configMap('good', { a: '2' })),
    refused(422, /failed expression: request.operation/),
  )
})

test('what cannot be evaluated denies, or not, as failurePolicy says', async () => {
  const at = await fixture()
  const { client, type } = at
  await install(at, { validations: [{ expression: 'object.data.wanted == "x"' }] })
  await assert.rejects(
    client.create(type('cm'), configMap('a')),
    refused(422, /denied request: expression 'object.data.wanted == "x"' resulted in error: no such key: (data|wanted)$/),
  )
  await client.patch(
    { type: type('validatingadmissionpolicies'), name: 'p' },
    { kind: 'merge', body: { spec: { failurePolicy: 'Ignore' } } },
  )
  await client.create(type('cm'), configMap('a'))
})

test('warnings, audit, and conditions that pass a policy by', async () => {
  const clusters = await fixture()
  const { client, type, cluster } = clusters
  await install(
    clusters,
    {
      matchConditions: [
        { name: 'not-quiet', expression: "!has(object.metadata.labels) || !('quiet' in object.metadata.labels)" },
      ],
      validations: [{ expression: 'false', message: 'never' }],
      auditAnnotations: [{ key: 'who', valueExpression: "'by ' + request.userInfo.username" }],
    },
    { validationActions: ['Warn', 'Audit'] },
  )
  const warnings: string[] = []
  const annotations: Record<string, string> = {}
  const context = {
    user: { name: 'tester', groups: ['system:masters'] },
    warn: (text: string) => void warnings.push(text),
    annotate(key: string, value: string) {
      annotations[key] = value
    },
  }
  await cluster.api.create(context, { type: type('cm'), namespace: 'default', name: '' }, configMap('a'), {})
  assert.deepEqual(warnings, ["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': never"])
  assert.equal(annotations['p/who'], 'by tester')
  assert.deepEqual(JSON.parse(annotations['validation.policy.admission.k8s.io/validation_failure'] ?? ''), [
    { message: 'never', policy: 'p', binding: 'b', expressionIndex: 0, validationActions: ['Warn', 'Audit'] },
  ])
  warnings.length = 0
  await client.create(type('cm'), configMap('b', {}, { quiet: 'yes' }), { onWarning: (text) => void warnings.push(text) })
  assert.deepEqual(warnings, [])
})

test('parameters by name and by selector, and what happens without', async () => {
  const at = await fixture()
  const { client, type } = at
  await install(
    at,
    {
      paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
      matchConditions: [{ name: 'no-params', expression: "!object.metadata.name.startsWith('limits')" }],
      validations: [{ expression: 'size(object.data) <= int(params.data.most)', message: 'too many' }],
    },
    { paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' } },
  )
  await assert.rejects(
    client.create(type('cm'), configMap('a', { a: '1' })),
    refused(
      422,
      /denied request: failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction$/,
    ),
  )
  await client.delete({ type: type('validatingadmissionpolicybindings'), name: 'b' })
  await client.create(type('cm'), configMap('limits', { most: '1' }, { limits: 'yes' }))
  await client.create(type('cm'), configMap('limits-2', { most: '2' }, { limits: 'yes' }))
  await client.create(
    type('validatingadmissionpolicybindings'),
    binding({ paramRef: { selector: { matchLabels: { limits: 'yes' } }, parameterNotFoundAction: 'Allow' } }),
  )
  await client.create(type('cm'), configMap('a', { a: '1' }))
  await assert.rejects(client.create(type('cm'), configMap('b', { a: '1', b: '2' })), refused(422, /denied request: too many$/))
})

test('bindings narrow a policy, and namespaceObject is there', async () => {
  const at = await fixture()
  const { client, type } = at
  await client.create(type('ns'), {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'strict', labels: { level: 'strict' } },
  })
  await install(
    at,
    { validations: [{ expression: "namespaceObject.metadata.labels['level'] != 'strict'", message: 'strict' }] },
    { matchResources: { namespaceSelector: { matchLabels: { level: 'strict' } } } },
  )
  await client.create(type('cm'), configMap('a'))
  await assert.rejects(
    client.create(type('cm'), { ...configMap('a'), metadata: { name: 'a', namespace: 'strict' } }),
    refused(422, /denied request: strict$/),
  )
})

test('policies that cannot work are refused', async () => {
  const { client, type } = await fixture()
  const create = (spec: object) => client.create(type('validatingadmissionpolicies'), policy(spec))
  await assert.rejects(
    create({ validations: [{ expression: 'object.x +' }] }),
    refused(
      422,
      /spec.validations\[0\].expression: Invalid value: "object.x \+": compilation failed: ERROR: <input>:1:1\d: Syntax error/,
    ),
  )
  await assert.rejects(
    create({ validations: [{ expression: '1 + 1' }] }),
    refused(422, /spec.validations\[0\].expression: Invalid value: "1 \+ 1": must evaluate to bool but got int$/),
  )
  await assert.rejects(
    create({ validations: [{ expression: 'params.x == 1' }] }),
    refused(422, /undeclared reference to 'params'/),
  )
  await assert.rejects(create({}), refused(422, /spec.validations: Required value: validations or auditAnnotations must contain/))
  await assert.rejects(
    client.create(type('validatingadmissionpolicybindings'), binding({ validationActions: ['Deny', 'Warn'] })),
    refused(422, /must not contain both Deny and Warn/),
  )
  await assert.rejects(
    create({ validations: [{ expression: 'true' }], variables: [{ name: 'a', expression: 'variables.b' }] }),
    refused(422, /spec.variables\[0\].expression: .*undefined field 'b'/),
  )
})

test('an evaluation may cost so much and no more', async () => {
  const at = await fixture()
  const { client, type } = at
  const list = `[${Array.from({ length: 60 }, (_, index) => index).join(',')}]`
  await install(at, { validations: [{ expression: `${list}.all(a, ${list}.all(b, ${list}.all(c, a + b + c >= 0)))` }] })
  await assert.rejects(
    client.create(type('cm'), configMap('a')),
    refused(422, /resulted in error: operation cancelled: actual cost limit exceeded$/),
  )
})

test('the authorizer is asked of the user, of accounts and of the object itself', async () => {
  const asked: string[] = []
  const at = await fixture({
    authorizer: {
      authorize(_cluster, user, { verb, group, resource, subresource, namespace, name, path }) {
        asked.push([user.name, verb, path ?? [group, resource, subresource, namespace, name].join('/')].join(' '))
        return { allowed: verb !== 'fly', reason: 'why not' }
      },
    },
  })
  const { client, type } = at
  await install(at, {
    validations: [
      { expression: "authorizer.group('apps').resource('deployments').namespace('default').check('get').allowed()" },
      { expression: "authorizer.serviceAccount('default', 'robot').path('/healthz').check('get').reason() == 'why not'" },
      { expression: "authorizer.requestResource.check('fly').allowed()", message: 'may not fly' },
    ],
  })
  await assert.rejects(client.create(type('cm'), configMap('a')), refused(422, /denied request: may not fly$/))
  assert.deepEqual(asked, [
    'system:admin get apps/deployments//default/',
    'system:serviceaccount:default:robot get /healthz',
    'system:admin fly /configmaps//default/a',
  ])
})
