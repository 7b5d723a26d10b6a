import { formatTime } from '../../base/clock.js'
import type { Comparison } from '../../delivery/delivery.js'
import { isError, type PlainCondition } from '../../dialects/argo-cd/application/conditions.js'
import { decideAutoSync } from '../../dialects/argo-cd/application/decide-auto-sync.js'
import { decideDestination } from '../../dialects/argo-cd/application/decide-destination.js'
import { decideSources } from '../../dialects/argo-cd/application/decide-sources.js'
import type { AppProject } from '../../dialects/argo-cd/kinds/app-project.js'
import type { Application, ResourceStatus } from '../../dialects/argo-cd/kinds/application.js'
import { decideSyncWindow } from '../../dialects/argo-cd/project/sync-windows.js'
import type { ClusterState, Inventory } from '../../inventory/cluster.js'
import { type FleetExplanation, Steps, someOf } from './explanation.js'

export interface ApplicationFacts {
  readonly application: Application
  /** Undefined where there is none of its name. */
  readonly project: AppProject | undefined
  readonly inventory: Pick<Inventory, 'find'>
  readonly stateOf: (cluster: string) => ClusterState
  readonly nowMs: number
}

/** Objects that are told one by one. */
const mostObjects = 12

/** Why an Application is as it is: with the decisions that the controller makes, on what stands in its status. Pure. */
export function explainApplication(facts: ApplicationFacts): FleetExplanation {
  const { application, nowMs } = facts
  const { metadata, spec, status = {} } = application
  const steps = new Steps()
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
  if (owner !== undefined) steps.add('dialect', 'made by', 'info', `${owner.kind} ${owner.name}`)
  const project = spec.project || 'default'
  if (facts.project === undefined) steps.add('dialect', 'project', 'bad', `there is no AppProject ${project}`)
  const decided = decideSources(spec)
  if ('problem' in decided) steps.add('dialect', 'source', 'bad', decided.problem)
  else
    for (const { repoURL, path, chart, targetRevision, ref } of decided.sources)
      steps.add(
        'dialect',
        'source',
        'info',
        `${[repoURL, chart ?? path].filter(Boolean).join(' ')} @ ${targetRevision || 'HEAD'}${ref ? ` (ref ${ref})` : ''}`,
      )
  const cluster = explainDestination(steps, facts)
  const conditions = (status.conditions ?? []) as readonly (PlainCondition & { lastTransitionTime?: string })[]
  const { sync, health, resources = [] } = status
  const revisions = sync?.revisions ?? (sync?.revision ? [sync.revision] : [])
  const differing = resources.filter(({ status: is }) => is === 'OutOfSync')
  if (sync === undefined) {
    steps.add('model', 'comparison', 'waits', 'it has not been looked at yet')
    steps.waits('the hub to look at it for the first time')
  } else {
    const at = revisions.length === 0 ? '' : ` at ${revisions.map(shortRevision).join(', ')}`
    const names = differing.length === 0 ? '' : `: ${someOf(differing.map(nameOf))}`
    steps.add(
      'model',
      'comparison',
      sync.status === 'Synced' ? 'ok' : sync.status === 'Unknown' ? 'bad' : 'info',
      `${sync.status}${at}${names}`,
    )
  }
  for (const { type, message, lastTransitionTime } of conditions)
    steps.add('engine', type, type.endsWith('Error') ? 'bad' : 'info', message, lastTransitionTime)
  explainSync(steps, facts, cluster, conditions, 'problem' in decided ? undefined : decided)
  explainOperation(steps, application, nowMs)
  explainObjects(steps, resources, status.operationState?.syncResult?.resources ?? [], sync?.status !== 'Unknown')
  if (metadata.deletionTimestamp !== undefined) {
    steps.add(
      'engine',
      'deletion',
      'waits',
      `held by ${(metadata.finalizers ?? []).join(', ') || 'nothing'}`,
      metadata.deletionTimestamp,
    )
    for (const finalizer of metadata.finalizers ?? []) steps.waits(`the finalizer ${finalizer}`)
  }
  const healthText = `${health?.status ?? 'Unknown'}${health?.message ? ` (${health.message})` : ''}`
  return {
    object: `Application ${metadata.namespace ?? ''}/${metadata.name}`,
    state: `${sync?.status ?? 'Unknown'}, ${healthText}`,
    steps: steps.list,
    waitsFor: steps.waitsFor,
  }
}

