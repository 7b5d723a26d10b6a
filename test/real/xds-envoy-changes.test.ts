import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock } from '../../src/app/system/system-ports.js'
import { silentLog } from '../../src/base/log.js'
import { createAdsServer } from '../../src/services/xds/ads-server.js'
import { startEchoServer } from '../support/fakes/echo-servers.js'
import { createFixedCatalogue } from '../support/fakes/fixed-catalogue.js'
import { answers, ask, makeAdsCertificates, noEnvoy, pause, startEnvoy } from '../support/peers/envoy-proxy.js'
import { freePorts } from '../support/peers/free-ports.js'

const closing: (() => unknown)[] = []
after(async () => {
  for (const close of closing.reverse()) await close()
})

/** Requests without a break; `stop` gives what came of them: who answered, or the status. */
function keepAsking(port: number, host: string) {
  const counts: Record<string, number> = {}
  let stopped = false
  const over = (async () => {
    while (!stopped) {
      const { status, body } = await ask(port, host).catch(() => ({ status: 0, body: '' }))
      const key = status === 200 ? body : String(status)
      counts[key] = (counts[key] ?? 0) + 1
    }
  })()
  return {
    counts,
    async stop() {
      stopped = true
      await over
      return counts
    },
  }
}

/** How long until requests are answered by `who` (ms). */
async function untilAnswered(port: number, host: string, who: string, limitMs = 20_000): Promise<number> {
  const from = Date.now()
  for (;;) {
    const { status, body } = await ask(port, host).catch(() => ({ status: 0, body: '' }))
    if (status === 200 && body === who) return Date.now() - from
    assert.ok(Date.now() - from < limitMs, `${host}: ${status} ${body} after ${limitMs} ms`)
    await pause(20)
  }
}

/** Clusters that Envoy has and does not use yet. */
async function warming(admin: number): Promise<string[]> {
  const { body } = await ask(admin, 'localhost', '/config_dump?resource=dynamic_warming_clusters')
  const { configs = [] } = JSON.parse(body) as { configs?: { cluster: { name: string } }[] }
  return configs.map(({ cluster }) => cluster.name)
}

for (const apiType of ['GRPC', 'DELTA_GRPC'] as const) {
  test(`Envoy over ${apiType === 'GRPC' ? 'state of the world' : 'delta'}: changes of clusters, names and servers without an error`, {
    skip: noEnvoy,
  }, async () => {
    const east = await startEchoServer('east', '127.0.0.2')
    const west = await startEchoServer('west', '127.0.0.3')
    closing.push(
      () => east.kill(),
      () => west.kill(),
    )
    const { catalogue, set } = createFixedCatalogue({ 'us-east': 'us-east-1/a', 'us-west': 'us-west-2/a' })
    const at = (server: typeof east, address: string) => [`us-east us-east-1/a ${address}:${server.httpPort}`]
    const [toEast, toWest] = [at(east, '127.0.0.2'), at(west, '127.0.0.3')]
    const api = { name: 'api', namespace: 'shop', port: 80, places: toEast }
    const web = { ...api, name: 'web' }
    set(api)
    const certificates = await makeAdsCertificates()
    const start = () => createAdsServer({ catalogue, clock: systemClock, log: silentLog })
    let server = start()
    closing.push(() => server.close())
    const [port = 0] = await freePorts(1)
    await server.listen({ address: '127.0.0.1', port }, certificates.server)
    const envoy = await startEnvoy(closing, port, apiType, 'us-east', 'us-east-1', certificates.client)

    // The cluster becomes another one, and at once its endpoints do: a client that waits for endpoints of the new cluster gets them.
    const during = keepAsking(envoy.http, 'api.shop')
    set({ ...api, sticky: true })
    await pause(1500)
    // It gives them up after 15 s.
    for (let wait = 0; wait < 50 && (await warming(envoy.admin)).length > 0; wait++) await pause(100)
    assert.deepEqual(await warming(envoy.admin), [], 'nothing waits for endpoints that do not come')
    set({ ...api, sticky: true, places: toWest })
    assert.ok((await untilAnswered(envoy.http, 'api.shop', 'west')) < 3000)
    set({ ...api, places: toWest })
    await pause(500)
    set(api)
    assert.ok((await untilAnswered(envoy.http, 'api.shop', 'east')) < 3000)

    // The short name leads to another cluster from one moment to the next.
    for (let turn = 0; turn < 5; turn++) {
      set({ ...api, reach: 'same-name' })
      await pause(400)
      set(api)
      await pause(400)
    }
    const counts = await during.stop()
    assert.deepEqual(Object.keys(counts).sort(), ['east', 'west'], JSON.stringify(counts))

    // The server goes, and comes back with another fleet: what went meanwhile is gone, what came is there, nothing else is touched.
    set(api, web)
    await untilAnswered(envoy.http, 'web.shop', 'east')
    const away = keepAsking(envoy.http, 'api.shop')
    server.close()
    await pause(300)
    const other = { ...api, name: 'other', places: toWest }
    set(api, other)
    server = start()
    await server.listen({ address: '127.0.0.1', port }, certificates.server)
    await untilAnswered(envoy.http, 'other.shop', 'west')
    await pause(300)
    assert.deepEqual(await answers(envoy.http, 'web.shop', 3), { 404: 3 })
    assert.deepEqual(Object.keys(await away.stop()), ['east'])
    const sent = () => server.status()[0]!.kinds
    for (let wait = 0; wait < 50 && sent().some((kind) => kind.acknowledged !== kind.sent); wait++) await pause(100)
    for (const kind of sent()) {
      assert.equal(kind.refusals, 0)
      assert.equal(kind.acknowledged, kind.sent, kind.kind)
    }
  })
}
