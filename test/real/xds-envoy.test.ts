import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createFleetCa } from '../../src/apiserver/auth/fleet-ca.js'
import { systemClock } from '../../src/app/system/system-ports.js'
import { silentLog } from '../../src/base/log.js'
import { type AdsTls, createAdsServer } from '../../src/services/xds/ads-server.js'
import { makeBootstrap } from '../../src/services/xds/bootstrap.js'
import { startEchoServer } from '../support/echo-servers.js'
import { createFixedCatalogue } from '../support/fixed-catalogue.js'
import { findPeer } from '../support/real-apiserver.js'

const peer = findPeer('envoy')
const skip = 'reason' in peer ? `no Envoy: ${peer.reason}` : false
const closing: (() => unknown)[] = []
after(async () => {
  for (const close of closing.reverse()) await close()
})
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}

interface Proxy {
  http: number
  tcp: number
  admin: number
}

function writeTls(directory: string, tls: AdsTls) {
  const write = (name: string, text: string) => {
    writeFileSync(join(directory, name), text, { mode: 0o600 })
    return join(directory, name)
  }
  return { ca: write('ca.crt', tls.ca), cert: write('tls.crt', tls.cert), key: write('tls.key', tls.key) }
}

/** A real Envoy in a place, configured by the discovery service alone. */
async function startEnvoy(
  adsPort: number,
  apiType: 'GRPC' | 'DELTA_GRPC',
  cluster: string,
  region: string,
  tls: AdsTls,
): Promise<Proxy> {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-envoy-'))
  const [http, tcp, admin] = [await freePort(), await freePort(), await freePort()]
  const bootstrap = {
    ...makeBootstrap({
      server: `127.0.0.1:${adsPort}`,
      cluster,
      locality: { region, zone: `${region}a`, subZone: '' },
      client: 'envoy',
      delta: apiType === 'DELTA_GRPC',
      http: `127.0.0.1:${http}`,
      tcp: { [`127.0.0.1:${tcp}`]: 'api.shop:80' },
      tls: writeTls(directory, tls),
    }),
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: admin } } },
  }
  const file = join(directory, 'envoy.json')
  writeFileSync(file, JSON.stringify(bootstrap))
  const args = [
    '-c',
    file,
    '--use-dynamic-base-id',
    '--concurrency',
    '1',
    '--log-level',
    'warning',
    '--log-path',
    join(directory, 'log'),
  ]
  const child = spawn('path' in peer ? peer.path : '', args, { stdio: 'ignore' })
  closing.push(
    () => rmSync(directory, { recursive: true, force: true }),
    () => child.kill('SIGKILL'),
  )
  for (let wait = 0; wait < 150; wait++) {
    if ((await ask(http, 'api.shop').catch(() => undefined))?.status === 200) return { http, tcp, admin }
    await pause(200)
  }
  throw new Error(`Envoy does not serve: ${readFileSync(join(directory, 'log'), 'utf8').slice(-2000)}`)
}

function ask(port: number, host: string, path = '/'): Promise<{ status: number; body: string }> {
  return new Promise((done, failed) => {
    const agent = new Agent({ keepAlive: false })
    const request = get({ host: '127.0.0.1', port, path, agent, headers: { host }, timeout: 5000 }, (response) => {
      let body = ''
      response.on('data', (chunk) => (body += chunk))
      response.on('end', () => done({ status: response.statusCode!, body }))
    })
    request.on('timeout', () => request.destroy(new Error('no answer within 5 s')))
    request.on('error', failed)
  })
}

async function answers(port: number, host: string, times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let time = 0; time < times; time++) {
    const { status, body } = await ask(port, host)
    const key = status === 200 ? body : String(status)
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}

for (const apiType of ['GRPC', 'DELTA_GRPC'] as const) {
  test(`Envoy over ${apiType === 'GRPC' ? 'state of the world' : 'delta'}: nearest first, failover without an error, weights`, {
    skip,
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
    const ca = await createFleetCa({ clock: systemClock })
    const own = await ca.issueServer({ names: ['127.0.0.1'] })
    const client = await ca.issueClient({ commonName: 'envoy' })
    const port = await server.listen({ address: '127.0.0.1', port: 0 }, { ca: ca.certPem, cert: own.certPem, key: own.keyPem })
    const tls = { ca: ca.certPem, cert: client.certPem, key: client.keyPem }
    const envoy = await startEnvoy(port, apiType, 'us-east', 'us-east-1', tls)
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
    await pause(700)
    const shared = await answers(envoy.http, 'api.shop', 100)
    assert.ok(shared.east! > 25 && shared.west! > 25, JSON.stringify(shared))

    const other = { ...api, name: 'other', places: [places.west] }
    set(api, other)
    await pause(1000)
    assert.deepEqual(await answers(envoy.http, 'other.shop', 5), { west: 5 }, 'a service that is new')
    set(api)
    await pause(700)
    assert.deepEqual(await answers(envoy.http, 'other.shop', 2), { 404: 2 }, 'and gone')
    const [status] = server.status()
    assert.deepEqual(
      status!.kinds.flatMap(({ refused }) => refused ?? []),
      [],
    )
    for (const kind of status!.kinds) assert.equal(kind.acknowledged, kind.sent, kind.kind)
  })
}
