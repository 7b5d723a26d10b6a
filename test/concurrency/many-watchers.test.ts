import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createSeededRandom } from '../../src/base/random.js'
import { ask, type Target } from './ask.js'
import { checkSegment, type View } from './check-stream.js'
import type { Change } from './history.js'
import { type ServerProcess, startServer } from './server-process.js'
import { configMap, roundOf } from './storm.js'
import { followStream, type WatchStream } from './watch-stream.js'

/** FLOTILLA_WATCHERS (default 120), FLOTILLA_STORM_SEED. */
const watchers = Number(process.env['FLOTILLA_WATCHERS'] ?? 120)
const seed = Number(process.env['FLOTILLA_STORM_SEED'] ?? 1)
/** In their order, which is that of the objects' names. */
const namespaces = ['default', 'kube-node-lease', 'kube-public']
const pathOf = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`

let server: ServerProcess
let target: Target
before(async () => {
  server = await startServer()
  target = { port: server.port, token: server.token }
})
after(() => server.stop())

async function until(condition: () => boolean, what: string): Promise<void> {
  for (const start = performance.now(); performance.now() - start < 60_000; ) {
    if (condition()) return
    await new Promise((done) => setTimeout(done, 20))
  }
  assert.fail(`${what}: not within 60 s`)
}

/** Which part of all changes a watcher sees: namespaces are told by the names of the objects. */
const scopes: readonly { name: string; path: string; query: string; view: View }[] = [
  { name: 'everywhere', path: '/api/v1/configmaps', query: '', view: () => true },
  {
    name: 'even ones everywhere',
    path: '/api/v1/configmaps',
    query: 'labelSelector=round%3Deven',
    view: ({ value }) => roundOf(value) === 'even',
  },
  ...namespaces.flatMap((namespace, index) => {
    const mine = ({ key }: { key: string }) => key.startsWith(`storm-${index}-`)
    const path = pathOf(namespace)
    return [
      { name: namespace, path, query: '', view: mine },
      {
        name: `odd ones of ${namespace}`,
        path,
        query: 'labelSelector=round+in+(odd,none)',
        view: (change: { key: string; value: string }) => mine(change) && roundOf(change.value) === 'odd',
      },
      {
        name: `one of ${namespace}`,
        path,
        query: `fieldSelector=metadata.name%3Dstorm-${index}-2`,
        view: ({ key }: { key: string }) => key === `storm-${index}-2`,
      },
    ]
  }),
]

test('every watcher sees all of its part in order, once, over reconnects too', { timeout: 200_000 }, async () => {
  const random = createSeededRandom(seed)
  const from = Number((await ask(target, 'GET', '/api/v1/configmaps')).json.metadata.resourceVersion)
  const witness = followStream(target, { name: 'witness', path: '/api/v1/configmaps', from, random })
  const manners = [{ from }, { from, restless: 0.02 }, { from, lazy: 0.05 }, { restless: 0.01 }]
  const streams: { stream: WatchStream; view: View }[] = []
  for (let number = 0; number < watchers; number++) {
    const { view, ...scope } = scopes[number % scopes.length]!
    const manner = manners[Math.floor(number / scopes.length) % manners.length]!
    const name = `${scope.name} (${number})`
    streams.push({ stream: followStream(target, { ...scope, ...manner, name, random }), view })
  }
  const agent = server.agent()
  let writes = 0
  const writer = async (number: number) => {
    for (let count = 0; count < 60; count++) {
      const index = Math.floor(random.number() * namespaces.length)
      const key = `storm-${index}-${Math.floor(random.number() * 6)}`
      const path = pathOf(namespaces[index]!)
      const body = configMap(key, `w${number}-${count}`)
      const mine = { ...target, agent }
      const dice = random.number()
      if (dice < 0.25) await ask(mine, 'DELETE', `${path}/${key}`)
      else if ((await ask(mine, 'POST', path, { body })).code === 409) await ask(mine, 'PUT', `${path}/${key}`, { body })
      writes++
    }
  }
  await Promise.all([0, 1, 2, 3].map(writer))
  let last = 0
  for (const [index, namespace] of namespaces.entries()) {
    // The last words: an even and an odd one, and the one that some watch.
    for (const [key, value] of [
      [`storm-${index}-2`, 'end-1'],
      [`storm-${index}-2`, 'end-2'],
      [`storm-${index}-2`, 'end-3'],
    ] as const) {
      const body = configMap(key, value.replace('end', `end${index}`))
      const path = pathOf(namespace)
      const answer = await ask(target, 'PUT', `${path}/${key}`, { body })
      const written = answer.code === 404 ? await ask(target, 'POST', path, { body }) : answer
      assert.ok(written.code < 300, written.text)
      last = Number(written.json.metadata.resourceVersion)
    }
  }
  await until(() => witness.revision() >= last, 'the witness')
  const changes = witness.segments
    .flatMap(({ events }) => events)
    .filter(({ key, type }) => type !== 'BOOKMARK' && key.startsWith('storm-')) as unknown as Change[]
  const problems = witness.segments.flatMap((segment) => checkSegment('witness', segment, changes, () => true))
  const lastIn = new Map(streams.map(({ stream, view }) => [stream, changes.findLast(view)?.revision ?? 0]))
  await until(() => streams.every(({ stream }) => stream.revision() >= lastIn.get(stream)!), 'the watchers')
  let segments = 0
  let events = 0
  for (const { stream, view } of streams) {
    stream.stop()
    for (const segment of stream.segments) {
      segments++
      events += segment.events.length
      if (problems.length < 5) problems.push(...checkSegment(stream.name, segment, changes, view))
    }
  }
  witness.stop()
  console.log(
    `${writes} writes, ${changes.length} changes, ${events} events to ${watchers} watchers over ${segments} connections`,
  )
  assert.deepEqual(problems.slice(0, 5), [])
  assert.ok(segments > watchers, 'some have connected again')
})

test('who comes back after the history has gone on is told so, and has the present state with the next request', {
  timeout: 100_000,
}, async () => {
  const before = (await ask(target, 'GET', pathOf('default'))).json.metadata.resourceVersion as string
  // More than the history holds.
  await server.fill('kube-public', 12_000)
  const late = await ask(target, 'GET', `${pathOf('kube-public')}?watch=true&resourceVersion=${before}&timeoutSeconds=5`)
  const told = late.code === 410 ? late.json : JSON.parse(late.text.split('\n')[0]!)
  assert.equal(late.code === 410 ? told.code : told.object.code, 410, late.text.slice(0, 300))
  const page = await ask(target, 'GET', `${pathOf('kube-public')}?limit=500`)
  const next = page.json.metadata.continue as string
  await server.fill('kube-system', 12_000)
  const expired = await ask(target, 'GET', `${pathOf('kube-public')}?limit=500&continue=${encodeURIComponent(next)}`)
  assert.equal(expired.code, 410)
  assert.equal(expired.json.reason, 'Expired')
  // The token in the refusal goes on in the present state.
  const goOn = await ask(
    target,
    'GET',
    `${pathOf('kube-public')}?limit=500&continue=${encodeURIComponent(expired.json.metadata.continue as string)}`,
  )
  assert.equal(goOn.code, 200)
  assert.equal(goOn.json.items[0].metadata.name > page.json.items.at(-1).metadata.name, true)
  const list = `${pathOf('kube-public')}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=4`
  const events = (await ask(target, 'GET', list)).text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  const end = events.findIndex(({ object }) => object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true')
  const names = new Set(events.slice(0, end).map(({ object }) => object.metadata.name))
  const present = (await ask(target, 'GET', pathOf('kube-public'))).json.items as { metadata: { name: string } }[]
  assert.deepEqual([...names].sort(), present.map(({ metadata }) => metadata.name).sort())
})
