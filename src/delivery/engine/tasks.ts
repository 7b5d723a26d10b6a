import { kindRank } from '../../kube/object/kind-order.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { ObjectKey, SyncRequest } from '../delivery.js'
import { type HookType, noDirectives, type ObjectDirectives, type SyncPhase } from '../directives.js'
import type { DesiredEntry } from './desired-entry.js'
import type { LiveObject } from './live-object.js'
import { identityOf, objectKeyOf } from './object-identity.js'
import type { PreparedHook } from './prepare.js'

/** One thing that a sync does. */
export interface SyncTask {
  /** `Sync/apps/Deployment/shop/web`: the same in every pass. */
  readonly id: string
  readonly key: ObjectKey
  readonly identity: string
  readonly phase: SyncPhase
  readonly wave: number
  /** Placed and marked; undefined for pruning. */
  readonly desired: KubeObject | undefined
  /** What `desired` asks of the engine; a live object that is pruned has its answers in `prune`. */
  readonly directives: ObjectDirectives
  readonly entry: DesiredEntry | undefined
  readonly hook: HookType | undefined
  /** What is to be pruned. */
  readonly prune: LiveObject | undefined
  /** Undefined while the cluster does not serve the kind. */
  readonly type: ResourceType | undefined
}

const phaseOrder: readonly SyncPhase[] = ['PreSync', 'Sync', 'PostSync', 'SyncFail']

/**
 * What a sync has to do, in order: phase, wave, kind, name; definitions before what they define and namespaces before what
 * is in them; pruning in reverse waves. Pure.
 */
export function decideTasks(input: {
  entries: readonly DesiredEntry[]
  hooks: readonly PreparedHook[]
  extras: readonly { live: LiveObject; type: ResourceType }[]
  types: ReadonlyMap<string, ResourceType | undefined>
  request: SyncRequest
  /** Seven characters that tell this content from other content. */
  revision: string
  startedAt: number
  mark(object: KubeObject): KubeObject
}): SyncTask[] {
  const { request } = input
  const selected = request.only ? new Set(request.only.map((key) => identityOf(key))) : undefined
  const chosen = (identity: string) => selected === undefined || selected.has(identity)
  const tasks: { -readonly [Field in keyof SyncTask]: SyncTask[Field] }[] = []

  for (const entry of input.entries) {
    if (!chosen(entry.identity)) continue
    tasks.push({
      id: `Sync/${entry.identity}`,
      key: objectKeyOf(entry.object),
      identity: entry.identity,
      phase: 'Sync',
      wave: entry.directives.wave,
      desired: entry.marked,
      directives: entry.directives,
      entry,
      hook: undefined,
      prune: undefined,
      type: input.types.get(entry.identity),
    })
  }
  // A selective sync runs no hooks, as upstream.
  for (const { object, directives } of selected || request.skipHooks ? [] : input.hooks) {
    const type = input.types.get(identityOf(objectKeyOf(object)))
    for (const hook of directives.hook.types) {
      if (hook === 'PreDelete' || hook === 'PostDelete' || hook === 'Skip') continue
      const named = input.mark(nameHook(object, hook, input.revision, input.startedAt))
      const key = objectKeyOf(named)
      const identity = identityOf(key)
      tasks.push({
        id: `${hook}/${identity}`,
        key,
        identity,
        phase: hook,
        wave: directives.wave,
        desired: named,
        directives,
        entry: undefined,
        hook,
        prune: undefined,
        type,
      })
    }
  }
  const pruned = input.extras.filter(({ live, type }) => chosen(identityOf({ ...live, group: type.group })))
  const waves = [...new Set(pruned.map(({ live }) => live.wave))].sort((a, b) => a - b)
  const lastWave = Math.max(0, ...tasks.filter((task) => task.phase === 'Sync').map((task) => task.wave), ...waves)
  for (const { live, type } of pruned) {
    const key: ObjectKey = {
      group: type.group,
      version: type.version,
      kind: live.kind,
      namespace: live.namespace,
      name: live.name,
    }
    const identity = identityOf(key)
    tasks.push({
      id: `Sync/${identity}`,
      key,
      identity,
      phase: 'Sync',
      wave: request.options.pruneLast || live.pruneLast ? lastWave + 1 : waves[waves.length - 1 - waves.indexOf(live.wave)]!,
      desired: undefined,
      directives: noDirectives,
      entry: undefined,
      hook: undefined,
      prune: live,
      type,
    })
  }
  moveBeforeUsers(tasks)
  return tasks.sort(compareTasks)
}

/** A namespace or a definition is applied no later than the first object that needs it. */
function moveBeforeUsers(tasks: { phase: SyncPhase; wave: number; desired: KubeObject | undefined; key: ObjectKey }[]): void {
  for (const task of tasks) {
    const { desired } = task
    if (desired === undefined || task.phase !== 'Sync') continue
    const needs = neededBy(desired)
    if (needs === undefined) continue
    for (const user of tasks) {
      if (user === task || user.desired === undefined || !needs(user.key)) continue
      if (phaseOrder.indexOf(user.phase) < phaseOrder.indexOf(task.phase)) {
        task.phase = user.phase
        task.wave = user.wave
      } else if (user.phase === task.phase && user.wave < task.wave) task.wave = user.wave
    }
  }
}

function neededBy(object: KubeObject): ((key: ObjectKey) => boolean) | undefined {
  if (object.kind === 'Namespace' && object.apiVersion === 'v1') return (key) => key.namespace === object.metadata.name
  if (object.kind === 'CustomResourceDefinition') {
    const spec = object.spec as { group?: string; names?: { kind?: string } } | undefined
    return (key) => key.group === spec?.group && key.kind === spec?.names?.kind
  }
  return undefined
}

function compareTasks(a: SyncTask, b: SyncTask): number {
  return (
    phaseOrder.indexOf(a.phase) - phaseOrder.indexOf(b.phase) ||
    a.wave - b.wave ||
    // Within a wave, what goes makes room first.
    Number(a.desired !== undefined) - Number(b.desired !== undefined) ||
    firstRank(a) - firstRank(b) ||
    kindRank(a.key.kind) - kindRank(b.key.kind) ||
    (a.key.kind < b.key.kind ? -1 : a.key.kind > b.key.kind ? 1 : 0) ||
    (a.identity < b.identity ? -1 : a.identity > b.identity ? 1 : 0)
  )
}

/** What others in the same wave cannot exist without comes first. */
function firstRank(task: SyncTask): number {
  if (task.key.kind === 'Namespace' && task.key.group === '') return 0
  if (task.key.kind === 'CustomResourceDefinition') return 1
  return 2
}

/** Hooks may leave their name to us: it then tells revision, phase and the time of the sync, as upstream's. */
function nameHook(object: KubeObject, hook: string, revision: string, startedAt: number): KubeObject {
  if (object.metadata.name || !object.metadata.generateName) return object
  const { generateName, ...metadata } = object.metadata
  return {
    ...object,
    metadata: { ...metadata, name: `${generateName}${revision}-${hook.toLowerCase()}-${Math.floor(startedAt / 1000)}` },
  }
}

/** True when the tasks are more than one step: then each step waits until the one before is healthy. */
export function isMultiStep(tasks: readonly SyncTask[]): boolean {
  const first = tasks.find((task) => task.phase !== 'SyncFail')
  return tasks.some((task) => task.phase !== 'SyncFail' && (task.phase !== first?.phase || task.wave !== first.wave))
}
