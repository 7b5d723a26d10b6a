import type { Command } from 'commander'
import { CodedError, UsageError } from '../../base/errors.js'
import { decideRollback } from '../../dialects/argo-cd/application/decide-rollback.js'
import type { Application, Operation, RevisionHistory } from '../../dialects/argo-cd/kinds/application.js'
import { applicationType } from '../../dialects/argo-cd/kinds/resource-types.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isConflict, isNotFound } from '../../kube/object/status-error.js'
import type { CommandEntry, CommandIo } from '../contract.js'
import { checkSelector } from '../options/check-selector.js'
import { checkSync } from '../options/check-sync.js'
import { addFleetOptions, type FleetAccess, type FleetOptions, withFleet } from '../options/fleet-access.js'
import { type Column, formatAge, formatTable, parseOutputFormat, printRows } from '../screens/print.js'

type Options = FleetOptions & { namespace?: string; output?: string }

/** `flotilla app`: the Applications of a fleet. */
export const applicationCommand: CommandEntry = {
  name: 'app',
  register(program, io) {
    const app = program.command('app').description('list, look into, sync, roll back and delete Applications')
    registerList(app, io)
    registerGet(app, io)
    registerDiff(app, io)
    registerSync(app, io)
    registerHistory(app, io)
    registerRollback(app, io)
    registerDelete(app, io)
  },
}

const columns: readonly Column<Application>[] = [
  { title: 'NAME', value: (app) => app.metadata.name },
  { title: 'CLUSTER', value: (app) => app.spec.destination.name ?? app.spec.destination.server ?? '' },
  { title: 'NAMESPACE', value: (app) => app.spec.destination.namespace ?? '' },
  { title: 'PROJECT', wide: true, value: (app) => app.spec.project },
  { title: 'SYNC', value: (app) => app.status?.sync?.status ?? 'Unknown' },
  { title: 'HEALTH', value: (app) => app.status?.health?.status ?? 'Unknown' },
  { title: 'REVISION', value: (app) => shortRevision(revisionOf(app)) },
  { title: 'REPO', wide: true, value: (app) => sourceOf(app)?.repoURL ?? '' },
  { title: 'PATH', wide: true, value: (app) => sourceOf(app)?.path ?? sourceOf(app)?.chart ?? '' },
  {
    title: 'CONDITIONS',
    value: (app) =>
      [
        ...(app.metadata.deletionTimestamp === undefined ? [] : ['Deleting']),
        ...(app.status?.conditions ?? []).map((condition) => condition.type),
      ].join(','),
  },
]

function registerList(app: Command, io: CommandIo): void {
  addFleetOptions(app.command('list').alias('ls').description('list Applications'))
    .option('-l, --selector <selector>', 'label selector')
    .option('-o, --output <format>', 'table, wide, json, yaml or name')
    .action(async (options: Options & { selector?: string }) => {
      const format = parseOutputFormat(options.output)
      const labelSelector = checkSelector(options.selector)
      await withFleet(options, io, async ({ hub, namespace }) => {
        const list = await hub.list<Application>(applicationType, {
          namespace,
          ...(labelSelector === undefined ? {} : { labelSelector }),
        })
        printRows({
          format,
          rows: list.items,
          columns,
          data: list,
          names: (each) => `application.argoproj.io/${each.metadata.name}`,
          empty: `No Applications in namespace ${namespace}.`,
          out: io.out,
          err: io.err,
        })
      })
    })
}

function registerGet(app: Command, io: CommandIo): void {
  addFleetOptions(app.command('get <name>').description('show an Application with everything that it manages'))
    .option('-o, --output <format>', 'table, wide, json or yaml')
    .action(async (name: string, options: Options) => {
      const format = parseOutputFormat(options.output)
      await withFleet(options, io, async (fleet) => {
        const object = await getApplication(fleet, name)
        if (format === 'json' || format === 'yaml' || format === 'name') {
          printRows({
            format,
            rows: [object],
            columns,
            data: object,
            names: (each) => `application.argoproj.io/${each.metadata.name}`,
            empty: '',
            out: io.out,
            err: io.err,
          })
          return
        }
        io.out(describeApplication(object))
      })
    })
}

