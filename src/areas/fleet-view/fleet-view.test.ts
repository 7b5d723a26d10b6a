import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { userTokens } from '../../../test/support/worlds/embedded-api.js'
import { createFleetViewWorld, type FleetViewWorld } from '../../../test/support/worlds/fleet-view-world.js'
import { defaultAuditPolicy } from '../../apiserver/audit/audit-policy.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

let world: FleetViewWorld
const written: string[] = []
before(async () => {
  const audit = { policy: defaultAuditPolicy, sink: (line: string) => void written.push(line) }
  world = await createFleetViewWorld(['us-east', 'eu-west', 'asia'], undefined, audit)
})
after(() => world.close())

const type: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const path = '/api/v1/namespaces/default/configmaps'
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
const configMap = (name: string, labels: Record<string, string> = {}, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels },
  data,
})
const put = (cluster: string, name: string, labels?: Record<string, string>, data?: Record<string, string>) =>
  world.client(cluster).create(type, configMap(name, labels, data))
const names = (answer: { json: { items: KubeObject[] } }) => answer.json.items.map((item) => item.metadata.name)
const warningsOf = (answer: { headers: { warning?: string | undefined } }) => answer.headers.warning ?? ''

test('a list has the objects of all members, each under a name of its own', async () => {
  await put('us-east', 'one', { test: 'list' })
  await put('eu-west', 'one', { test: 'list', 'flotilla.dev/cluster': 'forged' })
  await put('asia', 'two', { test: 'list' })
  const list = await world.ask('GET', `${path}?labelSelector=test%3Dlist`)
  assert.equal(list.code, 200)
  assert.equal(list.json.kind, 'ConfigMapList')
  assert.deepEqual(names(list), ['two@asia', 'one@eu-west', 'one@us-east'])
  assert.deepEqual(
    list.json.items.map((item: KubeObject) => item.metadata.labels?.['flotilla.dev/cluster']),
    ['asia', 'eu-west', 'us-east'],
  )
  assert.match(list.json.metadata.resourceVersion, /^fleet:asia=\d+;eu-west=\d+;us-east=\d+$/)
  const rows = await world.ask('GET', `${path}?labelSelector=test%3Dlist`, { headers: { accept: table } })
  assert.equal(rows.json.kind, 'Table')
  assert.deepEqual(
    rows.json.columnDefinitions.map((column: { name: string }) => column.name),
    ['Name', 'Cluster', 'Data', 'Age'],
  )
  assert.deepEqual(
    rows.json.rows.map((row: { cells: unknown[] }) => row.cells.slice(0, 3)),
    [
      ['two', 'asia', 0],
      ['one', 'eu-west', 0],
      ['one', 'us-east', 0],
    ],
  )
})

test('pages hold what was there at the first, and its version goes for all of them', async () => {
  for (const cluster of ['us-east', 'eu-west', 'asia'])
    for (let index = 0; index < 7; index++) await put(cluster, `page-${index}`, { test: 'page' })
  for (const limit of [1, 2, 5, 8, 20, 21, 500]) {
    const found: string[] = []
    let next = ''
    let first = ''
    do {
      const query = `labelSelector=test%3Dpage&limit=${limit}${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`
      const page = await world.ask('GET', `${path}?${query}`)
      assert.equal(page.code, 200, page.text)
      assert.ok(page.json.items.length <= limit && page.json.items.length > 0)
      first ||= page.json.metadata.resourceVersion
      assert.equal(page.json.metadata.resourceVersion, first)
      if (found.length === 0 && limit === 5) await put('us-east', 'page-late', { test: 'page' })
      found.push(...names(page))
      next = page.json.metadata.continue ?? ''
    } while (next !== '')
    if (limit === 5) await world.client('us-east').delete({ type, namespace: 'default', name: 'page-late' })
    assert.equal(found.length, 21, `limit ${limit}`)
    assert.deepEqual(
      found,
      [...found].sort((a, b) => cluster(a).localeCompare(cluster(b)) || a.localeCompare(b)),
    )
  }
})
const cluster = (name: string) => name.split('@')[1]!

