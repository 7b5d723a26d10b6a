import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'
import { createAdsServer } from '../src/services/xds/ads-server.js'
import type { BenchResult } from './contract.js'
import { benchNamespace, startServiceFleet } from './service-fleet.support.js'
import type { ClientsAnswer, ClientsOrder } from './xds-clients.support.js'

const clientCount = 1000
const processes = 4
const clusterCount = 10
const serviceCount = 100
/** Services that each client uses. */
const usedCount = 5
const changes = 30
const here = dirname(fileURLToPath(import.meta.url))

/**
 * 1,000 gRPC streams, each over a connection of its own, from ten clusters, that each use five services of a hundred: one
 * endpoint of one of them changes, until all have it < 1 s. The catalogue and the clusters' API servers are in the server's process.
 */
export async function run(): Promise<BenchResult[]> {
  const fleet = await startServiceFleet({ clusters: clusterCount, write: false })
  const { catalogue, names } = fleet
  const addressesOf = (service: number, cluster: number) =>
    Array.from({ length: 5 }, (_, index) => `10.${cluster}.${service}.${index + 1}`)
  for (let service = 0; service < serviceCount; service++) {
    for (const cluster of [service % clusterCount, (service + 1) % clusterCount])
      await fleet.offer(names[cluster]!, `s${service}`, addressesOf(service, cluster))
  }
  const isRead = () => catalogue.list().every(({ offers }) => offers.reduce((sum, each) => sum + each.endpoints.length, 0) === 10)
  while (catalogue.list().length < serviceCount || !isRead()) await new Promise((done) => setTimeout(done, 20))
  const server = createAdsServer({ catalogue, clock: systemClock, log: silentLog })
  const port = await server.listen({ address: '127.0.0.1', port: 0 }, undefined)
  const hosts = Array.from({ length: usedCount }, (_, index) => `outbound|80||s${index}.${benchNamespace}.svc.clusterset.local`)
  const memory = () => process.memoryUsage().rss / 1024
  const before = memory()
  const children: ChildProcess[] = []
  try {
    const openFrom = performance.now()
    const opened = Array.from({ length: processes }, (_, index) => {
      const child = fork(join(here, 'xds-clients.support.js'))
      children.push(child)
      const nodes = Array.from({ length: clientCount / processes }, (_, each) => ({
        id: `client-${index}-${each}`,
        cluster: names[each % clusterCount]!,
      }))
      return ask(child, { kind: 'open', port, nodes, names: hosts }, 'opened')
    })
    await Promise.all(opened)
    const openMs = performance.now() - openFrom
    const perClient = (memory() - before) / clientCount
    const took: number[] = []
    const cpuFrom = process.cpuUsage()
    for (let round = 0; round < changes; round++) {
      const service = round % usedCount
      const address = `10.99.${round}.1`
      const arrived = children.map((child) => ask(child, { kind: 'await', address }, 'arrived'))
      // The orders are there before the change is.
      await new Promise((done) => setTimeout(done, 50))
      const from = performance.now()
      await fleet.replace(names[service]!, `s${service}`, [...addressesOf(service, service).slice(1), address])
      await Promise.all(arrived)
      took.push(performance.now() - from)
    }
    const cpu = process.cpuUsage(cpuFrom)
    took.sort((a, b) => a - b)
    const refused = server.status().flatMap(({ kinds }) => kinds.filter((each) => each.refused !== undefined)).length
    if (refused > 0 || server.status().length !== clientCount)
      throw new Error(`${refused} refusals, ${server.status().length} streams`)
    return [
      {
        name: `xDS: ${clientCount} clients, one endpoint changes, until all have it, p50`,
        unit: 'ms',
        measured: took[changes / 2]!,
        note: `server: ${((cpu.user + cpu.system) / 1000 / changes).toFixed(0)} ms of CPU a change; ${processes} client processes on the same machine`,
      },
      { name: 'the same, slowest', unit: 'ms', measured: took.at(-1)!, target: { atMost: 1000 } },
      {
        name: `xDS: ${clientCount} clients connect and have their endpoints`,
        unit: 'ms',
        measured: openMs,
        note: `${perClient.toFixed(1)} KiB of the server's memory for each`,
      },
    ]
  } finally {
    for (const child of children) child.kill('SIGKILL')
    server.close()
    fleet.stop()
  }
}

async function ask(child: ChildProcess, order: ClientsOrder, wanted: ClientsAnswer['kind']): Promise<void> {
  child.send(order)
  for (;;) {
    const [answer] = (await once(child, 'message')) as [ClientsAnswer]
    if (answer.kind === wanted) return
  }
}