/** The screen of `app get`: facts first, then what is wrong, then the objects. */
export function describeApplication(app: Application): string {
  const status = app.status ?? {}
  const { deletionTimestamp } = app.metadata
  const lines: [string, string][] = [
    ['Name', `${app.metadata.namespace ?? ''}/${app.metadata.name}`],
    ...(deletionTimestamp === undefined ? [] : [['Deleting', `since ${deletionTimestamp}`] as [string, string]]),
    ['Project', app.spec.project],
    [
      'Destination',
      `${app.spec.destination.name ?? app.spec.destination.server ?? ''} ${app.spec.destination.namespace ?? ''}`.trim(),
    ],
    ...sourcesOf(app).map((source): [string, string] => [
      'Source',
      `${source.repoURL} ${source.path ?? source.chart ?? ''} @ ${source.targetRevision || 'HEAD'}${source.ref ? ` (ref ${source.ref})` : ''}`,
    ]),
    ['Sync', `${status.sync?.status ?? 'Unknown'} at ${shortRevision(revisionOf(app)) || '<none>'}`],
    ['Health', `${status.health?.status ?? 'Unknown'}${status.health?.message ? `: ${status.health.message}` : ''}`],
  ]
  const operation = status.operationState
  if (operation)
    lines.push([
      'Last sync',
      `${operation.phase}${operation.message ? `: ${operation.message}` : ''} (${operation.finishedAt ?? operation.startedAt})`,
    ])
  for (const condition of status.conditions ?? []) lines.push([condition.type, condition.message])
  const width = Math.max(...lines.map(([title]) => title.length)) + 2
  const head = lines.map(([title, text]) => `${`${title}:`.padEnd(width)}${text}`).join('\n')
  const results = new Map(
    (operation?.syncResult?.resources ?? []).map((result) => [
      `${result.group}/${result.kind}/${result.namespace}/${result.name}`,
      result,
    ]),
  )
  const table = formatTable(status.resources ?? [], [
    { title: 'GROUP', value: (row) => row.group ?? '' },
    { title: 'KIND', value: (row) => row.kind },
    { title: 'NAMESPACE', value: (row) => row.namespace ?? '' },
    { title: 'NAME', value: (row) => row.name },
    { title: 'STATUS', value: (row) => (row.requiresPruning ? 'OutOfSync (prune)' : (row.status ?? '')) },
    { title: 'HEALTH', value: (row) => row.health?.status ?? '' },
    {
      title: 'MESSAGE',
      value: (row) =>
        row.health?.message ?? results.get(`${row.group ?? ''}/${row.kind}/${row.namespace ?? ''}/${row.name}`)?.message ?? '',
    },
  ])
  return `${head}\n\n${table}`
}

function registerDiff(app: Command, io: CommandIo): void {
  addFleetOptions(app.command('diff <name>').description('show what a sync would change; exits 1 when something would'))
    .option('--revision <revision>', 'compare with another revision')
    .action(async (name: string, options: Options & { revision?: string }) => {
      await withFleet(options, io, async (fleet) => {
        const [{ diffApplication }, { formatObjectDiffs }] = await Promise.all([
          import('../../app/applications/application-diff.js'),
          import('../screens/format-diff.js'),
        ])
        const object = await getApplication(fleet, name)
        const diffs = await diffApplication(fleet, object, options.revision, io.env)
        const text = formatObjectDiffs(diffs, { colour: io.colour })
        if (text === '') return
        io.out(text)
        io.exitCode(1)
      })
    })
}

function registerSync(app: Command, io: CommandIo): void {
  addFleetOptions(app.command('sync <names...>').description('sync Applications and wait until they are done'))
    .option('--prune', 'delete what is no longer in the source')
    .option('--dry-run', 'try it on the clusters, change nothing')
    .option('--force', 'replace what cannot be patched')
    .option('--revision <revision>', 'sync to this revision')
    .option('--resource <group:kind:name...>', 'only these (group:kind:name or group:kind:namespace/name)')
    .option('--async', 'do not wait')
    .option('--timeout <seconds>', 'give up waiting after this long', '300')
    .action(async (names: string[], options: Options & SyncOptions) => {
      const timeoutMs = parseSeconds(options.timeout)
      const resources = options.resource?.map(parseResourceFilter)
      await withFleet(options, io, async (fleet) => {
        const operation: Operation = {
          initiatedBy: { username: io.env.USER ?? 'flotilla' },
          sync: {
            ...(options.revision ? { revision: options.revision } : {}),
            prune: options.prune === true,
            dryRun: options.dryRun === true,
            ...(options.force ? { syncStrategy: { hook: { force: true } } } : {}),
            ...(resources ? { resources } : {}),
          },
        }
        for (const name of names) checkSync(await getApplication(fleet, name), operation)
        const started = await Promise.all(names.map((name) => startOperation(fleet, name, operation)))
        if (options.async) return
        await Promise.all(started.map((each) => waitForOperation(fleet, each, timeoutMs, io)))
      })
    })
}

