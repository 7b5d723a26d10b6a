import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { boundPort } from '../src/apiserver/members/network/bound-port.js'
import { detectLoopback } from '../src/apiserver/members/network/detect-loopback.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import { endpointSliceType, type KubeService, namespaceType, serviceType } from '../src/services/model/kube-kinds.js'
import { serviceExportType } from '../src/services/model/multi-cluster-kinds.js'
import { readAnswer, typeNumbers, writeQuestion } from '../test/support/dns/dns-ask.js'
import type { BenchResult } from './contract.js'
import { startBenchFleet } from './fleet.support.js'

const members = Array.from({ length: 10 }, (_, index) => `m${index + 1}`)
const exports = 20
const changes = 20
/** The first exports of a process are slower, while its code is compiled; they are not counted. */
const warmUps = 5
const restMs = 200
const giveUpMs = 10_000
const namespace = 'shop'

/**
 * From a write in one of ten members to the answer of each member's name server, in a fleet that runs in a process of its own: a
 * ServiceExport that is created, and an endpoint of an exported headless service that becomes ready. Name servers are asked every
 * 3 ms or so, so this is what a client sees.
 */
export async function run(): Promise<BenchResult[]> {
  const abilities = await detectLoopback()
  if (!abilities.addresses) return [{ name: 'services: skipped, only 127.0.0.1 can be bound here', unit: '', measured: 0 }]
  const fleet = await startBenchFleet('--no-demo', '--no-sync', '--clusters', members.join(','))
  try {
    const clients = await Promise.all(members.map((name) => fleet.client(name)))
    const servers = await Promise.all(clients.map(nameServerOf))
    const port = boundPort(53, abilities)
    const metadata = { name: namespace }
    for (const client of clients) await client.create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata })
    const source = clients[0]!
    /** Milliseconds from `write` until the answers of each name server are as wanted. */
    const measure = async (name: string, write: () => Promise<unknown>, wanted: (answers: readonly string[]) => boolean) => {
      const from = performance.now()
      const written = write()
      const each = servers.map(async (server) => {
        while (performance.now() - from < giveUpMs) {
          if (wanted(await ask(server, port, `${name}.${namespace}.svc.clusterset.local`))) break
          await new Promise((done) => setTimeout(done, 2))
        }
        return performance.now() - from
      })
      await written
      return Promise.all(each)
    }

    for (let index = 0; index < warmUps + exports; index++) await addService(source, `svc-${index}`, `10.244.7.${index + 1}`, {})
    const exported: number[] = []
    let before = 0
    for (let index = 0; index < warmUps + exports; index++) {
      if (index === warmUps) before = cpuMillisOf(fleet.description.pid)
      const name = `svc-${index}`
      const millis = await measure(
        name,
        () => addExport(source, name),
        (answers) => answers.length > 0,
      )
      if (index >= warmUps) exported.push(...millis)
      // What is written after the answer is there, conditions and slices, is not the next export's burden.
      await new Promise((done) => setTimeout(done, restMs))
    }

    const cpu = (cpuMillisOf(fleet.description.pid) - before) / exports
    await addService(source, 'db', '10.244.8.1', { clusterIP: 'None' })
    await measure(
      'db',
      () => addExport(source, 'db'),
      (answers) => answers.length > 0,
    )
    const ready: number[] = []
    for (let index = 0; index < changes; index++) {
      const address = `10.244.9.${index + 1}`
      const body = { endpoints: [{ addresses: [address], conditions: { ready: true } }] }
      const write = () => source.patch({ type: endpointSliceType, namespace, name: 'db' }, { kind: 'merge', body })
      ready.push(...(await measure('db', write, (answers) => answers.some((answer) => answer.endsWith(` ${address}`)))))
    }
    return [
      ...figures('export to answering DNS', exported),
      { name: 'services: CPU of the fleet for an export and the questions after it', unit: 'ms', measured: cpu },
      ...figures('ready endpoint to answering DNS', ready),
    ]
  } finally {
    fleet.stop()
  }
}

function figures(name: string, millis: readonly number[]): BenchResult[] {
  const sorted = millis.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!
  const late = sorted.filter((each) => each >= giveUpMs).length
  const note = `${sorted.length} answers${late > 0 ? `, ${late} never came` : ''}`
  return [
    { name: `services: ${name}, p50`, unit: 'ms', measured: at(0.5) },
    { name: `services: ${name} on 10 members, p99`, unit: 'ms', measured: at(0.99), target: { atMost: 250 }, note },
  ]
}

/** What holds on a busy machine too. */
function cpuMillisOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

async function nameServerOf(client: KubeClient): Promise<string> {
  const { spec } = await client.get<KubeService>({ type: serviceType, namespace: 'kube-system', name: 'kube-dns' })
  return spec!.clusterIP!
}

async function addService(client: KubeClient, name: string, address: string, spec: object): Promise<void> {
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }]
  await client.create(serviceType, { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { ports, ...spec } })
  await client.create(endpointSliceType, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
  })
}

function addExport(client: KubeClient, name: string): Promise<unknown> {
  const metadata = { name, namespace }
  return client.create(serviceExportType, { apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceExport', metadata })
}

/** Addresses that a name server gives for a name; none when it does not answer. */
function ask(address: string, port: number, name: string): Promise<readonly string[]> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4')
    const end = (answers: readonly string[]) => {
      clearTimeout(timer)
      socket.close()
      resolve(answers)
    }
    const timer = setTimeout(() => end([]), 500)
    socket.once('message', (message) => end(readAnswer(message).answers))
    socket.once('error', () => end([]))
    socket.send(writeQuestion(name, typeNumbers.A), port, address)
  })
}
