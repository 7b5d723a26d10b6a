import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { type AgentManifestOptions, agentManifest } from './manifest.js'

const base: AgentManifestOptions = {
  name: 'shop',
  namespace: 'flotilla-system',
  image: 'registry.test/flotilla:1',
  hubUrl: 'https://hub.test:7500',
  caHash: `sha256:${'a'.repeat(64)}`,
  token: 'fat-token',
  access: 'full',
  rights: { role: 'edit', namespaces: [], impersonation: false },
}
const find = (objects: readonly KubeObject[], kind: string, name?: string) =>
  objects.filter((object) => object.kind === kind && (name === undefined || object.metadata.name === name))

test('an agent has the rights that it is given and no more', () => {
  const objects = agentManifest(base)
  const bindings = find(objects, 'ClusterRoleBinding')
  assert.deepEqual(
    bindings.map((each) => (each['roleRef'] as { name: string }).name),
    ['edit'],
  )
  const [role] = find(objects, 'Role')
  assert.deepEqual(role?.['rules'], [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create', 'patch', 'delete'] }])
  assert.ok(!JSON.stringify(objects).includes('impersonate'))
  assert.deepEqual(find(agentManifest({ ...base, rights: { ...base.rights, role: 'none' } }), 'ClusterRoleBinding'), [])
  const narrow = agentManifest({ ...base, rights: { role: 'view', namespaces: ['a', 'b'], impersonation: true } })
  assert.deepEqual(
    find(narrow, 'RoleBinding', 'flotilla-agent-rights').map((each) => each.metadata.namespace),
    ['a', 'b'],
  )
  assert.deepEqual(
    find(narrow, 'ClusterRoleBinding').map((each) => each.metadata.name),
    ['flotilla-agent-impersonation'],
  )
  assert.throws(() => agentManifest({ ...base, rights: { ...base.rights, role: 'a b' } }), { code: 'bad-rights' })
})

test('the token stands in a Secret alone', () => {
  const objects = agentManifest(base)
  const holding = objects.filter((object) => JSON.stringify(object).includes('fat-token'))
  assert.deepEqual(
    holding.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
    ['Secret/flotilla-agent-join'],
  )
  const [deployment] = find(objects, 'Deployment')
  const text = JSON.stringify(deployment)
  assert.ok(text.includes(`--ca-hash=${base.caHash}`) && text.includes('"replicas":1') && text.includes('"Recreate"'))
  const { caHash: _caHash, ...rest } = base
  const withCa = JSON.stringify(agentManifest({ ...rest, caPem: 'PEM' }))
  assert.ok(withCa.includes('--ca-file=/etc/flotilla/ca.crt') && withCa.includes('"ca.crt":"PEM"'))
})
