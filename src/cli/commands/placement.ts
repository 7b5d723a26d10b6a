import type { Command } from 'commander'
import type { Explanation, PlacementView } from '../../app/placement/explain-placement.js'
import { CodedError, UsageError } from '../../base/errors.js'
import type { FleetChange } from '../../delivery/placement/what-if.js'
import type { CommandEntry, CommandIo } from '../contract.js'
import { addFleetOptions, type FleetOptions, readManifest, withFleet } from '../options/fleet-access.js'
import { parseOutputFormat, printRows } from '../screens/print.js'

interface ChangeOptions {
  cordon?: string[]
  lose?: string[]
}
type Options = FleetOptions & { namespace?: string; hubNamespace?: string; output?: string }

/** `flotilla placement`: where objects of the hub go, and why. */
export const placementCommand: CommandEntry = {
  name: 'placement',
  register(program, io) {
    const placement = program.command('placement').description('where objects go, why, and what would change')
    registerExplain(placement, io)
    registerDryRun(placement, io)
    registerList(placement, io)
  },
}

/** As kubectl takes it: `deployment web` or `deployment/web`. */
function namedObject(kind: string, name: string | undefined): { kind: string; name: string } {
  const [, first, second] = /^([^/]+)\/([^/]+)$/.exec(kind) ?? []
  if (name !== undefined && !kind.includes('/')) return { kind, name }
  if (name === undefined && first !== undefined && second !== undefined) return { kind: first, name: second }
  throw new UsageError({
    code: 'name-an-object',
    message: name === undefined ? `"${kind}" names no object` : `"${kind}" and "${name}" name two`,
    fix: 'Name one, as `deployment web` or `deployment/web`.',
  })
}

const gather = (value: string, before: string[] = []) => [...before, value]

function withChanges(command: Command): Command {
  return command
    .option('--cordon <cluster>', 'and what would change if this cluster took nothing new; may be repeated', gather)
    .option('--lose <cluster>', 'and what would change if this cluster were lost; may be repeated', gather)
}

function registerExplain(placement: Command, io: CommandIo): void {
  withChanges(
    addFleetOptions(
      placement
        .command('explain <kind> [name]')
        .description('who decided where an object goes, the verdict of each filter for each cluster, and why'),
      '--hub-namespace <name>',
    ),
  )
    .option('-n, --namespace <name>', 'namespace of the object', 'default')
    .option('-o, --output <format>', 'table, wide, json or yaml')
    .action(async (kind: string, name: string | undefined, options: Options & ChangeOptions) => {
      const format = parseOutputFormat(options.output)
      const wanted = namedObject(kind, name)
      await withFleet(hubOptions(options), io, async (fleet) => {
        const [{ withLiveView, findObject }, { explainObject, explainAll }, { heardBy, subjectOf }] = await Promise.all([
          import('../../app/placement/live-view.js'),
          import('../../app/placement/explain-placement.js'),
          import('../../app/placement/stands-for.js'),
        ])
        await withLiveView(fleet, io.env, async (view) => {
          const { hub } = fleet
          let source = await findObject(hub, wanted.kind, options.namespace ?? 'default', wanted.name)
          const subject = subjectOf(source)
          if (subject !== undefined) source = await findObject(hub, subject.kind, subject.namespace, subject.name)
          const heeds = heardBy(source)
          if (heeds !== undefined) {
            const all = await explainAll(view, changesOf(options, view))
            await showAll(all.filter(heeds), format, io, `No object of the hub is selected by ${source.kind} ${wanted.name}.`)
            return
          }
          const found = await explainObject(view, source, changesOf(options, view))
          if (found.length === 0) {
            throw new CodedError({
              code: 'not-placed',
              message: `nothing says where ${source.kind} ${source.metadata.name} goes: no dialect knows it`,
              fix: 'Give it the label flotilla.dev/placement with the name of a Placement of its namespace, or select it by a PropagationPolicy.',
            })
          }
          await show(found, format, io)
          for (const { name: cluster, why } of view.unread) io.err(`warning: cluster ${cluster} does not answer: ${why}\n`)
        })
      })
    })
}

