import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'
import type { Place } from '../src/services/gateway/dial.js'
import { createAdsServer } from '../src/services/xds/ads-server.js'
import { makeBootstrap } from '../src/services/xds/bootstrap.js'
import { startEchoServer } from '../test/support/fakes/echo-servers.js'
import { createFixedCatalogue } from '../test/support/fakes/fixed-catalogue.js'
import { findPeer } from '../test/support/peers/real-apiserver.js'
import type { BenchResult } from './contract.js'

interface Loss {
  readonly ms: number
  readonly errors: number
  readonly requests: number
}

/** The same loss where a real Envoy, configured over xDS, sends the requests: the endpoints of the nearest cluster are killed. */
export async function measureEnvoyFailover(
  rounds: number,
  tools: {
    untilMoved(place: Place, other: string, lose: () => void): Promise<Loss>
    tellFailover(name: string, results: readonly Loss[]): BenchResult
    ask(place: Place): Promise<{ from?: string }>
  },
): Promise<BenchResult> {
  const name = 'failover after a killed cluster, by Envoy over xDS: p99'
  const peer = findPeer('envoy')
  if ('reason' in peer) return { name: `${name}: skipped, no Envoy: ${peer.reason}`, unit: '', measured: 0 }
  const { catalogue, set } = createFixedCatalogue({ 'us-east': 'us-east-1/a', 'us-west': 'us-west-2/a' })
  const west = await startEchoServer('west', '127.0.0.3')
  const places = (address: string) => ({
    name: 'api',
    namespace: 'shop',
    port: 80,
    places: [`us-east us-east-1/a ${address}`, `us-west us-west-2/a 127.0.0.3:${west.httpPort}`],
  })
  const server = createAdsServer({ catalogue, clock: systemClock, log: silentLog })
  const ads = await server.listen({ address: '127.0.0.1', port: 0 }, undefined)
  const [http, admin] = [await freePort(), await freePort()]
  const bootstrap = {
    ...makeBootstrap({
      server: `127.0.0.1:${ads}`,
      cluster: 'us-east',
      locality: { region: 'us-east-1', zone: 'a', subZone: '' },
      client: 'envoy',
      delta: true,
      http: `127.0.0.1:${http}`,
      tcp: {},
    }),
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: admin } } },
  }
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-envoy-'))
  const file = join(directory, 'envoy.json')
  writeFileSync(file, JSON.stringify(bootstrap))
  const args = ['-c', file, '--use-dynamic-base-id', '--concurrency', '1', '--log-level', 'error']
  const envoy = spawn(peer.path, args, { stdio: 'ignore' })
  const place = { address: '127.0.0.1', port: http }
  const results: Loss[] = []
  try {
    for (let round = 0; round < rounds; round++) {
      // A cluster that Envoy has no bad memory of.
      const east = await startEchoServer(`east-${round}`, '127.0.0.2')
      set(places(`127.0.0.2:${east.httpPort}`))
      for (let wait = 0; (await tools.ask(place)).from !== east.name; wait++) {
        if (wait === 600) throw new Error('Envoy does not lead to the endpoints within 30 s')
        await new Promise((done) => setTimeout(done, 50))
      }
      results.push(await tools.untilMoved(place, 'west', () => void east.kill()))
    }
  } finally {
    envoy.kill('SIGKILL')
    server.close()
    await west.kill()
    rmSync(directory, { recursive: true, force: true })
  }
  return tools.tellFailover(name, results)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}
