import assert from 'node:assert/strict'
import { createSystemClientPorts } from '../../src/app/system/system-client-ports.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import { silentLog } from '../../src/base/log.js'
import { createSeededRandom } from '../../src/base/random.js'
import { createHttpClient } from '../../src/kube/client/http-client.js'
import { runReflector } from '../../src/kube/informer/reflector.js'
import { type KubeObject, keyOf } from '../../src/kube/object/kube-object.js'
import { builtInResources } from '../../src/kube/schema/resources.js'
import { ask, type Target } from './ask.js'
import { checkHistory } from './check-history.js'
import { checkSegment, stateAt, type View } from './check-stream.js'
import type { Change } from './history.js'
import { type ServerProcess, startServer } from './server-process.js'
import { configMap, roundOf, startStorm, stormPath } from './storm.js'
import { followStream, type WatchStream } from './watch-stream.js'

const views: readonly { name: string; query: string; view: View }[] = [
  { name: 'all', query: '', view: () => true },
  { name: 'even', query: 'labelSelector=round%3Deven', view: ({ value }) => roundOf(value) === 'even' },
  { name: 'not even', query: 'labelSelector=storm,round!%3Deven', view: ({ value }) => roundOf(value) !== 'even' },
  { name: 'one', query: 'fieldSelector=metadata.name%3Dstorm-3', view: ({ key }) => key === 'storm-3' },
]

/**
 * Many clients, many watches, one server process that is killed, whose disk is full for a while and whose clock jumps: everything
 * that anybody was told must be one history. Fails the test that runs it when it is not.
 */
export async function runStorm({ seconds, seed }: { seconds: number; seed: number }): Promise<void> {
  const server = await startServer({ sync: true })
  /** What follows the server until the end, however the storm ends. */
  const stops: (() => void)[] = []
  try {
    await storm(server, seconds, seed, stops)
  } catch (error) {
    console.log(`a storm of ${seconds} s with seed ${seed} failed`)
    throw error
  } finally {
    for (const stop of stops) stop()
    await server.stop()
  }
}

