import type { Command } from 'commander'
import type { FleetCluster } from '../../app/fleet/fleet-clusters.js'
import { CodedError, UsageError } from '../../base/errors.js'
import { isNotFound } from '../../kube/object/status-error.js'
import type { CommandEntry, CommandIo } from '../contract.js'
import { checkSelector } from '../options/check-selector.js'
import {
  addEmbeddedFleetOptions,
  addFleetOptions,
  type FleetAccess,
  type FleetOptions,
  withEmbeddedFleet,
  withFleet,
} from '../options/fleet-access.js'
import { addHubOptions } from '../options/hub-options.js'
import { type Column, formatAge, parseOutputFormat, printRows } from '../screens/print.js'
import { registerApproval } from './cluster-approval.js'
import { registerMarks } from './cluster-marks.js'

type Options = FleetOptions & { namespace?: string; output?: string }

/** `flotilla cluster`: the clusters of a fleet, kept as Argo CD cluster Secrets on the hub. */
export const clusterCommand: CommandEntry = {
  name: 'cluster',
  register(program, io) {
    const cluster = program
      .command('cluster')
      .description('list, add, label, cordon, taint and remove clusters; create and delete embedded ones')
    registerList(cluster, io)
    registerGet(cluster, io)
    registerAdd(cluster, io)
    registerLabel(cluster, io)
    registerMarks(cluster, io)
    registerApproval(cluster, io)
    registerRemove(cluster, io)
    registerCreate(cluster, io)
    registerDelete(cluster, io)
  },
}

const columns: readonly Column<FleetCluster>[] = [
  { title: 'NAME', value: (cluster) => cluster.name },
  { title: 'HEALTH', value: ({ health, cordoned }) => (cordoned ? `${health},Cordoned` : health) },
  { title: 'VERSION', value: (cluster) => cluster.version ?? '' },
  { title: 'APPLICATIONS', value: (cluster) => String(cluster.applications) },
  {
    title: 'LAST-SEEN',
    value: (cluster) => (cluster.lastSeen === undefined ? '<never>' : formatAge(cluster.lastSeen, Date.now())),
  },
  { title: 'LABELS', value: (cluster) => formatLabels(cluster.labels) },
  { title: 'TAINTS', wide: true, value: ({ taints }) => taints || '<none>' },
  { title: 'SERVER', wide: true, value: (cluster) => cluster.server },
  { title: 'SOURCE', wide: true, value: (cluster) => cluster.source },
  { title: 'MESSAGE', value: (cluster) => (cluster.health === 'Healthy' ? '' : cluster.message) },
]

function registerList(cluster: Command, io: CommandIo): void {
  addFleetOptions(cluster.command('list').alias('ls').description('list clusters'))
    .option('-l, --selector <selector>', 'label selector')
    .option('-o, --output <format>', 'table, wide, json, yaml or name')
    .action(async (options: Options & { selector?: string }) => {
      const format = parseOutputFormat(options.output)
      const selector = checkSelector(options.selector)
      await withFleet(options, io, async (fleet) => {
        const { listFleetClusters } = await import('../../app/fleet/fleet-clusters.js')
        const clusters = await listFleetClusters(fleet, selector)
        printRows({
          format,
          rows: clusters,
          columns,
          data: clusters,
          names: (each) => each.name,
          empty: 'No clusters.',
          out: io.out,
          err: io.err,
        })
      })
    })
}

function registerGet(cluster: Command, io: CommandIo): void {
  addFleetOptions(cluster.command('get <name>').description('show one cluster'))
    .option('-o, --output <format>', 'table, wide, json or yaml')
    .action(async (name: string, options: Options) => {
      const format = parseOutputFormat(options.output)
      await withFleet(options, io, async (fleet) => {
        const found = await findCluster(fleet, name)
        printRows({
          format,
          rows: [found],
          columns,
          data: found,
          names: (each) => each.name,
          empty: '',
          out: io.out,
          err: io.err,
        })
      })
    })
}