interface SyncOptions {
  prune?: boolean
  dryRun?: boolean
  force?: boolean
  revision?: string
  resource?: string[]
  async?: boolean
  timeout: string
}

function registerHistory(app: Command, io: CommandIo): void {
  addFleetOptions(app.command('history <name>').description('list what was deployed when'))
    .option('-o, --output <format>', 'table, wide, json, yaml or name')
    .action(async (name: string, options: Options) => {
      const format = parseOutputFormat(options.output)
      await withFleet(options, io, async (fleet) => {
        const history = [...((await getApplication(fleet, name)).status?.history ?? [])].sort((a, b) => b.id - a.id)
        const now = Date.now()
        printRows<RevisionHistory>({
          format,
          rows: history,
          columns: [
            { title: 'ID', value: (row) => String(row.id) },
            { title: 'DEPLOYED', value: (row) => formatAge(Date.parse(row.deployedAt), now) },
            { title: 'REVISION', value: (row) => shortRevision(row.revision ?? row.revisions?.join(',') ?? '') },
            { title: 'BY', value: (row) => (row.initiatedBy?.automated ? 'automated' : (row.initiatedBy?.username ?? '')) },
            { title: 'PATH', wide: true, value: (row) => row.source?.path ?? '' },
          ],
          data: history,
          names: (row) => String(row.id),
          empty: `${name} has not been deployed yet.`,
          out: io.out,
          err: io.err,
        })
      })
    })
}

function registerRollback(app: Command, io: CommandIo): void {
  addFleetOptions(
    app.command('rollback <name> [id]').description('deploy an entry of the history again (default: the one before the last)'),
  )
    .option('--prune', 'delete what that revision does not have')
    .option('--timeout <seconds>', 'give up waiting after this long', '300')
    .action(async (name: string, id: string | undefined, options: Options & { prune?: boolean; timeout: string }) => {
      const timeoutMs = parseSeconds(options.timeout)
      await withFleet(options, io, async (fleet) => {
        const object = await getApplication(fleet, name)
        const operation = decideRollback(object, {
          ...(id === undefined ? {} : { to: id }),
          prune: options.prune === true,
          username: io.env.USER ?? 'flotilla',
        })
        await waitForOperation(fleet, await startOperation(fleet, name, operation), timeoutMs, io)
      })
    })
}

function registerDelete(app: Command, io: CommandIo): void {
  addFleetOptions(app.command('delete <names...>').description('delete Applications, and what they deployed'))
    .option('--no-cascade', 'leave what they deployed on the clusters')
    .option('--propagation-policy <policy>', 'foreground or background', 'foreground')
    .option('--wait', 'wait until they are gone')
    .action(async (names: string[], options: Options & { cascade: boolean; propagationPolicy: string; wait?: boolean }) => {
      const finalizer = cascadeFinalizer(options.cascade, options.propagationPolicy)
      await withFleet(options, io, async (fleet) => {
        for (const name of names) {
          await deleteApplication(fleet, name, finalizer)
          io.out(`application.argoproj.io/${name} deleted`)
        }
        if (options.wait) for (const name of names) await waitUntilGone(fleet.hub, fleet.namespace, name)
      })
    })
}

/** Sets how it goes by its finalizer, then deletes exactly what was looked at. Others' finalizers stay. */
async function deleteApplication(fleet: FleetAccess, name: string, finalizer: string | undefined): Promise<void> {
  const target = { type: applicationType, namespace: fleet.namespace, name }
  for (let attempt = 0; ; attempt++) {
    const { metadata } = await getApplication(fleet, name)
    const present = metadata.finalizers ?? []
    const others = present.filter((each) => !each.startsWith('resources-finalizer.argocd.argoproj.io'))
    const finalizers = finalizer ? [...others, finalizer] : others
    try {
      const body = { metadata: { finalizers, resourceVersion: metadata.resourceVersion } }
      await fleet.hub.patch(target, { kind: 'merge', body })
      break
    } catch (error) {
      // The controller wrote in between, most likely its status.
      if (!isConflict(error) || attempt >= 20) throw error
    }
  }
  await fleet.hub.delete(target)
}