test('tables are paged with the columns of the first page', async () => {
  let next = ''
  let count = 0
  do {
    const query = `labelSelector=test%3Dpage&limit=4${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`
    const page = await world.ask('GET', `${path}?${query}`, { headers: { accept: table } })
    assert.equal(page.code, 200, page.text)
    assert.equal(page.json.columnDefinitions.length, 4)
    for (const row of page.json.rows) assert.equal(row.cells[1], cluster(row.object.metadata.name))
    count += page.json.rows.length
    next = page.json.metadata.continue ?? ''
  } while (next !== '')
  assert.equal(count, 21)
})

test('selectors choose the members that are asked, and go on to them', async () => {
  await put('us-east', 'field', { test: 'select' })
  await put('asia', 'field', { test: 'select' })
  await world.cut('eu-west')
  try {
    const some = await world.ask('GET', `${path}?labelSelector=test%3Dselect,flotilla.dev/cluster+in+(us-east,asia)`)
    assert.deepEqual(names(some), ['field@asia', 'field@us-east'])
    assert.equal(warningsOf(some), '')
    const one = await world.ask(
      'GET',
      `${path}?fieldSelector=metadata.cluster%3Dus-east,metadata.name!%3Dnone&labelSelector=test%3Dselect`,
    )
    assert.deepEqual(names(one), ['field@us-east'])
    const marked = await world.ask('GET', `${path}?fieldSelector=metadata.name%3Dfield%40asia`)
    assert.deepEqual(names(marked), ['field@asia'])
    const inNamespace = await world.ask('GET', `/api/v1/namespaces/default@asia/configmaps?labelSelector=test%3Dselect`)
    assert.deepEqual(names(inNamespace), ['field'])
    assert.equal(inNamespace.json.items[0].metadata.namespace, 'default@asia')
    const named = await world.ask('GET', `${path}?fieldSelector=metadata.name%3Dfield,metadata.cluster%3Dasia`)
    assert.deepEqual(names(named), ['field'])
    const nobody = await world.ask('GET', `${path}?labelSelector=flotilla.dev/cluster%3Dnone`)
    assert.deepEqual([nobody.json.kind, nobody.json.items], ['ConfigMapList', []])
    assert.match(warningsOf(nobody), /the fleet has no cluster none: see kubectl get --raw \/clusters/)
    const typed = await world.ask('GET', `${path}?fieldSelector=metadata.cluster%3Dus-west`)
    assert.match(warningsOf(typed), /the fleet has no cluster us-west/)
    const strange = await world.ask('GET', '/api/v1/namespaces/default@us-west/configmaps')
    assert.match(warningsOf(strange), /the fleet has no cluster us-west/)
  } finally {
    await world.heal('eu-west')
  }
  const wrong = await world.ask('GET', `${path}?fieldSelector=data.x%3D1`)
  assert.equal(wrong.code, 400)
  assert.equal((await world.ask('GET', '/apis/nothing.example/v1/things')).code, 404)
})

test('one object: by its name when one member has it, and by a name with the cluster', async () => {
  await put('us-east', 'only-here', {}, { a: '1' })
  await put('us-east', 'both')
  await put('asia', 'both')
  const only = await world.ask('GET', `${path}/only-here`)
  assert.deepEqual(
    [only.code, only.json.metadata.name, only.json.metadata.labels],
    [200, 'only-here', { 'flotilla.dev/cluster': 'us-east' }],
  )
  const marked = await world.ask('GET', `${path}/both@asia`)
  assert.deepEqual([marked.code, marked.json.metadata.name], [200, 'both@asia'])
  const several = await world.ask('GET', `${path}/both`)
  assert.equal(several.code, 409)
  assert.equal(
    several.json.message,
    'configmaps "both" is in 2 clusters (asia, us-east): name one of them, as in both@asia or both@us-east',
  )
  assert.equal((await world.ask('GET', `${path}/nowhere`)).code, 404)
  assert.equal((await world.ask('GET', `${path}/both@eu-west`)).code, 404)
  const row = await world.ask('GET', `${path}/both@asia`, { headers: { accept: table } })
  assert.deepEqual(row.json.rows[0].cells.slice(0, 2), ['both', 'asia'])
  const contradiction = await world.ask('GET', '/api/v1/namespaces/default@asia/configmaps/both@us-east')
  assert.equal(contradiction.code, 400)
})

