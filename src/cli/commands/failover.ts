import type { Command } from 'commander'
import { UsageError } from '../../base/errors.js'
import type { CommandEntry, CommandIo } from '../contract.js'
import { addFleetOptions, type FleetAccess, type FleetOptions, withFleet } from '../options/fleet-access.js'
import { untilStopped } from '../run/until-stopped.js'
import { parseOutputFormat, printRows } from '../screens/print.js'

interface FailoverFlags extends FleetOptions {
  namespace?: string
  output?: string
}

interface ObserveFlags extends FailoverFlags {
  name?: string
  cluster: string[]
  clusterKubeconfig?: string
}

/** `flotilla failover`: how carefully workloads are moved away from clusters, and who looks at clusters. */
export const failoverCommand: CommandEntry = {
  name: 'failover',
  register(program, io) {
    const failover = program
      .command('failover')
      .description('freeze and bound the moving of workloads between clusters; add a second pair of eyes')
    addFleetOptions(failover.command('status').description('show settings, observers and what they see'))
      .option('-o, --output <format>', 'table, wide, json, yaml or name')
      .action((options: FailoverFlags) => showStatus(options, io))
    addFleetOptions(
      failover.command('freeze [reason]').description('move nothing new until unfreeze; what is under way goes on'),
    ).action((reason: string | undefined, options: FailoverFlags) => set(options, io, { frozen: reason ?? 'by hand' }, 'frozen'))
    addFleetOptions(failover.command('unfreeze').description('let workloads be moved again')).action((options: FailoverFlags) =>
      set(options, io, { frozen: null }, 'no longer frozen'),
    )
    addFleetOptions(failover.command('limit').description('bound how much is moved'))
      .option('--moves-per-minute <number>', 'new moves of workloads in the whole fleet')
      .option('--most-silent-share <share>', 'clusters that may be left for silence at a time, from 0 to 1')
      .action((options: FailoverFlags & { movesPerMinute?: string; mostSilentShare?: string }) => limit(options, io))
    registerObserve(failover, io)
  },
}

function registerObserve(failover: Command, io: CommandIo): void {
  addFleetOptions(
    failover.command('observe').description('look at clusters from here and tell the hub: silence counts only if two see it'),
  )
    .option('--cluster <names...>', 'clusters of the fleet, each as NAME or NAME=CONTEXT', [])
    .option('--cluster-kubeconfig <file>', 'kubeconfig with their contexts (default: the one of the hub)')
    .option('--name <observer>', 'who is looking, as people shall read it', 'observer')
    .action((options: ObserveFlags) => observe(options, io))
}

async function showStatus(options: FailoverFlags, io: CommandIo): Promise<void> {
  const format = parseOutputFormat(options.output)
  await withFleet(options, io, async (fleet) => {
    const { readSettings, observedAnnotation, observesLabel } = await import('../../app/federation/failover-view.js')
    const { leaseType } = await import('../../services/leases/source-lease.js')
    const settings = readSettings(await readConfig(fleet))
    const { items } = await fleet.hub.list(leaseType, { namespace: fleet.namespace, labelSelector: observesLabel })
    const rows = items.map(({ metadata, ...lease }) => {
      const { holderIdentity = '', renewTime = '' } = (lease['spec'] ?? {}) as { holderIdentity?: string; renewTime?: string }
      return {
        observer: holderIdentity,
        cluster: metadata.labels?.[observesLabel] ?? '',
        saw: metadata.annotations?.[observedAnnotation] ?? '',
        at: renewTime,
      }
    })
    const { frozen, movesPerMinute, mostSilentShare } = settings
    if (format === 'table' || format === 'wide') {
      io.out(`Failover: ${frozen === undefined ? 'on' : `frozen: ${frozen}`}\n`)
      const share = Math.round(mostSilentShare * 100)
      io.out(`Moves: at most ${movesPerMinute} a minute; left for silence: at most ${share} % of the clusters at a time\n`)
    }
    printRows({
      format,
      rows,
      data: { settings, observers: rows },
      empty: 'Observers: none. A silent cluster is not left on the word of this hub alone.\n',
      out: io.out,
      err: io.out,
      columns: [
        { title: 'OBSERVER', value: (row) => row.observer },
        { title: 'CLUSTER', value: (row) => row.cluster },
        { title: 'SAW', value: (row) => row.saw },
        { title: 'AT', value: (row) => row.at },
      ],
      names: (row) => `${row.observer}/${row.cluster}`,
    })
  })
}