function registerAdd(cluster: Command, io: CommandIo): void {
  // The fleet's own --kubeconfig would clash with the one of the cluster to add; the hub has names of its own here.
  addHubOptions(
    cluster
      .command('add <name>')
      .description('register a cluster: writes an Argo CD cluster Secret with what the kubeconfig holds for it')
      .requiredOption('--kubeconfig <file>', 'kubeconfig that reaches the cluster to add')
      .option('--context <name>', 'its context (default: the current one)')
      .option('-l, --labels <pairs>', 'labels: env=production,region=eu-west-1')
      .option('--project <name>', 'scope it to an AppProject'),
    { prefix: 'hub-' },
  )
    .option('-n, --namespace <name>', 'namespace of the Argo CD objects', 'argocd')
    .option('--dry-run', 'print the Secret (its credentials masked), write nothing')
    .option('--skip-check', 'add it even though it does not answer')
    .option('--install-apis', 'serve ServiceExport and ServiceImport on it, where it does not have them')
    .action(async (name: string, options: AddOptions) => {
      const labels = parseLabelEdits((options.labels ?? '').split(',').filter((pair) => pair !== ''))
      const hub = {
        ...(options.dataDir ? { dataDir: options.dataDir } : {}),
        ...(options.hubKubeconfig ? { kubeconfig: options.hubKubeconfig } : {}),
        ...(options.hubContext ? { context: options.hubContext } : {}),
        ...(options.namespace ? { namespace: options.namespace } : {}),
      }
      await withFleet(
        hub,
        io,
        async (fleet) => {
          const { addFleetCluster } = await import('../../app/fleet/fleet-clusters.js')
          const { text, version } = await addFleetCluster(fleet, {
            name,
            kubeconfig: options.kubeconfig,
            context: options.context,
            labels: labels.set,
            project: options.project,
            dryRun: options.dryRun === true,
            check: options.skipCheck !== true,
            installApis: options.installApis === true,
          })
          io.out(text)
          if (version) io.err(`${name} answers: Kubernetes ${version}`)
        },
        { prefix: 'hub-' },
      )
    })
}

interface AddOptions {
  kubeconfig: string
  context?: string
  labels?: string
  project?: string
  dataDir?: string
  hubKubeconfig?: string
  hubContext?: string
  namespace?: string
  dryRun?: boolean
  skipCheck?: boolean
  installApis?: boolean
}

function registerLabel(cluster: Command, io: CommandIo): void {
  addFleetOptions(
    cluster
      .command('label <name> <edits...>')
      .description('set labels (key=value) and remove them (key-), as kubectl label does'),
  )
    .option('--overwrite', 'change labels that have another value')
    .option('--dry-run', 'check only')
    .action(async (name: string, edits: string[], options: Options & { overwrite?: boolean; dryRun?: boolean }) => {
      const parsed = parseLabelEdits(edits)
      await withFleet(options, io, async (fleet) => {
        const { labelFleetCluster } = await import('../../app/fleet/fleet-clusters.js')
        const found = await findCluster(fleet, name)
        io.out(
          await labelFleetCluster(fleet, found, {
            ...parsed,
            overwrite: options.overwrite === true,
            dryRun: options.dryRun === true,
          }),
        )
      })
    })
}

function registerRemove(cluster: Command, io: CommandIo): void {
  addFleetOptions(
    cluster.command('remove <name>').alias('rm').description('take a cluster out of the fleet; what runs on it stays'),
  )
    .option('--force', 'even though Applications still point at it')
    .option('--dry-run', 'check only')
    .action(async (name: string, options: Options & { force?: boolean; dryRun?: boolean }) => {
      await withFleet(options, io, async (fleet) => {
        const found = await findCluster(fleet, name)
        if (found.applications > 0 && !options.force) {
          throw new CodedError({
            code: 'cluster-in-use',
            message: `${found.applications} Applications still point at ${name}`,
            fix: 'Delete them or take the label that brought them first (flotilla app list), or use --force: then they stay, and say that their cluster is unknown.',
          })
        }
        const { removeFleetCluster } = await import('../../app/fleet/fleet-clusters.js')
        await removeFleetCluster(fleet, found, options.dryRun === true)
        io.out(`cluster ${name} removed${options.dryRun ? ' (dry run)' : ''}`)
      })
    })
}