function explainDestination(
  steps: Steps,
  { application, inventory, stateOf }: ApplicationFacts,
): { name: string; server: string } | undefined {
  const { destination } = application.spec
  const found = decideDestination(destination, inventory)
  if ('problem' in found) {
    steps.add('model', 'destination', 'bad', found.problem)
    steps.waits(`a cluster ${destination.name || destination.server} in the fleet, or another destination`)
    return undefined
  }
  const { name } = found.cluster
  const { health, message, reason, since } = found.cluster.problem
    ? { health: 'Degraded', ...found.cluster.problem, since: 0 }
    : stateOf(name)
  const good = health === 'Healthy'
  const why = `cluster ${name}${destination.namespace ? `, namespace ${destination.namespace}` : ''}: ${health}${good ? '' : `: ${[reason, message].filter(Boolean).join(': ')}`}`
  steps.add(
    'model',
    'destination',
    good ? 'ok' : health === 'Degraded' ? 'bad' : 'waits',
    why,
    since > 0 ? formatTime(since) : undefined,
  )
  if (!good) steps.waits(`cluster ${name} to answer`)
  return found.cluster
}

function explainSync(
  steps: Steps,
  { application, project, nowMs }: ApplicationFacts,
  cluster: { name: string; server: string } | undefined,
  conditions: readonly PlainCondition[],
  decided: Exclude<ReturnType<typeof decideSources>, { problem: string }> | undefined,
): void {
  const { status, spec, metadata } = application
  if (status?.sync === undefined || decided === undefined) return
  const broken = conditions.find(isError)
  if (broken !== undefined) {
    steps.add('engine', 'sync', 'bad', `nothing is synced while ${broken.type} stands`)
    if (steps.waitsFor.length === 0) steps.waits(`somebody to mend it: ${broken.message ?? broken.type}`)
    return
  }
  const { sources, multiple } = decided
  const revisions = status.sync.revisions ?? (status.sync.revision === undefined ? [] : [status.sync.revision])
  const decision = decideAutoSync({
    application,
    comparison: comparisonOf(status.sync.status, status.resources ?? []),
    sources,
    multiple,
    revisions,
    nowMs,
  })
  const outOfSync = status.sync.status === 'OutOfSync'
  if (decision.kind === 'none') {
    steps.add('engine', 'sync', 'info', decision.why)
    if (outOfSync && application.operation === undefined && metadata.deletionTimestamp === undefined && !isUnderWay(application))
      steps.waits(`somebody to sync it: flotilla app sync ${metadata.name}`)
  } else if (decision.kind === 'refused') {
    // The controller has said so as a condition where it got as far.
    if (!conditions.some(({ message }) => message === decision.message)) steps.add('engine', 'sync', 'bad', decision.message)
    steps.waits('another revision, or somebody to sync it')
  } else if (decision.kind === 'later') {
    steps.add('engine', 'sync', 'waits', 'drift is healed with growing pauses', formatTime(decision.at))
    steps.waits(`${formatTime(decision.at)}, when drift is healed again`)
  } else if (cluster !== undefined && project !== undefined && isShut(project, application, cluster, nowMs)) {
    steps.add('engine', 'sync', 'waits', 'Sync operation blocked by sync window')
    steps.waits(`a sync window of AppProject ${spec.project || 'default'} to open`)
  } else steps.add('engine', 'sync', 'waits', 'it is about to be synced by itself')
}

function isShut(
  project: AppProject,
  { metadata, spec }: Application,
  cluster: { name: string; server: string },
  nowMs: number,
): boolean {
  const subject = {
    name: metadata.name,
    namespace: spec.destination.namespace ?? '',
    clusterName: cluster.name,
    server: cluster.server,
  }
  return decideSyncWindow(project, subject, false, nowMs) === 'blocked'
}

function isUnderWay({ status }: Application): boolean {
  return status?.operationState?.phase === 'Running' || status?.operationState?.phase === 'Terminating'
}

