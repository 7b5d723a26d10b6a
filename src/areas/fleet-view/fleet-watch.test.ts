import assert from 'node:assert/strict'
import { request } from 'node:https'
import { after, before, test } from 'node:test'
import { createFleetViewWorld, type FleetViewWorld } from '../../../test/support/worlds/fleet-view-world.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

let world: FleetViewWorld
before(async () => {
  world = await createFleetViewWorld(['us-east', 'eu-west'])
})
after(() => world.close())

const type: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const path = '/api/v1/namespaces/default/configmaps'
const put = (cluster: string, name: string) =>
  world
    .client(cluster)
    .create(type, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', labels: { w: '1' } } })
const remove = (cluster: string, name: string) => world.client(cluster).delete({ type, namespace: 'default', name })

interface Event {
  readonly type: string
  readonly object: KubeObject & { rows: { cells: unknown[]; object: KubeObject }[]; columnDefinitions: unknown; code: number }
}

/** A watch whose events are taken one at a time. */
function watch(query: string, accept = 'application/json') {
  const events: Event[] = []
  const waiting: (() => void)[] = []
  let ended = false
  let warning = ''
  const wake = () => {
    for (const each of waiting.splice(0)) each()
  }
  const sent = request(
    {
      host: '127.0.0.1',
      port: world.port,
      path: `${path}?watch=true&labelSelector=w${query}`,
      ca: world.api.ca.certPem,
      cert: world.api.admin.certPem,
      key: world.api.admin.keyPem,
      headers: { accept },
      agent: false,
    },
    (response) => {
      warning = String(response.headers['warning'] ?? '')
      let rest = ''
      response.on('data', (chunk: Buffer) => {
        const lines = (rest + chunk.toString()).split('\n')
        rest = lines.pop()!
        for (const line of lines) events.push(JSON.parse(line) as Event)
        wake()
      })
      response.on('close', () => {
        ended = true
        wake()
      })
    },
  )
  sent.on('error', () => {})
  sent.end()
  const next = async (): Promise<Event | undefined> => {
    const deadline = Date.now() + 5000
    while (events.length === 0 && !ended) {
      await new Promise<void>((done) => {
        waiting.push(done)
        setTimeout(done, 200)
      })
      assert.ok(Date.now() < deadline, 'no event came')
    }
    return events.shift()
  }
  return {
    next,
    /** `ADDED a@us-east`; undefined at the end. */
    async told(): Promise<string | undefined> {
      const event = await next()
      return event && `${event.type} ${event.object.metadata?.name ?? ''}`.trim()
    },
    get warning() {
      return warning
    },
    stop: () => void sent.destroy(),
  }
}

test('a watch goes on from a list in every cluster, and from any of its events', async () => {
  await put('us-east', 'before')
  const list = await world.ask('GET', `${path}?labelSelector=w&limit=500`)
  const first = watch(`&resourceVersion=${encodeURIComponent(list.json.metadata.resourceVersion)}`)
  await put('eu-west', 'a')
  const added = (await first.next())!
  assert.deepEqual([added.type, added.object.metadata.name], ['ADDED', 'a@eu-west'])
  assert.equal(added.object.metadata.labels?.['flotilla.dev/cluster'], 'eu-west')
  first.stop()
  await put('us-east', 'b')
  await remove('eu-west', 'a')
  const second = watch(`&resourceVersion=${encodeURIComponent(added.object.metadata.resourceVersion!)}`)
  assert.deepEqual([await second.told(), await second.told()].sort(), ['ADDED b@us-east', 'DELETED a@eu-west'])
  second.stop()
  await remove('us-east', 'b')
  await remove('us-east', 'before')
})

test('without a version it begins with what there is; a timeout ends it with a bookmark', async () => {
  await put('us-east', 'here')
  await put('eu-west', 'here')
  const all = watch('&allowWatchBookmarks=true&timeoutSeconds=1')
  assert.deepEqual([await all.told(), await all.told()].sort(), ['ADDED here@eu-west', 'ADDED here@us-east'])
  const mark = (await all.next())!
  assert.equal(mark.type, 'BOOKMARK')
  assert.match(mark.object.metadata.resourceVersion!, /^fleet:us-east=\d+;eu-west=\d+$|^fleet:eu-west=\d+;us-east=\d+$/)
  assert.equal(await all.next(), undefined)
  const streamed = watch('&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true')
  assert.deepEqual([await streamed.told(), await streamed.told()].sort(), ['ADDED here@eu-west', 'ADDED here@us-east'])
  const end = (await streamed.next())!
  assert.deepEqual([end.type, end.object.metadata.annotations], ['BOOKMARK', { 'k8s.io/initial-events-end': 'true' }])
  await put('eu-west', 'later')
  assert.equal(await streamed.told(), 'ADDED later@eu-west')
  streamed.stop()
  for (const [cluster, name] of [
    ['us-east', 'here'],
    ['eu-west', 'here'],
    ['eu-west', 'later'],
  ] as const)
    await remove(cluster, name)
})

test('tables say their columns once', async () => {
  const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  const rows = watch('', table)
  await put('us-east', 't1')
  const one = (await rows.next())!
  await put('eu-west', 't2')
  const two = (await rows.next())!
  assert.deepEqual(
    [one.object.rows[0]!.cells.slice(0, 2), two.object.rows[0]!.cells.slice(0, 2)],
    [
      ['t1', 'us-east'],
      ['t2', 'eu-west'],
    ],
  )
  assert.ok(Array.isArray(one.object.columnDefinitions))
  assert.equal(two.object.columnDefinitions, null)
  assert.equal(two.object.rows[0]!.object.metadata.name, 't2@eu-west')
  rows.stop()
  await remove('us-east', 't1')
  await remove('eu-west', 't2')
})

test('a member that is away is picked up where it was, and one that was never there with all it has', async () => {
  const list = await world.ask('GET', `${path}?labelSelector=w`)
  const known = watch(`&resourceVersion=${encodeURIComponent(list.json.metadata.resourceVersion)}`)
  await put('us-east', 'x1')
  assert.equal(await known.told(), 'ADDED x1@us-east')
  await world.cut('eu-west')
  await put('eu-west', 'meanwhile')
  const late = watch('')
  assert.equal(await late.told(), 'ADDED x1@us-east')
  assert.match(late.warning, /cluster eu-west is not in this answer/)
  await put('us-east', 'x2')
  assert.deepEqual([await known.told(), await late.told()], ['ADDED x2@us-east', 'ADDED x2@us-east'])
  await world.heal('eu-west')
  assert.deepEqual([await known.told(), await late.told()], ['ADDED meanwhile@eu-west', 'ADDED meanwhile@eu-west'])
  known.stop()
  late.stop()
  await remove('us-east', 'x1')
  await remove('us-east', 'x2')
  await remove('eu-west', 'meanwhile')
})

test('a cluster that joins is watched too; one that leaves, or has forgotten, ends the watch with 410', async () => {
  const all = watch('')
  await world.join('new')
  await put('new', 'n')
  assert.equal(await all.told(), 'ADDED n@new')
  const list = await world.ask('GET', `${path}?labelSelector=w`)
  world.leave('new')
  const gone = (await all.next())!
  assert.deepEqual([gone.type, gone.object.code, gone.object['reason']], ['ERROR', 410, 'Expired'])
  assert.equal(await all.next(), undefined)
  const version = encodeURIComponent(list.json.metadata.resourceVersion)
  const stale = await world.ask('GET', `${path}?watch=true&resourceVersion=${version}`)
  assert.deepEqual([stale.code, stale.json.reason], [410, 'Expired'])
  const single = await world.ask('GET', `${path}?watch=true&resourceVersion=7`)
  assert.equal(single.code, 410)
  let asked = 0
  await world.joinScripted('forgetful', (_request, response) => {
    asked++
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Expired', code: 410 }
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(`${JSON.stringify({ type: 'ERROR', object: status })}\n`)
  })
  const now = (await world.ask('GET', `${path}?labelSelector=flotilla.dev/cluster!%3Dforgetful`)).json.metadata.resourceVersion
  const forgotten = watch(`&resourceVersion=${encodeURIComponent(`${now};forgetful=5`)}`)
  const error = (await forgotten.next())!
  assert.deepEqual([error.type, error.object.code], ['ERROR', 410])
  assert.ok(asked >= 1)
  world.leave('forgetful')
})

test('a watch that no member takes is refused as such', async () => {
  assert.equal((await world.ask('GET', `${path}?watch=true&fieldSelector=data.x%3D1`)).code, 400)
  assert.equal((await world.ask('GET', '/apis/nothing.example/v1/things?watch=true')).code, 404)
  assert.equal((await world.ask('GET', `${path}?watch=true&timeoutSeconds=x`)).code, 400)
  assert.equal((await world.ask('GET', `${path}?watch=true&sendInitialEvents=true`)).code, 400)
})
