import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AuditOptions } from '../../../src/apiserver/audit/audit-trail.js'
import { serveResource } from '../../../src/apiserver/http/resource-request.js'
import { systemClock, systemRandom } from '../../../src/app/system/system-ports.js'
import { createFleetMembers } from '../../../src/areas/fleet-view/fleet-members.js'
import { createFleetView } from '../../../src/areas/fleet-view/fleet-view.js'
import { silentLog } from '../../../src/base/log.js'
import type { Cluster, ClusterState, Inventory } from '../../../src/inventory/cluster.js'
import type { ClientPorts } from '../../../src/kube/client/client-ports.js'
import { ForwardTransport } from '../../../src/kube/client/forward-transport.js'
import { createHttpClient } from '../../../src/kube/client/http-client.js'
import type { KubeClient } from '../../../src/kube/client/kube-client.js'
import { type Answer, type AskOptions, adminToken, type EmbeddedApi, startEmbeddedApi } from './embedded-api.js'

type Change = Parameters<Parameters<Inventory['onChange']>[0]>[0]

/** A hub with the fleet's API at a port of its own, and members behind real sockets. */
export interface FleetViewWorld {
  readonly api: EmbeddedApi
  readonly port: number
  /** Asks the fleet's API. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>
  /** A client of a member past the view. */
  client(name: string): KubeClient
  /** Adds an embedded cluster to the fleet. */
  join(name: string): Promise<void>
  /** Adds a member whose every answer is written by hand. */
  joinScripted(name: string, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<void>
  leave(name: string): void
  /** Its API refuses connections, or takes them again. */
  cut(name: string): Promise<void>
  heal(name: string): Promise<void>
  setHealth(name: string, health: ClusterState['health']): void
  /** Which clusters were said not to answer. */
  readonly suspected: Set<string>
  close(): Promise<void>
}

const clientPorts: ClientPorts = {
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  env: {},
  readFile: () => Promise.reject(new Error('no files')),
  runProcess: () => Promise.reject(new Error('no processes')),
  fetch: () => Promise.reject(new Error('no network')),
}

export async function createFleetViewWorld(
  names: readonly string[],
  patience = { answerMs: 2_000, silentMs: 100, bodyMs: 5_000 },
  audit?: AuditOptions,
): Promise<FleetViewWorld> {
  const api = await startEmbeddedApi('hub', undefined, [], audit === undefined ? {} : { audit })
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const clusters = new Map<string, Cluster>()
  const places = new Map<string, number>()
  const health = new Map<string, ClusterState['health']>()
  const lifetimes = new Map<string, AbortController>()
  const listeners = new Set<(change: Change) => void>()
  const scripted: Server[] = []
  const suspected = new Set<string>()
  const tell = (name: string, what: Change['what']) => {
    for (const listener of listeners) listener({ name, what })
  }
  let list: readonly Cluster[] = []
  const add = (name: string, server: string) => {
    const connection = {
      server,
      tls: { insecure: false, caPem: api.ca.certPem },
      auth: { kind: 'bearer', token: adminToken },
    } as const
    const rest = { labels: {}, annotations: {}, project: '', namespaces: [], clusterResources: true, source: `Secret ${name}` }
    clusters.set(name, { name, server, connection, ...rest })
    lifetimes.set(name, new AbortController())
    list = [...clusters.values()]
    tell(name, 'joined')
  }
  const httpClients = new Map<string, KubeClient>()
  const inventory: Inventory = {
    ready: true,
    list: () => list,
    find: ({ name }) => clusters.get(name ?? ''),
    state: (name) => ({
      health: health.get(name) ?? 'Healthy',
      reason: '',
      message: '',
      since: 0,
      version: { major: '1', minor: '33', gitVersion: 'v1.33.6' },
    }),
    client(name) {
      let client = httpClients.get(name)
      if (client === undefined) {
        client = createHttpClient({ name, connection: clusters.get(name)!.connection!, ports: clientPorts })
        httpClients.set(name, client)
      }
      return client
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    lifetime: (name) => lifetimes.get(name)!.signal,
    suspect: (name) => void suspected.add(name),
  }
  const members = createFleetMembers({
    inventory,
    open: (cluster) => new ForwardTransport(cluster.name, cluster.connection!, clientPorts),
  })
  const view = createFleetView({ members, ...ports, patience, serveOnHub: (exchange) => serveResource(exchange, ports) })
  const { port } = await api.front.listenFor(view, 'hub', { host: '127.0.0.1', port: 0 })
  const join = async (name: string) => {
    await api.clusters.ensure(name)
    const place = await api.front.listen(name, { host: '127.0.0.1', port: 0 })
    places.set(name, place.port)
    add(name, `https://127.0.0.1:${place.port}`)
  }
  for (const name of names) await join(name)
  return {
    api,
    port,
    suspected,
    ask: (method, path, options = {}) => api.ask(method, path, { ...options, port }),
    client: (name) => api.clusters.get(name)!.client(),
    join,
    async joinScripted(name, answer) {
      const server = createServer(answer)
      scripted.push(server)
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      add(name, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    },
    leave(name) {
      clusters.delete(name)
      list = [...clusters.values()]
      tell(name, 'left')
      lifetimes.get(name)?.abort()
    },
    cut: (name) => api.front.unlisten(name),
    async heal(name) {
      await api.front.listen(name, { host: '127.0.0.1', port: places.get(name)! })
      tell(name, 'health')
    },
    setHealth(name, now) {
      health.set(name, now)
      tell(name, 'health')
    },
    async close() {
      for (const each of lifetimes.values()) each.abort()
      for (const client of httpClients.values()) client.close()
      for (const server of scripted) {
        server.closeAllConnections()
        server.close()
      }
      await api.close()
    },
  }
}