test('writes go where the object or the name says, and otherwise to the only member that has it', async () => {
  const made = await world.ask('POST', path, { body: configMap('made', { 'flotilla.dev/cluster': 'asia', app: 'x' }) })
  assert.equal(made.code, 201, made.text)
  assert.equal(made.json.metadata.name, 'made@asia')
  const stored = await world.client('asia').get({ type, namespace: 'default', name: 'made' })
  assert.deepEqual(stored.metadata.labels, { app: 'x' })
  const nowhere = await world.ask('POST', path, { body: configMap('made') })
  assert.equal(nowhere.code, 400)
  assert.match(nowhere.json.message, /in which cluster .* flotilla\.dev\/cluster.*Clusters: asia, eu-west, us-east/)
  assert.equal((await world.ask('POST', path, { body: configMap('made@eu-west') })).json.metadata.name, 'made@eu-west')
  assert.equal(
    (
      await world.ask('POST', '/api/v1/namespaces/default@us-east/configmaps', {
        body: { ...configMap('in-ns'), metadata: { name: 'in-ns' } },
      })
    ).code,
    201,
  )
  // What was read can be written back, and an old version is a conflict.
  const read = await world.ask('GET', `${path}/made@asia`)
  const replaced = await world.ask('PUT', `${path}/made@asia`, { body: { ...read.json, data: { a: '2' } } })
  assert.deepEqual([replaced.code, replaced.json.data], [200, { a: '2' }])
  assert.equal((await world.ask('PUT', `${path}/made@asia`, { body: { ...read.json, data: { a: '3' } } })).code, 409)
  const merge = { 'content-type': 'application/merge-patch+json' }
  const patched = await world.ask('PATCH', `${path}/in-ns`, { body: { data: { b: '1' } }, headers: merge })
  assert.deepEqual([patched.code, patched.json.metadata.name], [200, 'in-ns'])
  assert.equal((await world.ask('PATCH', `${path}/made`, { body: { data: {} }, headers: merge })).code, 409)
  const moved = await world.ask('PATCH', `${path}/made@asia`, {
    body: { metadata: { labels: { 'flotilla.dev/cluster': 'us-east' } } },
    headers: merge,
  })
  assert.equal(moved.code, 400)
  assert.match(moved.json.message, /several clusters \(asia and us-east\)/)
  // kubectl apply has found the one of another cluster by the name.
  const elsewhere = await world.ask('PATCH', `${path}/in-ns`, {
    body: { metadata: { labels: { 'flotilla.dev/cluster': 'asia' } }, data: { c: '1' } },
    headers: merge,
  })
  assert.equal(elsewhere.code, 404)
  assert.match(
    warningsOf(elsewhere),
    /the label says cluster asia, which has no configmaps .*in-ns.*write the name as in-ns@asia/,
  )
  const applied = await world.ask('PATCH', `${path}/applied?fieldManager=test`, {
    body: configMap('applied', { 'flotilla.dev/cluster': 'eu-west' }),
    headers: { 'content-type': 'application/apply-patch+yaml' },
  })
  assert.equal(applied.code, 201, applied.text)
  assert.equal((await world.client('eu-west').get({ type, namespace: 'default', name: 'applied' })).metadata.labels, undefined)
  assert.equal((await world.ask('DELETE', `${path}/made@asia`)).code, 200)
  assert.equal((await world.ask('GET', `${path}/made@asia`)).code, 404)
  assert.equal((await world.ask('DELETE', path)).code, 400)
  assert.equal((await world.ask('DELETE', `${path}?labelSelector=flotilla.dev/cluster%3Deu-west,none%3Dnone`)).code, 200)
})

