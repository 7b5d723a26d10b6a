import type { Command } from 'commander'
import { closest } from '../../base/closest.js'
import { compareText } from '../../base/compare-text.js'
import { CodedError, UsageError } from '../../base/errors.js'
import { serviceKey } from '../../services/model/service-name.js'
import type { CommandEntry, CommandIo } from '../contract.js'
import { addFleetOptions, type FleetOptions, withFleet } from '../options/fleet-access.js'
import { parseOutputFormat, printRows } from '../screens/print.js'

type Options = FleetOptions & { namespace?: string; hubNamespace?: string; output?: string }
type Opened = import('../../app/services/open-catalogue.js').OpenedCatalogue
type Fleet = import('../../services/model/service-model.js').FleetService

/** `flotilla service`: services across clusters, who answers for them from where, and why. */
export const serviceCommand: CommandEntry = {
  name: 'service',
  register(program, io) {
    const service = program
      .command('service')
      .alias('svc')
      .description('list, look into, explain and probe services across clusters')
    registerList(service, io)
    registerGet(service, io)
    registerExplain(service, io)
    registerProbe(service, io)
  },
}

/** `-n` is the service's namespace here. */
function withOptions(command: Command): Command {
  return addFleetOptions(command, '--hub-namespace <name>').option('-n, --namespace <name>', 'namespace of the service')
}

const nameHelp = 'NAMESPACE/NAME, NAME.NAMESPACE, or a NAME that only one namespace has'

function registerList(service: Command, io: CommandIo): void {
  withOptions(service.command('list').alias('ls').description('list the services that clusters offer to each other'))
    .option('-o, --output <format>', 'table, wide, json, yaml or name')
    .action(async (options: Options) => {
      const format = parseOutputFormat(options.output)
      await open(options, io, async (opened) => {
        const { serviceColumns } = await import('../screens/service-screens.js')
        const rows = [...opened.catalogue.list(), ...opened.remembered()]
          .sort((a, b) => compareText(serviceKey(a.service), serviceKey(b.service)))
          .filter(({ service }) => options.namespace === undefined || service.namespace === options.namespace)
        const names = ({ service: { namespace, name } }: Fleet) => `service/${namespace}/${name}`
        printRows({
          format,
          rows,
          columns: serviceColumns,
          data: rows,
          names,
          empty: 'No cluster offers a service to others.',
          out: io.out,
          err: io.err,
        })
      })
    })
}

function registerGet(service: Command, io: CommandIo): void {
  withOptions(
    service.command('get <name>').description('show who offers a service, under which rules, and what is wrong with it'),
  )
    .addHelpText('after', `\nNAME is ${nameHelp}.`)
    .option('-o, --output <format>', 'table, wide, json or yaml')
    .action(async (name: string, options: Options) => {
      const format = parseOutputFormat(options.output)
      await open(options, io, async (opened) => {
        const { describeService, serviceColumns } = await import('../screens/service-screens.js')
        const found = findService(opened, name, options.namespace)
        if (format === 'json' || format === 'yaml') {
          printRows({
            format,
            rows: found,
            columns: serviceColumns,
            data: found.length === 1 ? found[0] : found,
            names: () => '',
            empty: '',
            out: io.out,
            err: io.err,
          })
        } else {
          const { catalogue, unread } = opened
          const isCluster = (name: string) =>
            catalogue.facts.cluster(name) !== undefined || unread.some((each) => each.name === name)
          io.out(found.map((each) => describeService(each, Date.now(), isCluster)).join('\n'))
        }
      })
    })
}

interface From {
  from: string
  without?: string[]
}