async function storm(server: ServerProcess, seconds: number, seed: number, stops: (() => void)[]): Promise<void> {
  const random = createSeededRandom(seed)
  const target: Target = { port: server.port, token: server.token }
  const first = await ask(target, 'GET', stormPath)
  const from = Number(first.json.metadata.resourceVersion)
  const witness = followStream(target, { name: 'witness', from, random })
  const streams: { stream: WatchStream; view: View }[] = views.flatMap(({ name, query, view }) =>
    [
      { name: `${name}, steady`, from },
      { name: `${name}, restless`, from, restless: 0.05 },
      { name: `${name}, lazy`, from, lazy: 0.1 },
      { name: `${name}, from its state on`, restless: 0.02 },
    ].map((each) => ({ stream: followStream(target, { ...each, query, random }), view })),
  )
  const stopping = new AbortController()
  stops.push(
    () => stopping.abort(),
    () => witness.stop(),
    ...streams.map(
      ({ stream }) =>
        () =>
          stream.stop(),
    ),
  )
  const caches = [0, 1].map((number) => follow(`reflector-${number}`, target, stopping.signal))

  const clients = startStorm(target, { clients: 8, keys: 10, random, agent: () => server.agent() })
  const pause = (part: number) => new Promise((done) => setTimeout(done, part * seconds * 1000))
  await pause(0.2)
  await server.restart()
  await pause(0.15)
  await server.jump(86_400_000)
  await pause(0.05)
  await server.jump(-3 * 86_400_000)
  await pause(0.1)
  if (server.limitFiles(3_000)) {
    await pause(0.1)
    server.limitFiles(undefined)
  }
  await pause(0.2)
  await server.restart()
  await pause(0.2)
  await clients.stop()

  // The last words: once a watch has them, it has everything.
  let last = 0
  for (const [key, value] of [
    ['storm-3', 'end-1'],
    ['storm-3', 'end-2'],
    ['storm-last', 'end-1'],
    ['storm-last', 'end-2'],
  ] as const) {
    await ask(target, 'DELETE', `${stormPath}/${key}`)
    const start = performance.now()
    const answer = await ask(target, 'POST', stormPath, { body: configMap(key, value.replace('end', `end${key}`)) })
    assert.equal(answer.code, 201, answer.text)
    last = Number(answer.json.metadata.resourceVersion)
    clients.operations.push({
      client: -1,
      kind: 'create',
      key,
      value: value.replace('end', `end${key}`),
      start,
      end: performance.now(),
      outcome: { type: 'written', revision: last },
    })
  }
  await until(() => witness.revision() >= last, 'the witness')
  // Deletions of the last words are nobody's business.
  const changes: Change[] = witness.segments
    .flatMap(({ events }) => events)
    .filter(({ key }) => key.startsWith('storm-')) as unknown as Change[]
  const end = changes.findLastIndex(({ value }) => !value.startsWith('end'))
  const counts = new Map<string, number>()
  for (const { kind, outcome } of clients.operations) {
    const name = `${kind} ${outcome.type}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const tally = [...counts]
    .sort()
    .map(([name, count]) => `${count} ${name}`)
    .join(', ')
  console.log(`${clients.operations.length} operations of 8 clients, ${changes.length} changes: ${tally}`)
  assert.ok(changes.length > 10, 'a storm')
  for (const name of ['create written', 'update written', 'delete deleted', 'get found', 'list listed'])
    assert.ok(counts.has(name), `nothing was tried of: ${name}`)
  if (server.limitFiles(undefined))
    assert.ok(
      [...counts.keys()].some((name) => name.endsWith('refused')),
      'the disk was full',
    )

  const cleanup = changes.slice(end + 1).filter(({ type }) => type === 'DELETED')
  const mine = cleanup.map(({ key, uid, revision }) => {
    // Between the two words around it.
    const around = clients.operations.filter(({ client, outcome }) => client === -1 && outcome.type === 'written')
    const after = around.find(({ outcome }) => outcome.type === 'written' && outcome.revision > revision)!
    return {
      client: -1,
      kind: 'delete' as const,
      key,
      start: after.start - 1e-3,
      end: after.start,
      outcome: { type: 'deleted' as const, uid },
    }
  })
  assert.deepEqual(checkHistory([...clients.operations, ...mine], changes), [])

  const problems: string[] = []
  for (const segment of witness.segments) problems.push(...checkSegment('witness', segment, changes, () => true))
  const lastIn = new Map(streams.map(({ stream, view }) => [stream, changes.findLast(view)?.revision ?? 0]))
  const behind = () =>
    streams
      .filter(({ stream }) => stream.revision() < lastIn.get(stream)!)
      .map(
        ({ stream }) =>
          `${stream.name} at ${stream.revision()} of ${lastIn.get(stream)} over connection ${stream.segments.length}`,
      )
  for (const { stream } of streams) stream.calm()
  await untilStill(behind, 'the watches')
  for (const { stream, view } of streams) {
    for (const segment of stream.segments) problems.push(...checkSegment(stream.name, segment, changes, view))
    stream.stop()
  }
  assert.deepEqual(problems.slice(0, 5), [])

  const wanted = stateAt(changes, last, () => true).map(({ key, revision }) => `default/${key} ${revision}`)
  const stateOf = (cache: ReadonlyMap<string, KubeObject>) =>
    [...cache]
      .filter(([key]) => key.includes('/storm-'))
      .map(([key, { metadata }]) => `${key} ${metadata.resourceVersion}`)
      .sort()
  await until(() => caches.every((cache) => stateOf(cache).join() === wanted.sort().join()), 'the reflectors').catch(
    () => undefined,
  )
  for (const cache of caches) assert.deepEqual(stateOf(cache), wanted.sort())
  witness.stop()
  stopping.abort()
}

function follow(name: string, target: Target, signal: AbortSignal): ReadonlyMap<string, KubeObject> {
  let state = new Map<string, KubeObject>()
  const client = createHttpClient({
    name,
    connection: {
      server: `https://127.0.0.1:${target.port}`,
      tls: { insecure: true },
      auth: { kind: 'bearer', token: target.token },
    },
    ports: createSystemClientPorts({}),
  })
  void runReflector({
    client,
    type: builtInResources.find((type) => type.group === '' && type.plural === 'configmaps')!,
    selector: { namespace: 'default' },
    sink: {
      replace(objects) {
        state = new Map([...objects].map((object) => [keyOf(object), object]))
      },
      apply(type, object) {
        if (type === 'DELETED') state.delete(keyOf(object))
        else state.set(keyOf(object), object)
      },
      health() {},
    },
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    signal,
  }).finally(() => client.close())
  return {
    get: (key: string) => state.get(key),
    has: (key: string) => state.has(key),
    [Symbol.iterator]: () => state[Symbol.iterator](),
  } as unknown as ReadonlyMap<string, KubeObject>
}

/** Waits as long as they come on. */
async function untilStill(behind: () => readonly string[], what: string): Promise<void> {
  let before = ''
  for (let since = performance.now(); performance.now() - since < 30_000; ) {
    const now = behind()
    if (now.length === 0) return
    if (now.join() !== before) {
      before = now.join()
      since = performance.now()
    }
    await new Promise((done) => setTimeout(done, 20))
  }
  assert.fail(`${what} do not come on: ${before}`)
}

async function until(condition: () => boolean, what: string): Promise<void> {
  // By the clock: turns are long on a machine that others use too.
  for (const start = performance.now(); performance.now() - start < 60_000; ) {
    if (condition()) return
    await new Promise((done) => setTimeout(done, 20))
  }
  assert.fail(`${what}: not within 60 s`)
}
