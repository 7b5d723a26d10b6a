import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connectKubeconfigFile } from '../src/app/access/kubeconfig-files.js'
import { prepareDataDirectory } from '../src/app/fleet/data-directory.js'
import { startLoneApiServer } from '../src/app/fleet/lone-api-server.js'
import { issueGatewayTls, openAuthorityIn } from '../src/app/gateway/gateway-authority.js'
import { startLoneGateway } from '../src/app/gateway/lone-gateway.js'
import { type Hub, startHub } from '../src/app/hub/hub.js'
import { installDefinitions, installHub } from '../src/app/hub/install-hub.js'
import { createSystemClientPorts } from '../src/app/system/system-client-ports.js'
import { systemClock, systemRandom } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'
import { createMemoryRepositories } from '../src/delivery/source/memory-repositories.js'
import { mcsCrds } from '../src/dialects/mcs/crds.js'
import type { Cluster } from '../src/inventory/cluster.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import { gatewayRoutesAnnotation } from '../src/services/gateway/members/gateway-objects.js'
import {
  type EndpointSlice,
  endpointSliceType,
  type KubeService,
  namespaceType,
  serviceType,
} from '../src/services/model/kube-kinds.js'
import { serviceExportType } from '../src/services/model/multi-cluster-kinds.js'
import { multiClusterNames } from '../src/services/model/multi-cluster-names.js'
import { eventually } from './support/worlds/running-fleet.js'

// A fleet of clusters that are nobody's process here: three API servers over HTTPS, a hub that only has clients of them, and
// gateways that each read their own cluster. East and north are in other networks than west.

// API servers take no loopback addresses as endpoints: all stand at this machine's own address, at ports of their own.
const own = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
const skip = own === undefined ? 'this machine has no address but loopback' : false
const host = own ?? ''
const folder = mkdtempSync(join(tmpdir(), 'flotilla-member-gateways-'))
const closing: (() => unknown)[] = []
after(async () => {
  for (const close of closing.reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
})

const clientPorts = createSystemClientPorts({})
const ports = { clock: systemClock, random: systemRandom, log: silentLog }
const namespace = 'shop'

async function startCluster(name: string): Promise<KubeClient> {
  const directory = prepareDataDirectory(join(folder, name))
  const server = await startLoneApiServer({ directory, port: 0, sync: false, access: {}, log: silentLog })
  closing.push(() => server.stop())
  const { client } = await connectKubeconfigFile({ path: server.description.kubeconfig, name }, clientPorts)
  closing.push(() => client.close())
  return client
}

/** Gives its port. */
async function startPod(name: string): Promise<number> {
  const server = createServer((_request, response) => response.end(name))
  server.listen(0, host)
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const slice = (service: string, port: number): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: `${service}-own`, namespace, labels: { [multiClusterNames.kubeServiceLabel]: service } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port, protocol: 'TCP' }],
  endpoints: [{ addresses: [host], conditions: { ready: true } }],
})
const service = (name: string, port: number, metadata: object = {}): KubeService => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace, ...metadata },
  spec: { ports: [{ name: 'http', port, protocol: 'TCP' }] },
})

function read({ address, port }: { address: string; port: number }): Promise<string> {
  return new Promise((done) => {
    get({ host: address, port, path: '/', agent: false, timeout: 3000 }, (response) => {
      let text = ''
      response.on('data', (part) => (text += part)).on('end', () => done(text))
      response.on('error', () => done('cut'))
    }).on('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'))
  })
}

