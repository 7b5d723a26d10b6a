import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFleetCa } from '../../../src/apiserver/auth/fleet-ca.js'
import { systemClock } from '../../../src/app/system/system-ports.js'
import type { AdsTls } from '../../../src/services/xds/ads-server.js'
import { makeBootstrap } from '../../../src/services/xds/bootstrap.js'
import { freePorts } from './free-ports.js'
import { findPeer } from './real-apiserver.js'

const peer = findPeer('envoy')
/** Why there is no Envoy here, or false. */
export const noEnvoy = 'reason' in peer ? `no Envoy: ${peer.reason}` : false
export const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

export interface EnvoyProxy {
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

export interface AdsCertificates {
  /** Of the discovery server. */
  readonly server: AdsTls
  readonly client: AdsTls
}

export async function makeAdsCertificates(): Promise<AdsCertificates> {
  const ca = await createFleetCa({ clock: systemClock })
  const own = await ca.issueServer({ names: ['127.0.0.1'] })
  const client = await ca.issueClient({ commonName: 'envoy' })
  return {
    server: { ca: ca.certPem, cert: own.certPem, key: own.keyPem },
    client: { ca: ca.certPem, cert: client.certPem, key: client.keyPem },
  }
}

/** A real Envoy in a place, configured by the discovery service alone. */
export async function startEnvoy(
  closing: (() => unknown)[],
  adsPort: number,
  apiType: 'GRPC' | 'DELTA_GRPC',
  cluster: string,
  region: string,
  tls: AdsTls,
): Promise<EnvoyProxy> {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-envoy-'))
  const [http = 0, tcp = 0, admin = 0] = await freePorts(3)
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

export function ask(port: number, host: string, path = '/'): Promise<{ status: number; body: string }> {
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

/** Who answered, or the status of the answer, how often. */
export async function answers(port: number, host: string, times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let time = 0; time < times; time++) {
    const { status, body } = await ask(port, host)
    const key = status === 200 ? body : String(status)
    counts[key] = (counts[key] ?? 0) + 1
  }
  return counts
}
