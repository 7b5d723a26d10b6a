import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock } from '../../src/app/system/system-ports.js'
import { silentLog } from '../../src/base/log.js'
import { createAdsServer } from '../../src/services/xds/ads-server.js'
import { startEchoServer } from '../support/fakes/echo-servers.js'
import { createFixedCatalogue } from '../support/fakes/fixed-catalogue.js'
import { answers, makeAdsCertificates, noEnvoy, pause, startEnvoy } from '../support/peers/envoy-proxy.js'

const closing: (() => unknown)[] = []
after(async () => {
  for (const close of closing.reverse()) await close()
})

for (const apiType of ['GRPC', 'DELTA_GRPC'] as const) {
  test(`Envoy over ${apiType === 'GRPC' ? 'state of the world' : 'delta'}: nearest first, failover without an error, weights`, {
    skip: noEnvoy,
  }, async () => {
    const east = await startEchoServer('east', '127.0.0.2')
    const west = await startEchoServer('west', '127.0.0.3')
    closing.push(
      () => east.kill(),
      () => west.kill(),
    )
    const { catalogue, set } = createFixedCatalogue({ 'us-east': 'us-east-1/a', 'us-west': 'us-west-2/a' })
    const places = {
      east: `us-east us-east-1/a 127.0.0.2:${east.httpPort}`,
      west: `us-west us-west-2/a 127.0.0.3:${west.httpPort}`,
    }
    const api = { name: 'api', namespace: 'shop', port: 80, places: [places.east, places.west] }
    set(api)
    const server = createAdsServer({ catalogue, clock: systemClock, log: silentLog })
    closing.push(() => server.close())
    const certificates = await makeAdsCertificates()
    const port = await server.listen({ address: '127.0.0.1', port: 0 }, certificates.server)
    const envoy = await startEnvoy(closing, port, apiType, 'us-east', 'us-east-1', certificates.client)
    const untilAnswers = async (host: string, are: (counts: Record<string, number>) => boolean) => {
      for (let wait = 0; wait < 50 && !are(await answers(envoy.http, host, 5)); wait++) await pause(200)
    }
    assert.deepEqual(await answers(envoy.http, 'api.shop.svc.clusterset.local', 20), { east: 20 })
    assert.deepEqual(await answers(envoy.tcp, 'any', 5), { east: 5 })

    await east.kill()
    assert.deepEqual(await answers(envoy.http, 'api.shop', 50), { west: 50 }, 'a connection that is refused is tried elsewhere')
    assert.deepEqual(await answers(envoy.tcp, 'any', 5), { west: 5 })
    await east.start()
    let back: Record<string, number> = {}
    for (let wait = 0; wait < 60 && back.east !== 5; wait++) {
      await pause(500)
      back = await answers(envoy.http, 'api.shop', 5)
    }
    assert.deepEqual(back, { east: 5 })

    set({ ...api, places: [`us-east us-east-1/a 127.0.0.2:${east.httpPort}`, `us-east us-east-1/b 127.0.0.3:${west.httpPort}`] })
    await untilAnswers('api.shop', (counts) => (counts.west ?? 0) > 0)
    const shared = await answers(envoy.http, 'api.shop', 100)
    assert.ok(shared.east! > 25 && shared.west! > 25, JSON.stringify(shared))

    const other = { ...api, name: 'other', places: [places.west] }
    set(api, other)
    await untilAnswers('other.shop', (counts) => counts[404] === undefined)
    assert.deepEqual(await answers(envoy.http, 'other.shop', 5), { west: 5 }, 'a service that is new')
    set(api)
    await untilAnswers('other.shop', (counts) => counts[404] !== undefined)
    assert.deepEqual(await answers(envoy.http, 'other.shop', 2), { 404: 2 }, 'and gone')
    const sent = () => server.status()[0]!.kinds
    for (let wait = 0; wait < 50 && sent().some((kind) => kind.acknowledged !== kind.sent); wait++) await pause(100)
    assert.deepEqual(
      sent().flatMap(({ refused }) => refused ?? []),
      [],
    )
    for (const kind of sent()) assert.equal(kind.acknowledged, kind.sent, kind.kind)
  })
}
