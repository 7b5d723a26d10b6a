import type { Command } from 'commander'
import type { ClusterChange } from '../../app/chaos/chaos-actions.js'
import { type Outage, parseDuration } from '../../app/chaos/outage.js'
import { UsageError } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { CommandEntry, CommandIo } from '../contract.js'
import { addEmbeddedFleetOptions, type FleetAccess, type FleetOptions, withEmbeddedFleet } from '../options/fleet-access.js'
import { parseOutputFormat, printRows } from '../screens/print.js'

type Options = FleetOptions & { namespace?: string }
type NodeOptions = Options & { now?: boolean; graceSeconds?: string }

/** `flotilla chaos`: makes parts of an embedded fleet fail, and heals them. */
export const chaosCommand: CommandEntry = {
  name: 'chaos',
  register(program, io) {
    const chaos = program
      .command('chaos')
      .description('make nodes, clusters and networks of an embedded fleet fail, and heal them')
    registerNode(chaos, io)
    registerPod(chaos, io)
    registerCluster(chaos, io)
    registerNetwork(chaos, io)
    registerList(chaos, io)
    registerHeal(chaos, io)
  },
}

function registerNode(chaos: Command, io: CommandIo): void {
  const node = chaos.command('node').description('stop, crash, start and take away nodes')
  const fail = (verb: 'stop' | 'crash', state: 'stopped' | 'crashed', description: string) =>
    addEmbeddedFleetOptions(node.command(`${verb} <cluster> <node>`).description(description))
      .option('--now', 'the cluster notices at once instead of after 40 s')
      .option('--grace-seconds <seconds>', 'the cluster notices after so many seconds')
      .action(async (cluster: string, name: string, options: NodeOptions) => {
        const graceSeconds = options.now ? 0 : parseSeconds(options.graceSeconds)
        await withMember(cluster, options, io, async (client) => {
          const { failNode } = await import('../../app/chaos/chaos-actions.js')
          await failNode(client, name, { state, ...(graceSeconds === undefined ? {} : { graceSeconds }) })
        })
        io.out(`node ${name} of ${cluster} ${state}`)
      })
  fail('stop', 'stopped', 'the machine loses its power: its kubelet posts nothing, processes of its pods end')
  fail('crash', 'crashed', 'the same, named so in lists')
  addEmbeddedFleetOptions(node.command('start <cluster> <node>').description('the node comes back')).action(
    async (cluster: string, name: string, options: Options) => {
      await withMember(cluster, options, io, async (client) => {
        const { healNode } = await import('../../app/chaos/chaos-actions.js')
        await healNode(client, name)
      })
      io.out(`node ${name} of ${cluster} started`)
    },
  )
  addEmbeddedFleetOptions(node.command('remove <cluster> <node>').description('cordon the node, evict its pods, delete it'))
    .option('--now', 'delete it at once, with its pods on it')
    .option('--timeout <seconds>', 'give up when pods are left after this time', '60')
    .action(async (cluster: string, name: string, options: NodeOptions & { timeout: string }) => {
      const timeoutMs = (parseSeconds(options.timeout) ?? 60) * 1000
      await withMember(cluster, options, io, async (client) => {
        const { removeNode } = await import('../../app/chaos/chaos-actions.js')
        const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
        const { evicted } = await removeNode(client, name, { now: options.now === true, wait, timeoutMs })
        io.out(`node ${name} of ${cluster} removed, ${evicted} pods evicted`)
      })
    })
}

function registerPod(chaos: Command, io: CommandIo): void {
  addEmbeddedFleetOptions(
    chaos
      .command('pod')
      .description('kill pods')
      .command('kill <cluster> <namespace/pod>')
      .description('end a pod at once, without grace'),
  ).action(async (cluster: string, target: string, options: Options) => {
    const [namespace, name, ...rest] = target.split('/')
    if (!namespace || !name || rest.length > 0) {
      throw new UsageError({ code: 'bad-pod', message: `"${target}" names no pod`, fix: 'Write namespace/name.' })
    }
    await withMember(cluster, options, io, async (client) => {
      const { killPod } = await import('../../app/chaos/chaos-actions.js')
      await killPod(client, namespace, name)
    })
    io.out(`pod ${target} of ${cluster} killed`)
  })
}