test('real clusters reach each other through the gateways that stand beside them', { skip }, async () => {
  const networks: Record<string, string> = { west: 'net-a', east: 'net-b', north: 'net-c' }
  const authority = await openAuthorityIn(join(folder, 'ca'), systemClock)
  const clients = new Map<string, KubeClient>()
  const gateways = new Map<string, Awaited<ReturnType<typeof startLoneGateway>>>()
  const hub = await startCluster('hub')
  for (const name of Object.keys(networks)) {
    const client = await startCluster(name)
    clients.set(name, client)
    await installDefinitions(client, mcsCrds)
    await client.create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
    const files = join(folder, 'pairs', name)
    mkdirSync(files, { recursive: true })
    const tls = { ca: join(files, 'ca.crt'), cert: join(files, 'tls.crt'), key: join(files, 'tls.key') }
    const pair = await issueGatewayTls(authority, name)
    for (const part of ['ca', 'cert', 'key'] as const) writeFileSync(tls[part], pair[part])
    const gateway = await startLoneGateway({
      client,
      cluster: name,
      listen: { address: host, port: 0 },
      tls,
      engine: 'builtin',
      ...(name === 'west' ? { egress: host } : {}),
      drainMs: 0,
      log: silentLog,
    })
    gateways.set(name, gateway)
    closing.push(() => gateway.drain())
    const metadata = {
      labels: { 'services.flotilla.dev/gateway': name === 'west' ? 'both' : 'ingress' },
      annotations: { 'services.flotilla.dev/gateway-addresses': `${host}:${gateway.port}` },
    }
    await client.create(serviceType, service('gateway', 15_443, metadata))
    await client.create(endpointSliceType, slice('gateway', 15_443))
  }
  for (const name of ['east', 'north']) {
    const client = clients.get(name)!
    await client.create(serviceType, service('api', 80))
    await client.create(endpointSliceType, slice('api', await startPod(name)))
    await client.create(serviceExportType, {
      apiVersion: 'multicluster.x-k8s.io/v1beta1',
      kind: 'ServiceExport',
      metadata: { name: 'api', namespace, annotations: name === 'north' ? { 'services.flotilla.dev/weight': '0' } : {} },
    })
  }

  const list = Object.entries(networks).map(
    ([name, network]): Cluster => ({
      name,
      server: `https://${name}.example`,
      labels: { 'topology.istio.io/network': network },
      annotations: {},
      project: '',
      namespaces: [],
      clusterResources: true,
      source: 'test',
      connection: { server: `https://${name}.example`, tls: { insecure: false }, auth: { kind: 'none' } },
    }),
  )
  const source = { name: 'test', ready: Promise.resolve(), list: () => list, onChange: () => () => {} }
  await installHub(hub, { namespace: 'argocd' })
  const startOwnHub = async (): Promise<{ running: Hub; stop: () => Promise<void> }> => {
    const ending = new AbortController()
    const running = await startHub({
      hub,
      namespace: 'argocd',
      openRepositories: () => createMemoryRepositories({ clock: systemClock }),
      connect: (cluster) => unclosed(clients.get(cluster.name)!),
      sources: [source],
      ports,
      signal: ending.signal,
    })
    const stop = async () => {
      ending.abort()
      await running.stopped
    }
    closing.push(stop)
    return { running, stop }
  }
  const first = await startOwnHub()

  const west = clients.get('west')!
  const inWest = async () => {
    const labelSelector = `${multiClusterNames.serviceNameLabel}=api`
    const { items } = await west.list<EndpointSlice>(endpointSliceType, { namespace, labelSelector })
    return new Map(
      items.map(({ metadata, endpoints, ports: named }) => [
        metadata.labels![multiClusterNames.sourceClusterLabel]!,
        { address: endpoints![0]!.addresses[0]!, port: named![0]!.port! } as const,
      ]),
    )
  }
  const routes = async () => {
    const found = await west.get({ type: serviceType, namespace, name: 'gateway' })
    return JSON.parse(found.metadata.annotations?.[gatewayRoutesAnnotation] ?? '{}') as {
      routes: Record<string, string>
      gateways: Record<string, string[]>
    }
  }
  const place: { address: string; port: number } = await eventually(async () => {
    const found = (await inWest()).get('east')
    assert.ok(found !== undefined && found.port >= 16_000 && found.port < 32_000, 'a port of the own cluster’s gateway')
    assert.equal(await read(found), 'east')
    return found
  }, 20)
  const table = await routes()
  assert.equal(table.routes[place.port], 'api.shop.svc.clusterset.local:80 east north')
  assert.deepEqual(table.gateways['east'], [`${host}:${gateways.get('east')!.port}`])

  const { services } = first.running
  const ranking = services.rank(services.list()[0]!, services.consumerIn(services.facts.cluster('west')!))
  assert.match(ranking.groups[0]!.why, /1 endpoint in network net-b, through the gateways of west and east \([\d.]+:\d+\)$/)

  // A hub that starts anew gives the same ports, and writes nothing.
  await first.stop()
  const before = (await west.get({ type: serviceType, namespace, name: 'gateway' })).metadata.resourceVersion
  assert.equal(await read(place), 'east', 'while the hub is away')
  await startOwnHub()
  await new Promise((done) => setTimeout(done, 2000))
  assert.deepEqual((await inWest()).get('east'), place)
  assert.equal((await west.get({ type: serviceType, namespace, name: 'gateway' })).metadata.resourceVersion, before)

  // The far gateway is lost: the next cluster answers at the same port, before the hub has done anything.
  await gateways.get('east')!.drain()
  assert.equal(await read(place), 'north')

  // A cluster without a way out is told of nothing that it could not reach.
  await west.delete({ type: serviceType, namespace, name: 'gateway' })
  await eventually(async () => assert.equal((await inWest()).size, 0), 10)
})

/** What a hub closes is still used here. */
function unclosed(client: KubeClient): KubeClient {
  return new Proxy(client, {
    get: (target, name) => {
      if (name === 'close') return () => {}
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
    },
  })
}