function registerDryRun(placement: Command, io: CommandIo): void {
  withChanges(
    addFleetOptions(
      placement
        .command('dry-run')
        .description(
          'where the objects of files would go, worked out from files alone: Placements, Karmada policies, KubeFed objects',
        ),
      '--hub-namespace <name>',
    ),
  )
    .requiredOption('-f, --filename <file>', 'manifests, - for standard input; may be repeated', gather)
    .option(
      '--clusters <file>',
      'clusters: a kubeconfig, or KubeFedClusters, Karmada Clusters, ClusterProfiles, cluster Secrets; `hub` for those of the live hub (default: those among the manifests)',
    )
    .option('--room <cluster=count>', 'how many more replicas fit in a cluster; may be repeated', gather)
    .option('-n, --namespace <name>', 'namespace of objects that name none', 'default')
    .option('-o, --output <format>', 'table, wide, json, yaml; objects: what each cluster would get')
    .action(async (options: Options & ChangeOptions & { filename: string[]; clusters?: string; room?: string[] }) => {
      const objects = options.output === 'objects'
      const format = objects ? 'yaml' : parseOutputFormat(options.output)
      const { readDocuments, viewOfDocuments } = await import('../../app/placement/dry-run.js')
      const texts = await Promise.all(options.filename.map(async (path) => ({ path, text: await readManifest(path, io) })))
      const input = {
        room: roomOf(options.room ?? []),
        namespace: options.namespace ?? 'default',
        nowMs: Date.now(),
      }
      if (options.clusters === 'hub') {
        const documents = readDocuments(texts)
        await withFleet(hubOptions(options), io, async (fleet) => {
          const { withLiveView } = await import('../../app/placement/live-view.js')
          await withLiveView(fleet, io.env, async ({ hub: { clusters } }) => {
            checkClusters(Object.keys(input.room), clusters)
            await tell(viewOfDocuments({ ...input, documents, clusters }), options, format, objects, io)
          })
        })
        return
      }
      if (options.clusters !== undefined) texts.push({ path: options.clusters, text: await readManifest(options.clusters, io) })
      const view = viewOfDocuments({ ...input, documents: readDocuments(texts) })
      if (view.hub.clusters.length === 0) {
        throw new UsageError({
          code: 'no-clusters',
          message: 'the files tell of no cluster',
          fix: 'Add --clusters FILE with a kubeconfig or with cluster objects, or --clusters hub for those of a running hub.',
        })
      }
      checkClusters(Object.keys(input.room), view.hub.clusters)
      await tell(view, options, format, objects, io)
    })
}

async function tell(
  view: PlacementView,
  options: ChangeOptions,
  format: ReturnType<typeof parseOutputFormat>,
  objects: boolean,
  io: CommandIo,
): Promise<void> {
  const { explainAll } = await import('../../app/placement/explain-placement.js')
  const found = withoutStandIns(await explainAll(view, changesOf(options, view)))
  if (objects) {
    const { objectsOf } = await import('../../app/placement/objects-of.js')
    io.out(objectsOf(found))
    return
  }
  const [only] = found
  if (found.length === 1 && only !== undefined && (format === 'table' || format === 'wide')) await show([only], format, io)
  else await showAll(found, format, io, 'Nothing in the files says where anything goes.')
}

function registerList(placement: Command, io: CommandIo): void {
  addFleetOptions(
    placement.command('list').alias('ls').description('objects of the hub that go to clusters'),
    '--hub-namespace <name>',
  )
    .option('-n, --namespace <name>', 'objects of this namespace only')
    .option('-A, --all-namespaces', 'objects of all namespaces (default)')
    .option('-l, --selector <labels>', 'objects with these labels only, as with kubectl')
    .option('-o, --output <format>', 'table, wide, json, yaml or name')
    .action(async (options: Options & { allNamespaces?: boolean; selector?: string }) => {
      const format = parseOutputFormat(options.output)
      const [{ checkSelector }, { parseLabelSelector, matchesLabels }] = await Promise.all([
        import('../options/check-selector.js'),
        import('../../kube/object/selector.js'),
      ])
      const selector = parseLabelSelector(checkSelector(options.selector) ?? '')
      const within = options.allNamespaces === true ? undefined : options.namespace
      await withFleet(hubOptions(options), io, async (fleet) => {
        const [{ withLiveView }, { explainAll }] = await Promise.all([
          import('../../app/placement/live-view.js'),
          import('../../app/placement/explain-placement.js'),
        ])
        await withLiveView(fleet, io.env, async (view) => {
          const found = withoutStandIns(await explainAll(view)).filter(
            ({ namespace, labels }) => (within === undefined || namespace === within) && matchesLabels(selector, labels),
          )
          await showAll(found, format, io, 'Nothing is placed.')
        })
      })
    })
}