function registerExplain(service: Command, io: CommandIo): void {
  withOptions(service.command('explain <name>').description('show which endpoints answer from a place, in which order and why'))
    .addHelpText('after', `\nNAME is ${nameHelp}.`)
    .requiredOption('--from <cluster[/zone]>', 'where the caller is')
    .option('--without <clusters...>', 'as if these clusters were lost')
    .option('-o, --output <format>', 'table, wide, json or yaml')
    .action(async (name: string, options: Options & From) => {
      const format = parseOutputFormat(options.output)
      await open(options, io, async (opened) => {
        const { answeredBy, describeKept, describeLeases, describeLosses, describeRanking, describeUnknown, keptFrom } =
          await import('../screens/service-screens.js')
        const { catalogue } = opened
        const { importStateOf } = await import('../../services/catalogue/import-state.js')
        const consumer = consumerOf(opened, options.from)
        const strange = zoneProblem(opened, options.from)
        if (strange !== undefined) io.err(`warning: ${strange}\n`)
        const without = options.without ?? []
        for (const cluster of without) knownCluster(opened, cluster)
        const explained = findService(opened, name, options.namespace, consumer.cluster).map((service) => ({
          service,
          ranking: catalogue.rank(service, consumer, without),
          losses: [...new Set(service.offers.map(({ cluster }) => cluster))]
            .filter((cluster) => !without.includes(cluster))
            .map((cluster) => ({ cluster, ranking: catalogue.rank(service, consumer, [...without, cluster]) })),
        }))
        const now = Date.now()
        const leases = await opened.leasesIn(consumer.cluster)
        const view = catalogue.facts.cluster(consumer.cluster)!
        const importOf = (fleet: Fleet) => importStateOf(view, fleet)
        const keptOf = (fleet: Fleet) => keptFrom(view, fleet, opened.unread)
        const leasesOf = (fleet: Fleet) => {
          const kept = keptOf(fleet)
          return leases.filter(({ source: { name } }) => kept.has(name) || fleet.offers.some(({ cluster }) => cluster === name))
        }
        if (format === 'json' || format === 'yaml') {
          // Always a list: a name may mean a service of the cluster set and one that joins Services of its name.
          const data = explained.map(({ service: fleet, ranking, losses }) => ({
            service: fleet.service,
            reach: fleet.reach,
            without,
            import: importOf(fleet),
            ...ranking,
            ifLost: losses.map((loss) => ({ cluster: loss.cluster, answeredBy: answeredBy(loss.ranking) })),
            kept: [...keptOf(fleet)].map(([cluster, addresses]) => ({ cluster, addresses })),
            leases: leasesOf(fleet).map(({ source, renewedMs, durationMs }) => ({
              cluster: source.name,
              renewTime: new Date(renewedMs).toISOString(),
              durationSeconds: durationMs / 1000,
              expired: now - renewedMs > durationMs,
            })),
          }))
          printRows({ format, rows: data, columns: [], data, names: () => '', empty: '', out: io.out, err: io.err })
          return
        }
        for (const { service, ranking, losses } of explained) {
          const isRemembered = catalogue.get(service.service, service.reach) === undefined
          const kept = isRemembered ? new Map<string, string[]>() : keptOf(service)
          const already = [...kept.keys()].map((cluster) => ({ cluster, ranking }))
          io.out(
            [
              describeRanking(service, ranking, importOf(service)),
              isRemembered ? describeUnknown(service) : '',
              describeKept(consumer.cluster, kept),
              describeLosses(ranking, [...losses, ...already], [...kept.keys()]),
              describeLeases(consumer.cluster, leasesOf(service), now),
            ].join(''),
          )
        }
      })
    })
}

interface ProbeOptions {
  from: string
  port?: string
  path: string
  rate: string
  interval: string
  duration: string
  timeout: string
}

function registerProbe(service: Command, io: CommandIo): void {
  withOptions(service.command('probe <name>').description('ask a service over and over from a cluster, and chart who answers'))
    .addHelpText(
      'after',
      `\nNAME is ${nameHelp}. It speaks HTTP to the service's address in that cluster, which must be reachable from here.`,
    )
    .requiredOption('--from <cluster>', 'the cluster whose address of the service is asked')
    .option('--port <port>', 'name or number of the port (default: the first)')
    .option('--path <path>', 'what is asked for', '/')
    .option('--rate <count>', 'requests a second', '20')
    .option('--interval <seconds>', 'between two lines or columns', '1')
    .option('--duration <seconds>', 'end after this long (0: when interrupted)', '0')
    .option('--timeout <seconds>', 'for one request', '2')
    .action(async (name: string, options: Options & ProbeOptions) => {
      const rate = positive(options.rate, '--rate', 10_000)
      const intervalMs = positive(options.interval, '--interval', 3600) * 1000
      const timeoutMs = positive(options.timeout, '--timeout', 600) * 1000
      const durationMs =
        options.duration === '0' ? Number.POSITIVE_INFINITY : positive(options.duration, '--duration', 86_400) * 1000
      await open(options, io, async (opened) => {
        const [service] = findService(opened, name, options.namespace, options.from)
        const { runProbe } = await import('../run/run-probe.js')
        const failures = await runProbe({
          opened,
          service: service!,
          cluster: knownCluster(opened, options.from),
          port: options.port,
          path: options.path.startsWith('/') ? options.path : `/${options.path}`,
          rate,
          intervalMs,
          timeoutMs,
          durationMs,
          io,
        })
        if (failures > 0) io.exitCode(1)
      })
    })
}

