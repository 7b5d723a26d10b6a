import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import dnsPacket from 'dns-packet'
import { createBootstrapLayer } from '../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../src/apiserver/logical/logical-clusters.js'
import { dnsServiceAddressOf, networkOfNumber } from '../src/apiserver/members/network/address-plan.js'
import { boundPort } from '../src/apiserver/members/network/bound-port.js'
import { detectLoopback } from '../src/apiserver/members/network/detect-loopback.js'
import { startMembers } from '../src/apiserver/members/start-members.js'
import { createMemoryStorage } from '../src/apiserver/storage/memory-storage.js'
import { systemClock, systemRandom } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'
import type { BenchResult } from './contract.js'
import { backend, type Measured, portNumber } from './forward-driver.support.js'

const network = networkOfNumber(2010)!
const service = '127.251.96.50'
const driver = new URL('./forward-driver.support.js', import.meta.url)
const questions = 20_000

/**
 * What it costs that Services are forwarded by a process: one connection through a ClusterIP against one straight to the
 * endpoint, which runs in a thread of its own; and how many questions a name server answers.
 */
export async function run(): Promise<BenchResult[]> {
  const abilities = await detectLoopback()
  if (!abilities.addresses) return [{ name: 'forwarding: skipped, only 127.0.0.1 can be bound here', unit: '', measured: 0 }]
  const ports = { clock: systemClock, random: systemRandom, log: silentLog }
  const networkOf = () => network
  const clusters = createLogicalClusters({
    storage: createMemoryStorage({ base: createBootstrapLayer(systemClock.now()) }),
    ports,
    networkOf,
  })
  const members = startMembers({ clusters, ports, network: { networkOf, abilities } })
  const cluster = await clusters.ensure('m1')
  const client = cluster.client()
  const typed = (name: string) => cluster.api.catalogue().forName(name)!
  await client.create(typed('services'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'echo', namespace: 'default' },
    spec: { clusterIP: service, ports: [{ port: portNumber }] },
  } as never)
  await client.create(typed('endpointslices'), {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'echo', namespace: 'default', labels: { 'kubernetes.io/service-name': 'echo' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [backend] }],
    ports: [{ name: '', port: portNumber }],
  } as never)
  // The endpoint, and the client in between, each have a thread; this one forwards, as the fleet's process does.
  const echo = new Worker(driver, { workerData: 'echo' })
  await new Promise((resolve) => echo.once('message', resolve))
  await untilOpen(service)
  const measured: Record<string, Measured> = {}
  for (const [name, address] of Object.entries({ direct: backend, forwarded: service })) {
    const worker = new Worker(driver, { workerData: address })
    measured[name] = await new Promise<Measured>((resolve) => worker.once('message', resolve))
    await worker.terminate()
  }
  await echo.terminate()
  const server = { address: dnsServiceAddressOf(network), port: boundPort(53, abilities) }
  await untilOpen(server.address, server.port)
  const perSecond = await askMany(server)
  members.stop()
  const { direct, forwarded } = measured as { direct: Measured; forwarded: Measured }
  return [
    {
      name: 'throughput of one connection through a ClusterIP, part of a direct one',
      unit: 'x',
      measured: forwarded.megabytesPerSecond / direct.megabytesPerSecond,
      target: { atLeast: 0.4 },
      note: `${forwarded.megabytesPerSecond.toFixed(0)} MB/s; straight to the endpoint ${direct.megabytesPerSecond.toFixed(0)} MB/s`,
    },
    {
      name: 'round trip through a ClusterIP, median',
      unit: 'µs',
      measured: forwarded.roundTripUs,
      note: `straight ${direct.roundTripUs.toFixed(0)} µs`,
    },
    {
      name: 'new connections through a ClusterIP, one after the other, part of direct ones',
      unit: 'x',
      measured: forwarded.dialsPerSecond / direct.dialsPerSecond,
      target: { atLeast: 0.4 },
      note: `${forwarded.dialsPerSecond.toFixed(0)}/s; straight ${direct.dialsPerSecond.toFixed(0)}/s`,
    },
    {
      name: 'questions answered by a name server over UDP, 32 at a time',
      unit: '/s',
      measured: perSecond,
      target: { atLeast: 10_000 },
      note: 'asked from the same thread',
    },
  ]
}

async function untilOpen(address: string, port = portNumber): Promise<void> {
  for (let round = 0; round < 500; round++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, address, () => resolve(socket.destroy() && true))
      socket.once('error', () => resolve(false))
    })
    if (open) return
    await new Promise((done) => setTimeout(done, 10))
  }
  throw new Error(`${address}:${port} did not open`)
}

async function askMany(server: { address: string; port: number }): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.connect(server.port, server.address, () => resolve()))
  const packet = dnsPacket.encode({
    type: 'query',
    id: 1,
    questions: [{ type: 'A', name: 'kubernetes.default.svc.cluster.local' }],
  })
  const begun = performance.now()
  await new Promise<void>((resolve) => {
    let sent = 0
    let answered = 0
    const send = () => {
      if (sent++ < questions) socket.send(packet)
    }
    socket.on('message', () => {
      if (++answered === questions) resolve()
      else send()
    })
    for (let index = 0; index < 32; index++) send()
  })
  socket.close()
  return questions / ((performance.now() - begun) / 1000)
}