test('a member that does not answer is told of, and lists go on without it', async () => {
  await world.cut('eu-west')
  try {
    const list = await world.ask('GET', `${path}?labelSelector=test%3Dpage&limit=500`, { headers: { accept: table } })
    assert.equal(list.json.rows.length, 14)
    assert.match(warningsOf(list), /^299 - "cluster eu-west is not in this answer: connection refused/)
    assert.deepEqual(
      list.json.metadata.unreachable.map((each: { cluster: string }) => each.cluster),
      ['eu-west'],
    )
    assert.ok(world.suspected.has('eu-west'))
    // For who concludes from what is missing, such a list is none.
    const complete = await world.ask('GET', `/complete${path}?labelSelector=test%3Dpage`)
    assert.deepEqual([complete.code, complete.headers['retry-after']], [504, '5'])
    assert.match(complete.json.message, /would not be complete: cluster eu-west/)
    const narrowed = await world.ask('GET', `/complete${path}?labelSelector=test%3Dpage,flotilla.dev/cluster%3Dasia`)
    assert.deepEqual([narrowed.code, narrowed.json.items.length], [200, 7])
    const found = await world.ask('GET', `${path}/only-here`)
    assert.equal(found.code, 200)
    assert.match(warningsOf(found), /cluster eu-west/)
    // Whether it is there cannot be known: that is not the same as gone.
    assert.equal((await world.ask('GET', `${path}/nowhere`)).code, 503)
    const write = await world.ask('DELETE', `${path}/only-here`)
    assert.equal(write.code, 503)
    assert.match(write.json.message, /name the cluster, as in only-here@us-east$/)
  } finally {
    await world.heal('eu-west')
  }
})

test('a silent member costs no more than its deadline', async () => {
  await world.joinScripted('silent', () => {})
  try {
    world.setHealth('silent', 'Unknown')
    const begun = performance.now()
    const list = await world.ask('GET', `${path}?labelSelector=test%3Dpage`)
    assert.ok(performance.now() - begun < 1500)
    assert.equal(list.json.items.length, 21)
    assert.match(warningsOf(list), /cluster silent is not in this answer: no answer within 0\.1 s/)
    await world.joinScripted('stalling', (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).write('{"items":[')
    })
    const stalled = await world.ask('GET', `${path}?labelSelector=test%3Dpage`)
    assert.ok(performance.now() - begun < 5000)
    assert.match(warningsOf(stalled), /cluster stalling is not in this answer: the answer stopped for 2 s/)
  } finally {
    world.leave('silent')
    world.leave('stalling')
  }
})

test('members that answer nonsense harm nobody', async () => {
  const answers: [string, string][] = [
    ['text/html', '<html>'],
    ['application/json', 'null'],
    ['application/json', '{"items":5}'],
    ['application/json', '{"kind":"ConfigMapList","metadata":null,"items":[null,5,{"metadata":null},{"metadata":{"name":7}}]}'],
  ]
  for (const [contentType, body] of answers) {
    await world.joinScripted('zzz', (_request, response) => {
      response.writeHead(200, { 'Content-Type': contentType }).end(body)
    })
    const list = await world.ask('GET', `${path}?labelSelector=test%3Dpage`)
    assert.equal(list.code, 200, body)
    assert.ok(list.json.items.length >= 21, body)
    world.leave('zzz')
  }
})