async function readConfig(fleet: FleetAccess) {
  const { failoverConfigName } = await import('../../app/federation/failover-view.js')
  const { configMapType } = await import('../../app/system/core-types.js')
  const { isNotFound } = await import('../../kube/object/status-error.js')
  return fleet.hub.get({ type: configMapType, namespace: fleet.namespace, name: failoverConfigName }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
    return undefined
  })
}

async function limit(
  options: FailoverFlags & { movesPerMinute?: string; mostSilentShare?: string },
  io: CommandIo,
): Promise<void> {
  const { movesPerMinute, mostSilentShare } = options
  if (movesPerMinute === undefined && mostSilentShare === undefined)
    throw new UsageError({
      code: 'no-limit',
      message: 'no limit is given',
      fix: 'Give --moves-per-minute or --most-silent-share.',
    })
  const data = {
    ...(movesPerMinute === undefined ? {} : { movesPerMinute }),
    ...(mostSilentShare === undefined ? {} : { mostSilentShare }),
  }
  const { readSettings } = await import('../../app/federation/failover-view.js')
  const { frozen } = readSettings({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'given' }, data })
  if (frozen !== undefined)
    throw new UsageError({
      code: 'bad-failover-limit',
      message: frozen.replace(/ in ConfigMap \S+:/, ':'),
      fix: 'Give a number in that range.',
    })
  await set(options, io, data, 'bounded')
}

async function set(
  options: FailoverFlags,
  io: CommandIo,
  data: Readonly<Record<string, string | null>>,
  word: string,
): Promise<void> {
  await withFleet(options, io, async (fleet) => {
    const { failoverConfigName } = await import('../../app/federation/failover-view.js')
    const { configMapType } = await import('../../app/system/core-types.js')
    const { hub, namespace } = fleet
    const target = { type: configMapType, namespace, name: failoverConfigName }
    if ((await readConfig(fleet)) === undefined) {
      const given = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null))
      await hub.create(configMapType, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: failoverConfigName, namespace },
        data: given,
      })
    } else await hub.patch(target, { kind: 'merge', body: { data } }, { fieldManager: 'flotilla' })
    io.out(`failover ${word}\n`)
  })
}

async function observe(options: ObserveFlags, io: CommandIo): Promise<void> {
  if (options.cluster.length === 0)
    throw new UsageError({
      code: 'no-cluster-to-observe',
      message: 'no cluster is given',
      fix: 'Give --cluster NAME or --cluster NAME=CONTEXT.',
    })
  const name = options.name ?? 'observer'
  if (!/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/.test(name))
    throw new UsageError({
      code: 'bad-observer-name',
      message: `the observer's name is ${JSON.stringify(name)}`,
      fix: 'Give lower-case letters, digits and dashes.',
    })
  await withFleet(options, io, async ({ hub, namespace, kubeconfig }) => {
    const [{ connectKubeconfigFile }, { createSystemClientPorts }, { observeClusters }, { systemClock }] = await Promise.all([
      import('../../app/access/kubeconfig-files.js'),
      import('../../app/system/system-client-ports.js'),
      import('../../app/federation/observe-clusters.js'),
      import('../../app/system/system-ports.js'),
    ])
    const path = options.clusterKubeconfig
    const ports = createSystemClientPorts(io.env)
    const clusters = new Map<string, Awaited<ReturnType<typeof connectKubeconfigFile>>['client']>()
    for (const entry of options.cluster) {
      const [cluster = '', context = cluster] = entry.split('=', 2)
      const found =
        path === undefined ? kubeconfig.connect(cluster, context) : connectKubeconfigFile({ path, context, name: cluster }, ports)
      clusters.set(cluster, (await found).client)
    }
    const stopping = new AbortController()
    const done = observeClusters({
      hub,
      namespace,
      name,
      clusters,
      clock: systemClock,
      signal: stopping.signal,
      saw: (cluster, up, message) => io.out(`${cluster} ${up ? 'up' : 'down'}: ${message}\n`),
    })
    await untilStopped()
    stopping.abort()
    await done
    for (const client of clusters.values()) client.close()
  })
}