function registerCreate(cluster: Command, io: CommandIo): void {
  addEmbeddedFleetOptions(
    cluster.command('create <name>').description('make an embedded cluster in a running fleet, and register it'),
  )
    .option('--profile <name>', 'member: nodes, controllers, kubelets; bare: an API server alone', 'member')
    .option('--version <minor>', 'minor version of Kubernetes (default: the only one that this build has)')
    .option('--nodes <machines>', 'how many nodes, or their types as in 3xm5.large,2xc5.xlarge')
    .option('--address <kind>', 'port: a port of its own; own: port 6443 at a loopback address of its own', 'port')
    .option('--pull', 'let the hub reach it by its agent alone, as a cluster behind a firewall')
    .option('--network <name>', 'network of its pods: clusters in another one reach them through gateways')
    .option('-l, --labels <pairs>', 'labels: env=production,region=eu-west-1')
    .option('--dry-run', 'let the hub check it, make nothing')
    .option('--timeout <seconds>', 'how long to wait until it answers', '30')
    .action(async (name: string, options: Options & CreateOptions) => {
      const labels = parseLabelEdits((options.labels ?? '').split(',').filter((pair) => pair !== '')).set
      if (options.network !== undefined) labels['topology.istio.io/network'] = options.network
      await withEmbeddedFleet(options, io, async (fleet) => {
        const { createEmbeddedCluster } = await import('../../app/embedded-clusters/command.js')
        const { server } = await createEmbeddedCluster(fleet.hub, {
          name,
          profile: options.profile,
          address: options.address,
          labels,
          pull: options.pull === true,
          dryRun: options.dryRun === true,
          timeoutSeconds: parseSeconds(options.timeout),
          ...(options.version === undefined ? {} : { version: options.version }),
          ...(options.nodes === undefined ? {} : { nodes: options.nodes }),
        })
        io.out(options.dryRun ? `cluster ${name} created (dry run)` : `cluster ${name} created: ${server}, context ${name}`)
      })
    })
}

interface CreateOptions {
  profile: string
  version?: string
  nodes?: string
  address: string
  pull?: boolean
  network?: string
  labels?: string
  dryRun?: boolean
  timeout: string
}

function registerDelete(cluster: Command, io: CommandIo): void {
  addEmbeddedFleetOptions(cluster.command('delete <name>').description('delete an embedded cluster with everything in it'))
    .option('--force', 'even though Applications still point at it')
    .option('--dry-run', 'check only')
    .option('--timeout <seconds>', 'how long to wait until it is gone', '30')
    .action(async (name: string, options: Options & { force?: boolean; dryRun?: boolean; timeout: string }) => {
      await withEmbeddedFleet(options, io, async (fleet) => {
        const { listFleetClusters } = await import('../../app/fleet/fleet-clusters.js')
        const found = (await listFleetClusters(fleet)).find((each) => each.name === name)
        if ((found?.applications ?? 0) > 0 && !options.force) {
          throw new CodedError({
            code: 'cluster-in-use',
            message: `${found?.applications} Applications still point at ${name}`,
            fix: 'Delete them or take the label that brought them first (flotilla app list), or use --force: then they stay, and say that their cluster is unknown.',
          })
        }
        const { deleteEmbeddedCluster } = await import('../../app/embedded-clusters/command.js')
        await deleteEmbeddedCluster(fleet.hub, name, {
          dryRun: options.dryRun === true,
          timeoutSeconds: parseSeconds(options.timeout),
        })
        io.out(`cluster ${name} deleted${options.dryRun ? ' (dry run)' : ''}`)
      })
    })
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (Number.isFinite(seconds) && seconds > 0) return seconds
  throw new UsageError({ code: 'bad-timeout', message: `${text} is no number of seconds`, fix: 'For example: --timeout 30' })
}

async function findCluster(fleet: FleetAccess, name: string): Promise<FleetCluster> {
  const { listFleetClusters } = await import('../../app/fleet/fleet-clusters.js')
  try {
    const found = (await listFleetClusters(fleet)).find((each) => each.name === name)
    if (found) return found
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  throw new CodedError({
    code: 'cluster-not-found',
    message: `there is no cluster ${name} in the fleet (${fleet.where})`,
    fix: 'See `flotilla cluster list`.',
  })
}

/** `key=value` sets, `key-` removes; as kubectl label reads them. */
export function parseLabelEdits(edits: readonly string[]): { set: Record<string, string>; remove: string[] } {
  const set: Record<string, string> = {}
  const remove: string[] = []
  for (const edit of edits) {
    const equals = edit.indexOf('=')
    if (equals > 0) set[edit.slice(0, equals)] = edit.slice(equals + 1)
    else if (equals < 0 && edit.length > 1 && edit.endsWith('-')) remove.push(edit.slice(0, -1))
    else
      throw new UsageError({
        code: 'bad-label',
        message: `"${edit}" is neither key=value nor key-`,
        fix: 'For example: env=production tier-',
      })
  }
  for (const key of remove) {
    if (Object.hasOwn(set, key))
      throw new UsageError({
        code: 'bad-label',
        message: `can not both modify and remove label "${key}"`,
        fix: 'Name each label once.',
      })
  }
  return { set, remove }
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',')
}