function explainOperation(steps: Steps, application: Application, nowMs: number): void {
  const state = application.status?.operationState
  if (application.operation !== undefined)
    steps.add('engine', 'operation', 'waits', 'a sync was asked for, and is about to start')
  if (state === undefined) return
  const by =
    state.operation.initiatedBy?.automated === true ? 'by itself' : (state.operation.initiatedBy?.username ?? 'asked for')
  const tries = state.retryCount ? `, ${state.retryCount} retries` : ''
  const words = `${state.phase} (${by}${tries})${state.message ? `: ${state.message}` : ''}`
  const running = isUnderWay(application)
  steps.add(
    'engine',
    'operation',
    running ? 'waits' : state.phase === 'Succeeded' ? 'ok' : 'bad',
    words,
    state.finishedAt ?? state.startedAt,
  )
  if (running) {
    const minutes = Math.floor((nowMs - Date.parse(state.startedAt)) / 60_000)
    steps.waits(`the sync that began ${minutes < 1 ? 'just now' : `${minutes}m ago`}: ${state.message ?? 'under way'}`)
  }
}

/** Every object that is not as it should be, the worst first; results of the last sync where they failed. */
function explainObjects(
  steps: Steps,
  resources: readonly ResourceStatus[],
  results: readonly {
    group: string
    kind: string
    namespace: string
    name: string
    status?: string
    message?: string
    hookPhase?: string
  }[],
  isKnown: boolean,
): void {
  const failed = new Map(
    results
      .filter(({ status, hookPhase }) => status === 'SyncFailed' || hookPhase === 'Failed' || hookPhase === 'Error')
      .map((result) => [nameOf(result), result.message ?? 'failed']),
  )
  const wrong = resources
    .filter(
      (row) =>
        failed.has(nameOf(row)) ||
        (row.health?.status !== undefined && row.health.status !== 'Healthy') ||
        row.status === 'OutOfSync',
    )
    .sort((a, b) => weightOf(a, failed) - weightOf(b, failed))
  for (const row of wrong.slice(0, mostObjects)) {
    const { status, health, requiresPruning } = row
    const parts = [
      status === 'Synced' ? undefined : requiresPruning ? `${status}, to be pruned` : status,
      health?.status === undefined || health.status === 'Healthy'
        ? undefined
        : `${health.status}${health.message ? `: ${health.message}` : ''}`,
      failed.get(nameOf(row)),
    ].filter((part) => part !== undefined)
    const waiting = health?.status === 'Progressing'
    const bad = failed.has(nameOf(row)) || health?.status === 'Degraded' || health?.status === 'Unknown'
    steps.add('cluster', nameOf(row), bad ? 'bad' : waiting ? 'waits' : 'info', parts.join('; '), health?.lastTransitionTime)
    if (waiting) steps.waits(`${nameOf(row)} to become healthy`)
    failed.delete(nameOf(row))
  }
  if (wrong.length > mostObjects)
    steps.add('cluster', 'more', 'info', `${wrong.length - mostObjects} more objects are not as they should be`)
  for (const [name, message] of [...failed].slice(0, mostObjects)) steps.add('cluster', name, 'bad', message)
  if (wrong.length === 0 && failed.size === 0 && resources.length > 0) {
    if (isKnown) steps.add('cluster', 'objects', 'ok', `all ${resources.length} are as they should be`)
    else steps.add('cluster', 'objects', 'info', `all ${resources.length} were as they should be when they were last seen`)
  }
}

function weightOf(row: ResourceStatus, failed: ReadonlyMap<string, string>): number {
  if (failed.has(nameOf(row))) return 0
  const place = ['Degraded', 'Unknown', 'Missing', 'Progressing', 'Suspended'].indexOf(row.health?.status ?? '')
  return place < 0 ? 9 : place + 1
}

/** What the status keeps of a comparison, as the decision wants it. */
function comparisonOf(sync: Comparison['sync'], resources: readonly ResourceStatus[]): Comparison {
  return {
    sync,
    health: { status: 'Unknown' },
    problems: [],
    objects: resources.map(
      ({ group = '', version = '', kind, namespace = '', name, status = 'Unknown', requiresPruning, hook }) => ({
        group,
        version,
        kind,
        namespace,
        name,
        sync: status,
        health: undefined,
        requiresPrune: requiresPruning === true,
        live: true,
        wave: 0,
        hook: hook === true,
        differences: [],
      }),
    ),
  }
}

function nameOf({ kind, namespace, name }: { kind: string; namespace?: string; name: string }): string {
  return `${kind} ${namespace ? `${namespace}/` : ''}${name}`
}

function shortRevision(revision: string): string {
  return /^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 7) : revision
}
