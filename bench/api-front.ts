import { type ChildProcess, fork } from 'node:child_process'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type EmbeddedApi, startEmbeddedApi } from '../test/support/worlds/embedded-api.js'
import type { LoadOrder } from './api-load.support.js'
import type { BenchResult } from './contract.js'

const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { text: 'x'.repeat(1500) },
})

/**
 * The HTTPS front: GET of a 2 KB object against what Node's own https can do with the same bytes, watch fan-out, and the cost
 * of listening for a thousand clusters. The load comes from another process.
 */
export async function run(): Promise<BenchResult[]> {
  const api = await startEmbeddedApi()
  try {
    await api.ask('POST', configMaps, { body: configMap('one') })
    const bytes = (await api.ask('GET', `${configMaps}/one`)).text
    const bare = await bareServer(api, bytes)
    const bareRate = await requestsPerSecond(api, bare.port, '/x')
    bare.close()
    const rate = await requestsPerSecond(api, api.port, `${configMaps}/one`)
    const deliveries = await fanOut(api, 200, 500)
    const listenMs = await listenThousand(api)
    return [
      {
        name: 'GET of a 2 KB object over TLS',
        unit: 'requests/s',
        measured: rate,
        note: `bare node:https ${bareRate.toFixed(0)}`,
      },
      { name: 'GET against bare node:https', unit: 'x', measured: rate / bareRate, target: { atLeast: 0.5 } },
      { name: 'watch fan-out, 200 watchers', unit: 'events/s', measured: deliveries, target: { atLeast: 20_000 } },
      { name: 'listening for 1,000 clusters', unit: 'ms', measured: listenMs, target: { atMost: 500 } },
    ]
  } finally {
    await api.close()
  }
}

function start(api: EmbeddedApi, order: Pick<LoadOrder, 'port' | 'request' | 'connections' | 'lines'>): ChildProcess {
  const child = fork(join(dirname(fileURLToPath(import.meta.url)), 'api-load.support.js'))
  child.send({ ...order, caPem: api.ca.certPem, certPem: api.admin.certPem, keyPem: api.admin.keyPem })
  return child
}

async function requestsPerSecond(api: EmbeddedApi, port: number, path: string): Promise<number> {
  const child = start(api, { port, request: `GET ${path} HTTP/1.1\r\nHost: bench`, connections: 32 })
  const { perSecond } = await new Promise<{ perSecond: number }>((resolve) => child.once('message', resolve as never))
  child.kill()
  return perSecond
}

async function fanOut(api: EmbeddedApi, watchers: number, events: number): Promise<number> {
  const request = `GET ${configMaps}?watch=true&resourceVersion=${api.cluster.peek('configmaps', 'default/one')?.metadata.resourceVersion} HTTP/1.1\r\nHost: bench`
  const child = start(api, { port: api.port, request, connections: watchers, lines: events })
  const message = (wanted: string) => new Promise<void>((resolve) => child.on('message', (text) => text === wanted && resolve()))
  const done = message('done')
  await message('open')
  const client = api.cluster.client()
  const type = api.cluster.api.catalogue().forKind('v1', 'ConfigMap')!
  const begin = performance.now()
  for (let index = 0; index < events; index += 10) {
    await Promise.all(Array.from({ length: 10 }, (_, more) => client.create(type, configMap(`fan-${index + more}`))))
  }
  await done
  const seconds = (performance.now() - begin) / 1000
  child.kill()
  return (watchers * events) / seconds
}

async function listenThousand(api: EmbeddedApi): Promise<number> {
  for (let index = 0; index < 1000; index++) await api.clusters.ensure(`many-${index}`)
  const begin = performance.now()
  for (let index = 0; index < 1000; index++) await api.front.listen(`many-${index}`, { host: '127.0.0.1', port: 0 })
  return performance.now() - begin
}

async function bareServer(api: EmbeddedApi, text: string): Promise<{ port: number; close(): void }> {
  const { certPem, keyPem } = await api.ca.issueServer({ names: ['127.0.0.1'] })
  const body = Buffer.from(text)
  const options = { cert: certPem, key: keyPem, ca: api.ca.certPem, requestCert: true, rejectUnauthorized: false }
  const server = createServer(options, (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': body.length })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
