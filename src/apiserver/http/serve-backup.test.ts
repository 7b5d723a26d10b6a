import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type EmbeddedApi, startEmbeddedApi, userTokens } from '../../../test/support/worlds/embedded-api.js'

let api: EmbeddedApi
before(async () => {
  api = await startEmbeddedApi()
})
after(() => api.close())

const path = '/flotilla/v1/backup'
const configMap = (name: string, text: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text } })
const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'boats.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'boats', kind: 'Boat' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
}

test('a cluster is what it was: objects, custom resources, addresses; only administrators may', async () => {
  const maps = '/api/v1/namespaces/default/configmaps'
  const services = '/api/v1/namespaces/default/services'
  await api.ask('POST', maps, { body: configMap('one', 'before') })
  await api.ask('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body: definition })
  await api.ask('POST', '/apis/example.com/v1/namespaces/default/boats', {
    body: { apiVersion: 'example.com/v1', kind: 'Boat', metadata: { name: 'ada' } },
  })
  const spec = { ports: [{ port: 80 }], clusterIP: '10.96.7.7' }
  await api.ask('POST', services, { body: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec } })
  const uid = (await api.ask('GET', `${maps}/one`)).json.metadata.uid

  const backup = (await api.ask('GET', path)).text
  assert.match(backup, /\n[0-9a-f]{8} \["end",\d+\]\n$/)
  assert.equal((await api.ask('GET', path, { token: userTokens.jane })).code, 403)
  assert.equal((await api.ask('PUT', path, { token: userTokens.jane, body: backup })).code, 403)

  await api.ask('PUT', `${maps}/one`, { body: configMap('one', 'after') })
  await api.ask('POST', maps, { body: configMap('two', 'new') })
  await api.ask('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/boats.example.com')
  await api.ask('DELETE', `${services}/web`)
  const revision = Number((await api.ask('GET', maps)).json.metadata.resourceVersion)

  const dry = await api.ask('PUT', `${path}?dryRun=All`, { body: backup })
  assert.equal(dry.code, 200, dry.text)
  assert.ok(dry.json.deleted.includes('configmaps default/two'), dry.text)
  assert.equal((await api.ask('GET', `${maps}/two`)).code, 200)

  assert.equal((await api.ask('PUT', path, { body: backup })).code, 200)
  const one = (await api.ask('GET', `${maps}/one`)).json
  assert.equal(one.data.text, 'before')
  assert.equal(one.metadata.uid, uid)
  assert.ok(Number(one.metadata.resourceVersion) > revision)
  assert.equal((await api.ask('GET', `${maps}/two`)).code, 404)
  const boat = await api.ask('GET', '/apis/example.com/v1/namespaces/default/boats/ada')
  assert.equal(boat.code, 200, boat.text)
  const taken = await api.ask('POST', services, { body: { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' }, spec } })
  assert.equal(taken.code, 422, taken.text)
})

test('whoever may read all paths may not read all Secrets by them', async () => {
  const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
  const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const give = async (name: string, user: string, rules: object[]) => {
    await api.ask('POST', roles, { body: { apiVersion, kind: 'ClusterRole', metadata: { name }, rules } })
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }]
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name }
    await api.ask('POST', bindings, { body: { apiVersion, kind: 'ClusterRoleBinding', metadata: { name }, subjects, roleRef } })
  }
  await give('paths', 'jane', [
    { nonResourceURLs: ['*'], verbs: ['*'] },
    { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list'] },
  ])
  assert.equal((await api.ask('GET', '/metrics', { token: userTokens.jane })).code, 200)
  const backup = (await api.ask('GET', path)).text
  assert.equal((await api.ask('GET', path, { token: userTokens.jane })).code, 403)
  assert.equal((await api.ask('PUT', path, { token: userTokens.jane, body: backup })).code, 403)
  await give('all', 'joe', [
    { nonResourceURLs: ['*'], verbs: ['*'] },
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  ])
  assert.equal((await api.ask('GET', path, { token: userTokens.joe })).code, 200)
})

test('a damaged backup changes nothing', async () => {
  const backup = (await api.ask('GET', path)).text
  const answer = await api.ask('PUT', path, { body: backup.slice(0, -20) })
  assert.equal(answer.code, 400)
  assert.match(answer.json.message, /this is no whole backup/)
  assert.equal((await api.ask('POST', path, { body: backup })).code, 404)
})