function registerCluster(chaos: Command, io: CommandIo): void {
  const cluster = chaos.command('cluster').description('stop clusters, cut them off, and slow them down')
  addEmbeddedFleetOptions(
    cluster
      .command('stop <cluster>')
      .description('all of it loses its power: API, controllers, pods that are processes, Services'),
  ).action(async (name: string, options: Options) => {
    await change(name, options, io, { state: 'stopped' })
    io.out(`cluster ${name} stopped`)
  })
  addEmbeddedFleetOptions(cluster.command('start <cluster>').description('the power is back')).action(
    async (name: string, options: Options) => {
      await change(name, options, io, { state: null })
      io.out(`cluster ${name} started`)
    },
  )
  addEmbeddedFleetOptions(
    cluster.command('cut <cluster>').description('its API refuses all connections; what runs in it goes on'),
  ).action(async (name: string, options: Options) => {
    await change(name, options, io, { api: { kind: 'cut' } })
    io.out(`cluster ${name} cut`)
  })
  addFlapOptions(cluster.command('flap <cluster>').description('its API is cut and back, over and over')).action(
    async (name: string, options: FlapOptions) => {
      const api = parseFlap(options)
      await change(name, options, io, { api })
      io.out(`cluster ${name} flaps: ${options.down} cut, ${options.up} whole`)
    },
  )
  addEmbeddedFleetOptions(cluster.command('slow <cluster>').description('every request to its API waits'))
    .option('--latency <ms>', 'so long', '500')
    .action(async (name: string, options: Options & { latency: string }) => {
      const latencyMs = parseLatency(options.latency)
      await change(name, options, io, { latencyMs })
      io.out(`cluster ${name} slow by ${latencyMs} ms`)
    })
  addEmbeddedFleetOptions(cluster.command('heal <cluster>').description('its API answers again, at its normal speed')).action(
    async (name: string, options: Options) => {
      await change(name, options, io, { state: null, api: { kind: 'none' }, latencyMs: null })
      io.out(`cluster ${name} healed`)
    },
  )
}

function registerNetwork(chaos: Command, io: CommandIo): void {
  const network = chaos.command('network').description('part clusters from the hub, or from each other')
  const between = (name: string, other: string | undefined) =>
    other === undefined ? `the hub and ${name}` : `${name} and ${other}`
  const write = (name: string, other: string | undefined, options: Options, outage: Outage) =>
    other === undefined
      ? change(name, options, io, { network: outage })
      : changeLink([name, other], options, io, outage.kind === 'none' ? { outage, latencyMs: 0 } : { outage })
  addEmbeddedFleetOptions(
    network
      .command('cut <cluster> [other]')
      .description(
        'the hub does not reach the cluster; everybody else does. With another cluster: no traffic passes between the two',
      ),
  ).action(async (name: string, other: string | undefined, options: Options) => {
    await write(name, other, options, { kind: 'cut' })
    io.out(`network between ${between(name, other)} cut`)
  })
  addFlapOptions(network.command('flap <cluster> [other]').description('cut and back, over and over')).action(
    async (name: string, other: string | undefined, options: FlapOptions) => {
      await write(name, other, options, parseFlap(options))
      io.out(`network between ${between(name, other)} flaps: ${options.down} cut, ${options.up} whole`)
    },
  )
  addEmbeddedFleetOptions(network.command('slow <cluster> <other>').description('what passes between two clusters arrives later'))
    .option('--latency <ms>', 'so much, each way', '100')
    .action(async (name: string, other: string, options: Options & { latency: string }) => {
      const latencyMs = parseLatency(options.latency)
      await changeLink([name, other], options, io, { latencyMs })
      io.out(`network between ${between(name, other)} slow by ${latencyMs} ms each way`)
    })
  addEmbeddedFleetOptions(
    network.command('heal <cluster> [other]').description('the hub, or the other cluster, reaches the cluster again'),
  ).action(async (name: string, other: string | undefined, options: Options) => {
    await write(name, other, options, { kind: 'none' })
    io.out(`network between ${between(name, other)} healed`)
  })
}

type FlapOptions = Options & { down: string; up: string }

function addFlapOptions(command: Command): Command {
  return addEmbeddedFleetOptions(command)
    .option('--down <time>', 'cut for so long', '3s')
    .option('--up <time>', 'then whole for so long', '10s')
}