function cascadeFinalizer(cascade: boolean, policy: string): string | undefined {
  if (policy !== 'foreground' && policy !== 'background') {
    throw new UsageError({
      code: 'unknown-propagation-policy',
      message: `unknown propagation policy "${policy}"`,
      fix: 'Use foreground or background.',
    })
  }
  if (!cascade) return undefined
  return policy === 'background' ? 'resources-finalizer.argocd.argoproj.io/background' : 'resources-finalizer.argocd.argoproj.io'
}

async function getApplication(fleet: FleetAccess, name: string): Promise<Application> {
  try {
    return await fleet.hub.get<Application>({ type: applicationType, namespace: fleet.namespace, name })
  } catch (error) {
    if (!isNotFound(error)) throw error
    throw new CodedError({
      code: 'application-not-found',
      message: `there is no Application ${name} in namespace ${fleet.namespace} of the hub (${fleet.where})`,
      fix: 'See `flotilla app list`; -n chooses another namespace.',
    })
  }
}

/** Asks for an operation; refused while another one is under way. Returns what identifies its end. */
async function startOperation(
  fleet: FleetAccess,
  name: string,
  operation: Operation,
): Promise<{ name: string; before: string | undefined }> {
  const app = await getApplication(fleet, name)
  if (app.operation || app.status?.operationState?.phase === 'Running') {
    throw new CodedError({
      code: 'operation-in-progress',
      message: `a sync of ${name} is already under way`,
      fix: 'Wait until it is done, then try again.',
    })
  }
  await fleet.hub.patch(
    { type: applicationType, namespace: fleet.namespace, name },
    { kind: 'merge', body: { operation, metadata: { resourceVersion: app.metadata.resourceVersion } } },
  )
  return { name, before: app.status?.operationState?.startedAt }
}

async function waitForOperation(
  fleet: FleetAccess,
  started: { name: string; before: string | undefined },
  timeoutMs: number,
  io: CommandIo,
): Promise<void> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const app = await getApplication(fleet, started.name)
    const state = app.status?.operationState
    if (!app.operation && state?.finishedAt) {
      if (state.phase !== 'Succeeded') {
        throw new CodedError({
          code: 'sync-failed',
          message: `sync of ${started.name} ended as ${state.phase}: ${state.message ?? ''}`,
          fix: `See flotilla app get ${started.name}.`,
        })
      }
      io.out(
        `application.argoproj.io/${started.name} synced to ${shortRevision(state.syncResult?.revision ?? state.syncResult?.revisions?.join(',') ?? '')}: ${state.message ?? ''}`,
      )
      return
    }
    if (Date.now() > end) {
      throw new CodedError({
        code: 'sync-timeout',
        message: `${started.name} is still ${state?.phase ?? 'waiting'} after ${timeoutMs / 1000} s`,
        fix: `See flotilla app get ${started.name}; the sync goes on.`,
      })
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function waitUntilGone(hub: KubeClient, namespace: string, name: string): Promise<void> {
  for (;;) {
    try {
      await hub.get({ type: applicationType, namespace, name })
    } catch (error) {
      if (isNotFound(error)) return
      throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function parseResourceFilter(text: string): { group: string; kind: string; name: string; namespace?: string } {
  const [group, kind, rest, more] = text.split(':')
  if (group === undefined || !kind || !rest || more !== undefined) {
    throw new UsageError({
      code: 'bad-resource-filter',
      message: `"${text}" names no resource`,
      fix: 'Write group:kind:name or group:kind:namespace/name, with an empty group for core kinds: :Service:web.',
    })
  }
  const slash = rest.indexOf('/')
  return slash < 0 ? { group, kind, name: rest } : { group, kind, namespace: rest.slice(0, slash), name: rest.slice(slash + 1) }
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!Number.isFinite(seconds) || seconds < 0)
    throw new UsageError({
      code: 'bad-timeout',
      message: `--timeout ${text} is no number of seconds`,
      fix: 'For example --timeout 120.',
    })
  return seconds * 1000
}

/** `sources` wins over `source`, as upstream. */
function sourcesOf(app: Application) {
  return app.spec.sources?.length ? app.spec.sources : app.spec.source ? [app.spec.source] : []
}

function sourceOf(app: Application) {
  return sourcesOf(app)[0]
}

function revisionOf(app: Application): string {
  return app.status?.sync?.revision ?? app.status?.sync?.revisions?.join(',') ?? ''
}

function shortRevision(revision: string): string {
  return revision.replace(/[0-9a-f]{40}/g, (hash) => hash.slice(0, 7))
}