function positive(text: string, option: string, most: number): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value) && value > 0 && value <= most) return value
  throw new UsageError({
    code: 'bad-number',
    message: `${option} ${text}: expected a number above 0, at most ${most}`,
    fix: `For example ${option} 10.`,
  })
}

async function open(options: Options, io: CommandIo, use: (opened: Opened) => Promise<void>): Promise<void> {
  const { withCatalogue } = await import('../../app/services/open-catalogue.js')
  const { namespace: _ofService, hubNamespace, ...others } = options
  await withFleet({ ...others, ...(hubNamespace === undefined ? {} : { namespace: hubNamespace }) }, io, (fleet) =>
    withCatalogue(fleet, io.env, async (opened) => {
      const { describeUnread } = await import('../screens/service-screens.js')
      if (opened.unread.length > 0) io.err(describeUnread(opened.unread))
      await use(opened)
    }),
  )
}

/** The entries of a name: one, or two where it is offered both in the cluster set and as a same-name service. */
function findService(
  { catalogue, remembered, whyNotOffered }: Opened,
  text: string,
  inNamespace: string | undefined,
  consumer?: string,
): readonly Fleet[] {
  const slash = text.indexOf('/')
  const [name = '', namespace = inNamespace] = slash >= 0 ? [text.slice(slash + 1), text.slice(0, slash)] : text.split('.')
  const found = [...catalogue.list(), ...remembered(consumer)].filter(
    ({ service }) => service.name === name && (namespace === undefined || service.namespace === namespace),
  )
  const namespaces = [...new Set(found.map(({ service }) => service.namespace))]
  if (namespaces.length > 1) {
    throw new UsageError({
      code: 'ambiguous-service',
      message: `"${text}" is offered in the namespaces ${namespaces.join(', ')}`,
      fix: `Write ${namespaces[0]}/${name}.`,
    })
  }
  if (found.length === 0) {
    const there = whyNotOffered({ name, ...(namespace === undefined ? {} : { namespace }) })
    const offered = catalogue.list().filter(({ service }) => namespace === undefined || service.namespace === namespace)
    const names = offered.map(({ service }) => service.name)
    const near = there.length > 0 ? undefined : closest(name, names)
    throw new CodedError({
      code: 'service-not-found',
      message: `no cluster offers a service "${text}" to others${near === undefined ? '' : `: did you mean ${near}?`}${there
        .slice(0, 5)
        .map((each) => `\n  ${each}`)
        .join('')}`,
      fix: 'See `flotilla service list`. A Service is offered by a ServiceExport of its name, or by the annotation service.cilium.io/global: "true".',
    })
  }
  return found
}

function knownCluster({ catalogue, unread }: Opened, name: string) {
  const found = catalogue.facts.cluster(name)
  if (found !== undefined) return found
  const why = unread.find((each) => each.name === name)?.why
  if (why !== undefined) {
    throw new CodedError({
      code: 'cluster-unread',
      message: `cluster ${name} cannot be read: ${why}`,
      fix: 'Look at it with `flotilla cluster list`.',
    })
  }
  const known = catalogue.facts.clusters.map((each) => each.name).join(', ')
  throw new UsageError({
    code: 'unknown-cluster',
    message: `no cluster is named "${name}"`,
    fix: `Use one of ${known || 'the fleet'}.`,
  })
}

function consumerOf(opened: Opened, from: string) {
  const slash = from.indexOf('/')
  const cluster = knownCluster(opened, slash < 0 ? from : from.slice(0, slash))
  return opened.catalogue.consumerIn(cluster, slash < 0 ? undefined : from.slice(slash + 1))
}

/** A zone that no node of the cluster is in is answered all the same: it may be one to come. */
function zoneProblem({ catalogue }: Opened, from: string): string | undefined {
  const [cluster = '', zone] = from.split('/')
  if (zone === undefined) return undefined
  const zones = catalogue.facts.cluster(cluster)?.zones ?? []
  if (zones.length === 0 || zones.includes(zone)) return undefined
  return `no node of ${cluster} is in zone ${zone}; there are ${zones.join(', ')}`
}