function parseFlap({ down, up }: FlapOptions): Outage {
  const [downMs, upMs] = [parseDuration(down), parseDuration(up)]
  if (downMs !== undefined && upMs !== undefined) return { kind: 'flap', downMs, upMs }
  throw new UsageError({
    code: 'bad-duration',
    message: `"${downMs === undefined ? down : up}" is no time that something can be cut or whole for`,
    fix: 'Give 100ms to 24h, such as 500ms, 3s or 2m.',
  })
}

function parseLatency(text: string): number {
  const latencyMs = Number(text.replace(/ms$/, ''))
  if (Number.isFinite(latencyMs) && latencyMs > 0 && latencyMs <= 60_000) return latencyMs
  throw new UsageError({
    code: 'bad-latency',
    message: `"${text}" is no latency`,
    fix: 'Give milliseconds from 1 to 60000: --latency 500.',
  })
}

function registerList(chaos: Command, io: CommandIo): void {
  addEmbeddedFleetOptions(chaos.command('list').alias('ls').description('what is made to fail'))
    .option('-o, --output <format>', 'table, json or yaml')
    .action(async (options: Options & { output?: string }) => {
      const format = parseOutputFormat(options.output)
      await withEmbeddedFleet(options, io, async (fleet) => {
        const { listChaos } = await import('../../app/chaos/chaos-actions.js')
        const rows = await withMembers(fleet, (member) => listChaos(fleet.hub, fleet.namespace, member))
        printRows({
          format,
          rows,
          columns: [
            { title: 'CLUSTER', value: (row) => row.cluster },
            { title: 'WHAT', value: (row) => row.what },
            { title: 'STATE', value: (row) => row.state },
          ],
          data: rows,
          names: (row) => `${row.cluster}/${row.what}`,
          empty: 'Everything is whole.',
          out: io.out,
          err: io.err,
        })
      })
    })
}

function registerHeal(chaos: Command, io: CommandIo): void {
  addEmbeddedFleetOptions(chaos.command('heal [cluster]').description('heal everything, or everything of one cluster')).action(
    async (cluster: string | undefined, options: Options) => {
      await withEmbeddedFleet(options, io, async (fleet) => {
        const { healAll } = await import('../../app/chaos/chaos-actions.js')
        const count = await withMembers(fleet, (member) => healAll(fleet.hub, fleet.namespace, member, cluster))
        io.out(`${count} healed`)
      })
    },
  )
}

async function change(cluster: string, options: Options, io: CommandIo, to: ClusterChange): Promise<void> {
  await withEmbeddedFleet(options, io, async (fleet) => {
    const { failCluster } = await import('../../app/chaos/chaos-actions.js')
    await failCluster(fleet.hub, fleet.namespace, cluster, to)
  })
}

async function changeLink(
  pair: readonly [string, string],
  options: Options,
  io: CommandIo,
  to: { outage?: Outage; latencyMs?: number },
): Promise<void> {
  await withEmbeddedFleet(options, io, async (fleet) => {
    const { failLink } = await import('../../app/chaos/chaos-actions.js')
    await failLink(fleet.hub, fleet.namespace, pair, to)
  })
}

/** Members are reached by the contexts of the fleet's kubeconfig: they have the clusters' names. */
async function withMembers<T>(
  fleet: FleetAccess,
  use: (member: (name: string) => Promise<KubeClient | undefined>) => Promise<T>,
): Promise<T> {
  const opened: KubeClient[] = []
  try {
    return await use(async (name) => {
      const context = name === 'in-cluster' ? 'hub' : name
      const found = await fleet.kubeconfig.connect(name, context).catch(() => undefined)
      if (found) opened.push(found.client)
      return found?.client
    })
  } finally {
    for (const client of opened) client.close()
  }
}

async function withMember(
  cluster: string,
  options: Options,
  io: CommandIo,
  use: (client: KubeClient) => Promise<void>,
): Promise<void> {
  await withEmbeddedFleet(options, io, (fleet) =>
    withMembers(fleet, async (member) => {
      const client = await member(cluster)
      if (client === undefined) {
        throw new UsageError({
          code: 'cluster-not-found',
          message: `there is no context ${cluster} in the kubeconfig of the fleet (${fleet.where})`,
          fix: 'See `flotilla cluster list`; members are contexts of the kubeconfig, by their names.',
        })
      }
      await use(client)
    }),
  )
}

function parseSeconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seconds = Number(text)
  if (!Number.isFinite(seconds) || seconds < 0) {
    throw new UsageError({ code: 'bad-seconds', message: `"${text}" is no number of seconds`, fix: 'Give a number such as 40.' })
  }
  return seconds
}