/** Placements and WorkloadRebalancers go nowhere themselves. */
function withoutStandIns(found: readonly Explanation[]): readonly Explanation[] {
  return found.filter(({ id }) => !/^(placement\/Placement|karmada\/WorkloadRebalancer)\./.test(id))
}

async function show(found: readonly Explanation[], format: ReturnType<typeof parseOutputFormat>, io: CommandIo): Promise<void> {
  const { describeExplanation, explanationData } = await import('../screens/placement-screens.js')
  if (format === 'json' || format === 'yaml') {
    const data = found.map(explanationData)
    printRows({
      format,
      rows: found,
      columns: [],
      data: data.length === 1 ? data[0] : data,
      names: ({ id }) => id,
      empty: '',
      ...io,
    })
  } else if (format === 'name') io.out(`${found.map(({ id }) => id).join('\n')}\n`)
  else {
    const [first, ...others] = found
    if (others.length > 0)
      io.out(
        `${found.length} dialects want it: where clusters are the same, ${first?.dialect} wins, and ${others.map(({ dialect }) => dialect).join(', ')} is told AlreadyExists.\n\n`,
      )
    io.out(found.map((each) => describeExplanation(each, format)).join('\n'))
  }
}

async function showAll(
  found: readonly Explanation[],
  format: ReturnType<typeof parseOutputFormat>,
  io: CommandIo,
  empty: string,
): Promise<void> {
  const { describeExplanation, explanationData, placementColumns } = await import('../screens/placement-screens.js')
  printRows({
    format,
    rows: found,
    columns: placementColumns,
    data: found.map(explanationData),
    names: ({ id }) => id,
    empty: `${empty}\n`,
    out: io.out,
    err: io.err,
  })
  if (format !== 'table') return
  for (const { source, refused, warnings } of found)
    for (const { reason, message } of [...(refused === undefined ? [] : [refused]), ...warnings])
      io.err(`${refused === undefined ? 'warning' : 'refused'}: ${source}: ${reason}: ${message}\n`)
  for (const { source, decision } of found)
    if (decision?.outcome === 'not placed' || decision?.outcome === 'partly placed')
      io.err(`${decision.outcome}: ${source}: ${decision.reasons[decision.reasons.length - 1] ?? ''}\n`)
  for (const each of found) if (each.changes.length > 0) io.out(`\n${describeChanges(each, describeExplanation)}`)
}

function describeChanges(each: Explanation, describe: (explanation: Explanation, format: 'table') => string): string {
  const text = describe(each, 'table')
  return `${each.source}\n${text.slice(text.indexOf('If '))}`
}

function changesOf({ cordon = [], lose = [] }: ChangeOptions, view: PlacementView): FleetChange[] {
  checkClusters([...cordon, ...lose], view.hub.clusters)
  return [...cordon.map((cordoned) => ({ cordoned })), ...lose.map((without) => ({ without }))]
}

function checkClusters(named: readonly string[], clusters: readonly { readonly name: string }[]): void {
  const known = new Set(clusters.map(({ name }) => name))
  for (const cluster of named) {
    if (known.has(cluster)) continue
    throw new UsageError({
      code: 'unknown-cluster',
      message: `there is no cluster ${cluster}`,
      fix: `Name one of ${[...known].slice(0, 8).join(', ')}${known.size > 8 ? ' ...' : ''}.`,
    })
  }
}

function roomOf(pairs: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, cluster, count] = /^(.+)=(\d{1,9})$/.exec(pair) ?? []
      if (cluster === undefined) {
        throw new UsageError({ code: 'bad-room', message: `"${pair}" is not CLUSTER=COUNT`, fix: 'For example: --room east=10' })
      }
      return [cluster, Number(count)]
    }),
  )
}

function hubOptions({ namespace: _object, hubNamespace, ...rest }: Options): FleetOptions & { namespace?: string } {
  return { ...rest, ...(hubNamespace === undefined ? {} : { namespace: hubNamespace }) }
}