test('who asks is asked for on the hub and on each member', async () => {
  const seen: unknown[] = []
  await world.joinScripted('mirror', (request, response) => {
    seen.push([
      request.headers['impersonate-user'],
      request.headersDistinct['impersonate-group'],
      request.headers['x-remote-user'],
    ])
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"items":[]}')
  })
  const admin = await world.ask('GET', path, { headers: { 'x-remote-user': 'root' } })
  assert.equal(admin.code, 200)
  assert.deepEqual(seen.pop(), ['admin', ['system:masters'], undefined])
  const other = await world.ask('GET', path, { headers: { 'impersonate-user': 'jürgen', 'impersonate-group': 'system:masters' } })
  assert.equal(other.code, 200)
  assert.equal(Buffer.from(String((seen.pop() as string[])[0]), 'latin1').toString(), 'jürgen')
  world.leave('mirror')

  const jane = { token: userTokens.jane }
  const refused = await world.ask('GET', path, jane)
  assert.equal(refused.code, 403)
  assert.match(refused.json.message, /User "jane" cannot list resource "configmaps"/)
  await allow('hub')
  // The hub allows it; no member does, and the hub's power there is not jane's.
  assert.equal((await world.ask('GET', path, jane)).code, 403)
  assert.equal((await world.ask('GET', `${path}/only-here@us-east`, jane)).code, 403)
  assert.equal((await world.ask('GET', `/clusters/us-east${path}`, jane)).code, 403)
  await allow('asia')
  const part = await world.ask('GET', `${path}?labelSelector=test%3Dpage`, jane)
  assert.deepEqual([part.code, part.json.items.length], [200, 7])
  assert.match(warningsOf(part), /cluster eu-west is not in this answer: configmaps is forbidden/)
  assert.equal((await world.ask('GET', path, { token: null })).code, 403)
  assert.equal((await world.ask('GET', path, { token: 'wrong' })).code, 401)
})

async function allow(name: string): Promise<void> {
  const group = 'rbac.authorization.k8s.io'
  const role = { group, version: 'v1', kind: 'ClusterRole', plural: 'clusterroles', namespaced: false }
  const binding = { ...role, kind: 'ClusterRoleBinding', plural: 'clusterrolebindings' }
  const apiVersion = `${group}/v1`
  const client = world.client(name)
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }]
  await client.create(role, { apiVersion, kind: role.kind, metadata: { name: 'readers' }, rules })
  await client.create(binding, {
    apiVersion,
    kind: binding.kind,
    metadata: { name: 'readers' },
    roleRef: { apiGroup: group, kind: role.kind, name: 'readers' },
    subjects: [{ apiGroup: group, kind: 'User', name: 'jane' }],
  })
}

test('tokens of somebody else are refused', async () => {
  for (const token of ['x', Buffer.from('{"v":1}').toString('base64url'), '../../secrets']) {
    assert.equal((await world.ask('GET', `${path}?limit=5&continue=${encodeURIComponent(token)}`)).code, 400)
  }
  for (const version of ['abc', '5', 'fleet:%00', 'fleet:a=1;a=1']) {
    assert.equal((await world.ask('GET', `${path}?resourceVersion=${encodeURIComponent(version)}`)).code, 400, version)
  }
  assert.equal((await world.ask('GET', `${path}?limit=-1`)).code, 400)
})

test('below /clusters/NAME is the API of that member as it is', async () => {
  const list = await world.ask('GET', `/clusters/asia${path}?labelSelector=test%3Dpage&limit=3`)
  assert.equal(list.json.items.length, 3)
  assert.equal(list.json.items[0].metadata.name, 'page-0')
  assert.match(list.json.metadata.resourceVersion, /^\d+$/)
  assert.equal((await world.ask('GET', '/clusters/asia/version')).json.minor, '33')
  assert.equal((await world.ask('POST', `/clusters/asia${path}`, { body: configMap('direct') })).code, 201)
  assert.equal((await world.ask('GET', '/clusters/none/version')).code, 404)
  assert.equal((await world.ask('GET', '/clusters/asia/../us-east/version')).code, 404)
  assert.equal((await world.ask('GET', '/clusters/%2e%2e/version')).code, 404)
  assert.deepEqual((await world.ask('GET', '/clusters')).json.items[0], {
    key: 'asia',
    name: 'asia',
    health: 'Healthy',
    path: '/clusters/asia',
  })
})

