import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { clusterNumberOf, networkOfNumber } from '../src/apiserver/members/network/address-plan.js'
import { detectLoopback } from '../src/apiserver/members/network/detect-loopback.js'
import { connectKubeconfigFile } from '../src/app/access/kubeconfig-files.js'
import { failCluster, failLink } from '../src/app/chaos/chaos-actions.js'
import { prepareDataDirectory } from '../src/app/fleet/data-directory.js'
import { startEmbeddedFleet } from '../src/app/fleet/embedded-fleet.js'
import { gatewayAddressOf } from '../src/app/fleet/fleet-network.js'
import { issueGatewayTls, openGatewayAuthority } from '../src/app/gateway/gateway-authority.js'
import { createSystemClientPorts } from '../src/app/system/system-client-ports.js'
import { systemClock } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import { createEgressGateway } from '../src/services/gateway/egress-gateway.js'
import { type EndpointSlice, endpointSliceType, namespaceType, serviceType } from '../src/services/model/kube-kinds.js'
import { serviceExportType, serviceImportType } from '../src/services/model/multi-cluster-kinds.js'
import { multiClusterNames } from '../src/services/model/multi-cluster-names.js'
import { freePorts } from './support/peers/free-ports.js'

const folder = mkdtempSync(join(tmpdir(), 'flotilla-gateways-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const abilities = await detectLoopback()
const skip = abilities.addresses ? false : 'only 127.0.0.1 can be bound here'

const pods = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }
const secrets = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }
const namespace = 'shop'

/** What a GET answers, or the code of its failure. */
function read(address: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    get({ host: address, port, path: '/hostname', agent: false, timeout: 5000 }, (response) => {
      let text = ''
      response.on('data', (part) => (text += part)).on('end', () => resolve(text))
      response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
  })
}

async function until<T>(what: string, look: () => Promise<T | undefined | false>, seconds = 30): Promise<T> {
  for (let start = performance.now(); performance.now() - start < seconds * 1000; ) {
    const found = await look().catch(() => undefined)
    if (found) return found
    await new Promise((done) => setTimeout(done, 20))
  }
  return assert.fail(`${what}: not within ${seconds} s`)
}

/** The same gateway as a process of its own beside a cluster, which goes on while the cluster's API is away. */
async function checkLoneGateway(dataDir: string, hub: KubeClient, port: number, ca: string): Promise<void> {
  const program = (...args: string[]) =>
    spawn(process.execPath, ['bin/flotilla.js', 'gateway', ...args], { env: { ...process.env, HOME: folder }, stdio: 'pipe' })
  const pairs = join(folder, 'pairs')
  for (const name of ['us-east', 'us-west']) {
    const [code] = await once(program('certificate', name, '--data-dir', dataDir, '--out', join(pairs, name)), 'close')
    assert.equal(code, 0)
  }
  const file = (cluster: string, name: string) => join(pairs, cluster, name)
  const files = (cluster: string) =>
    ['--ca', file(cluster, 'ca.crt'), '--cert', file(cluster, 'tls.crt'), '--key', file(cluster, 'tls.key')] as const
  const where = ['--kubeconfig', join(dataDir, 'kubeconfig'), '--context', 'us-east', '--cluster', 'us-east'] as const
  const child = program(...where, '--listen', `127.0.0.1:${port}`, ...files('us-east'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += part))
  const closed = once(child, 'close')
  await until(`the gateway runs: ${said}`, async () => said.includes('Gateway of us-east'))
  const cert = readFileSync(file('us-west', 'tls.crt'), 'utf8')
  const egress = createEgressGateway({
    tls: { ca, cert, key: readFileSync(file('us-west', 'tls.key'), 'utf8') },
    clock: systemClock,
  })
  const gateways = () => [{ cluster: 'us-east', address: '127.0.0.1', port }]
  const host = 'api.shop.svc.clusterset.local'
  const own = await egress.open({ address: '127.0.0.1', port: 0 }, { host, port: 8000, gateways })
  assert.equal(await read('127.0.0.1', own), 'east')
  await failCluster(hub, 'argocd', 'us-east', { api: { kind: 'cut' } })
  await new Promise((done) => setTimeout(done, 500))
  assert.equal(await read('127.0.0.1', own), 'east')
  await failCluster(hub, 'argocd', 'us-east', { api: { kind: 'none' } })
  await egress.drain(0)
  child.kill('SIGTERM')
  assert.deepEqual((await closed)[0], 0, said)
  assert.match(said, /gateway counters cluster=us-east open=\d+ accepted=2 /)
  const [code] = await once(program(...where, ...files('us-west')), 'close')
  assert.equal(code, 2, 'the certificate of another cluster')
}