test('discovery, OpenAPI and version are those of the members', async () => {
  const groups = await world.ask('GET', '/apis')
  assert.ok(groups.json.groups.some((group: { name: string }) => group.name === 'apps'))
  const aggregated = await world.ask('GET', '/api', {
    headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' },
  })
  assert.equal(aggregated.json.kind, 'APIGroupDiscoveryList')
  assert.equal((await world.ask('GET', '/version')).json.gitVersion, 'v1.33.6')
  const index = await world.ask('GET', '/openapi/v3')
  const { serverRelativeURL } = index.json.paths['apis/apps/v1']
  const document = await world.ask('GET', serverRelativeURL)
  assert.equal(document.code, 200)
  assert.ok(document.json.components.schemas['io.k8s.api.apps.v1.Deployment'])
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const who = await world.ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { body: review })
  assert.equal(who.json.status.userInfo.username, 'admin')
})

test('a kind that only one member serves is a kind of the fleet', async () => {
  const group = 'apiextensions.k8s.io'
  const crds = { group, version: 'v1', kind: 'CustomResourceDefinition', plural: 'customresourcedefinitions', namespaced: false }
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  const printed = { name: 'Colour', type: 'string', jsonPath: '.spec.colour' }
  await world.client('asia').create(crds, {
    apiVersion: `${group}/v1`,
    kind: crds.kind,
    metadata: { name: 'paints.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'paints', singular: 'paint', kind: 'Paint', listKind: 'PaintList' },
      versions: [{ name: 'v1', served: true, storage: true, schema, additionalPrinterColumns: [printed] }],
    },
  })
  const paints = '/apis/example.com/v1/namespaces/default@asia/paints'
  const paint = { apiVersion: 'example.com/v1', kind: 'Paint', metadata: { name: 'wall' }, spec: { colour: 'blue' } }
  let made = await world.ask('POST', paints, { body: paint })
  for (let tries = 0; made.code === 404 && tries < 200; tries++) {
    await new Promise((done) => setTimeout(done, 50))
    made = await world.ask('POST', paints, { body: paint })
  }
  assert.equal(made.code, 201, made.text)
  const list = await world.ask('GET', '/apis/example.com/v1/paints', { headers: { accept: table } })
  assert.deepEqual(
    list.json.rows.map((row: { cells: unknown[] }) => row.cells.slice(0, 3)),
    [['wall', 'asia', 'blue']],
  )
  assert.equal(warningsOf(list), '')
})

test('the audit log tells who did what, and on which member', async () => {
  written.length = 0
  await world.ask('GET', `${path}/only-here@us-east`)
  const made = await world.ask('POST', path, { body: configMap('audited', { 'flotilla.dev/cluster': 'asia' }) })
  const events = () => written.map((line) => JSON.parse(line)).filter((event) => event.stage === 'ResponseComplete')
  const at = (cluster: string) => events().filter((event) => event.annotations['flotilla.dev/cluster'] === cluster)
  // An answer has come before it is written down.
  for (let tries = 0; tries < 1000 && (at('hub').length < 2 || at('asia').length < 1); tries++)
    await new Promise((done) => setTimeout(done, 10))
  const told = at('hub').map((event) => [event.verb, event.objectRef.name, event.annotations['flotilla.dev/member']])
  assert.deepEqual(told, [
    ['get', 'only-here', 'us-east'],
    ['create', undefined, 'asia'],
  ])
  // The member's own log has the user, and the same identifier.
  const [there] = at('asia')
  assert.deepEqual([there.auditID, there.verb], [made.headers['audit-id'], 'create'])
  assert.equal(there.impersonatedUser.username, 'admin')
})