test('pods in three networks reach each other through gateways only, and move on when a cluster is lost', {
  skip,
  timeout: 110_000,
}, async () => {
  const directory = prepareDataDirectory(join(folder, 'fleet'))
  const [port] = await freePorts(1)
  const fleet = await startEmbeddedFleet({
    directory,
    members: ['us-west', 'us-east', 'eu-west'],
    port,
    demo: false,
    sync: false,
    nodes: '1',
    pods: 'auto',
    env: { PATH: process.env['PATH'] },
    log: silentLog,
  })
  const clients: KubeClient[] = []
  const connect = async (context: string) => {
    const path = directory.file('kubeconfig')
    const { client } = await connectKubeconfigFile({ path, context, name: context }, createSystemClientPorts({}))
    clients.push(client)
    return client
  }
  try {
    const [hub, west, east, europe] = await Promise.all([
      connect('hub'),
      connect('us-west'),
      connect('us-east'),
      connect('eu-west'),
    ])
    const networks = { 'us-west': 'net-a', 'us-east': 'net-b', 'eu-west': 'net-c' }
    for (const [name, network] of Object.entries(networks)) {
      const labels = { 'topology.istio.io/network': network, 'topology.kubernetes.io/region': name.slice(0, 2) }
      await hub.patch(
        { type: secrets, namespace: 'argocd', name: `cluster-${name}` },
        { kind: 'merge', body: { metadata: { labels } } },
      )
    }
    const image = 'registry.k8s.io/e2e-test-images/agnhost:2.53'
    for (const [client, name] of [
      [west, ''],
      [east, 'east'],
      [europe, 'europe'],
    ] as const) {
      await client.create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
      if (name === '') continue
      const containers = [{ name: 'web', image, args: ['netexec', '--http-port=8080'], ports: [{ containerPort: 8080 }] }]
      const metadata = { name, namespace, labels: { app: 'api' } }
      await client.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } } as KubeObject)
      await client.create(serviceType, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'api', namespace },
        spec: { selector: { app: 'api' }, ports: [{ name: 'http', port: 8000, targetPort: 8080 }] },
      } as KubeObject)
      await client.create(serviceExportType, {
        apiVersion: 'multicluster.x-k8s.io/v1beta1',
        kind: 'ServiceExport',
        metadata: { name: 'api', namespace },
      })
    }
    const ip = await until('us-west imports the service', async () => {
      const found = await west.get({ type: serviceImportType, namespace, name: 'api' })
      return (found as unknown as { spec: { ips?: string[] } }).spec.ips?.[0]
    })
    const gateway = gatewayAddressOf(networkOfNumber(clusterNumberOf(ip)!))!
    const ask = () => read(ip, 8000)
    const first = await until('the service answers from us-west', async () => {
      const text = await ask()
      return /^(east|europe)$/.test(text) && text
    })

    // No address of a pod in another network is known in us-west: only its own gateway.
    const imported = await until('both clusters have a slice in us-west', async () => {
      const slices = (await west.list<EndpointSlice>(endpointSliceType, { namespace })).items
      const found = slices.filter(({ metadata }) => metadata.labels?.[multiClusterNames.serviceNameLabel] === 'api')
      const sources = found.map(({ metadata }) => metadata.labels?.[multiClusterNames.sourceClusterLabel])
      return sources.sort().join() === 'eu-west,us-east' && found
    })
    for (const { endpoints } of imported)
      assert.deepEqual(
        endpoints?.map(({ addresses }) => addresses[0]),
        [gateway],
      )

    // Somebody without the network's certificate gets nothing; the fleet's API knows no gateway as a user.
    const authority = await openGatewayAuthority(directory, systemClock)
    assert.ok(existsSync(directory.file('pki/gateway-ca.crt')))
    const tls = await issueGatewayTls(authority, 'us-east')
    const api = new URL(fleet.description.hub.server)
    const seen = await new Promise<string>((done) => {
      const socket = connectTls({
        host: api.hostname,
        port: Number(api.port),
        cert: tls.cert,
        key: tls.key,
        rejectUnauthorized: false,
      })
      socket.on('error', (error) => done(error.message))
      socket.on('data', (part) => done(String(part).split('\r\n')[0]!))
      socket.write('GET /api/v1/namespaces HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n')
    })
    assert.match(seen, /401|403|alert/)

    await checkLoneGateway(directory.path, hub, (await freePorts(1))[0]!, tls.ca)

    // Without power, the cluster that has answered takes its gateway along.
    const lost = first === 'east' ? 'us-east' : 'eu-west'
    const other = first === 'east' ? 'europe' : 'east'
    await failCluster(hub, 'argocd', lost, { state: 'stopped' })
    const errors: string[] = []
    let moved = 0
    const began = performance.now()
    let longest = 0
    await until(`${other} answers alone`, async () => {
      const from = performance.now()
      const text = await ask()
      longest = Math.max(longest, performance.now() - from)
      if (text === other) moved++
      else if (text !== first) errors.push(text)
      return moved >= 20 && text === other
    })
    assert.ok(longest < 3000, `the slowest answer took ${longest} ms`)
    assert.ok(errors.length <= 2, `failed: ${errors.join(' ')} within ${performance.now() - began} ms`)

    // A way that is slow slows what goes through the gateways.
    await failCluster(hub, 'argocd', lost, { state: null })
    await until('the lost cluster answers again', async () => (await ask()) === first)
    await failLink(hub, 'argocd', ['us-west', lost], { latencyMs: 200 })
    await until('the way is slow', async () => {
      const from = performance.now()
      return (await ask()) === first && performance.now() - from > 390
    })

    // A way between two networks that is cut ends what crosses it.
    await failLink(hub, 'argocd', ['us-west', lost], { outage: { kind: 'cut' } })
    await until('traffic goes around the way that is cut', async () => {
      for (let time = 0; time < 5; time++) if ((await ask()) !== other) return false
      return true
    })
  } finally {
    for (const client of clients) client.close()
    await fleet.stop()
  }
})
