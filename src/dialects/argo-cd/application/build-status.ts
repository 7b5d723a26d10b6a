import { formatTime } from '../../../base/clock.js'
import { equalJson } from '../../../base/json.js'
import type { Comparison, ObjectState } from '../../../delivery/delivery.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Application, ApplicationSource, ApplicationStatus, ResourceStatus } from '../kinds/application.js'
import { mergeConditions, type PlainCondition } from './conditions.js'
import { imagesOf } from './images-of.js'

/** What is known of an application after one look. */
export interface Observation {
  readonly application: Application
  /** Undefined when there was nothing to compare (an invalid specification, a repository that cannot be read). */
  readonly comparison: Comparison | undefined
  readonly sources: readonly ApplicationSource[]
  readonly multiple: boolean
  readonly revisions: readonly string[]
  readonly types: readonly string[]
  readonly objects: readonly KubeObject[]
  readonly conditions: readonly PlainCondition[]
  readonly operationState: ApplicationStatus['operationState']
  readonly history: ApplicationStatus['history']
  readonly controlNamespace: string
  /** A refresh was asked for: `reconciledAt` is set whether or not anything else has changed. */
  readonly refreshed: boolean
  readonly nowMs: number
}

/**
 * The whole status. `reconciledAt` moves only together with something else (or when a refresh was asked for): a status that
 * says the same as before is not written. Pure.
 */
export function buildStatus(observation: Observation): ApplicationStatus {
  const { application, comparison, nowMs, multiple } = observation
  const before = application.status
  const resources =
    comparison && comparison.objects.length > 0 ? resourcesOf(comparison.objects) : keptResources(before, comparison)
  const images = comparison === undefined ? before?.summary?.images : imagesOf(observation.objects)
  const conditions = mergeConditions(before?.conditions, observation.conditions, nowMs)
  const revisions = observation.revisions.length > 0 ? observation.revisions : undefined
  const { destination, ignoreDifferences } = application.spec
  const next: ApplicationStatus = {
    sync: {
      status: comparison?.sync ?? 'Unknown',
      comparedTo: {
        destination,
        ...(multiple ? { sources: [...observation.sources] } : observation.sources[0] ? { source: observation.sources[0] } : {}),
        ...(ignoreDifferences ? { ignoreDifferences } : {}),
      },
      ...(revisions && multiple ? { revisions: [...revisions] } : {}),
      ...(revisions && !multiple ? { revision: revisions[0]! } : {}),
    },
    health: healthOf(before, comparison, nowMs),
    ...(resources && resources.length > 0 ? { resources } : {}),
    ...(observation.history && observation.history.length > 0 ? { history: observation.history } : {}),
    ...(conditions ? { conditions } : {}),
    ...(observation.operationState ? { operationState: observation.operationState } : {}),
    ...(observation.types.length > 0
      ? multiple
        ? { sourceTypes: [...observation.types] }
        : { sourceType: observation.types[0]! }
      : keptTypes(before)),
    summary: images && images.length > 0 ? { images } : {},
    controllerNamespace: observation.controlNamespace,
    ...(before?.reconciledAt ? { reconciledAt: before.reconciledAt } : {}),
  }
  const same = before !== undefined && equalJson(before, next)
  return same && !observation.refreshed ? next : { ...next, reconciledAt: formatTime(nowMs) }
}

function healthOf(
  before: ApplicationStatus | undefined,
  comparison: Comparison | undefined,
  nowMs: number,
): ApplicationStatus['health'] {
  // A specification or a repository at fault says nothing of what runs.
  if (comparison === undefined) return before?.health ?? { status: 'Unknown', lastTransitionTime: formatTime(nowMs) }
  const { status, message } = comparison.health
  const since = before?.health?.status === status ? before.health.lastTransitionTime : undefined
  return { status, ...(message ? { message } : {}), lastTransitionTime: since ?? formatTime(nowMs) }
}

function resourcesOf(objects: readonly ObjectState[]): ResourceStatus[] {
  const rows = objects.map(
    (object): ResourceStatus => ({
      ...(object.group === '' ? {} : { group: object.group }),
      version: object.version,
      kind: object.kind,
      ...(object.namespace === '' ? {} : { namespace: object.namespace }),
      name: object.name,
      status: object.sync,
      ...(object.health
        ? { health: { status: object.health.status, ...(object.health.message ? { message: object.health.message } : {}) } }
        : {}),
      ...(object.hook ? { hook: true } : {}),
      ...(object.requiresPrune ? { requiresPruning: true } : {}),
      ...(object.wave === 0 ? {} : { syncWave: object.wave }),
    }),
  )
  const key = (row: ResourceStatus) => `${row.group ?? ''}/${row.kind}/${row.namespace ?? ''}/${row.name}`
  return rows.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** What was there when it was last known; how it stands is not known now. */
function keptResources(before: ApplicationStatus | undefined, comparison: Comparison | undefined): ResourceStatus[] | undefined {
  if (comparison !== undefined && comparison.sync !== 'Unknown') return undefined
  return before?.resources?.map((row) => ({ ...row, status: 'Unknown' as const }))
}

function keptTypes(before: ApplicationStatus | undefined): Pick<ApplicationStatus, 'sourceType' | 'sourceTypes'> {
  return {
    ...(before?.sourceType ? { sourceType: before.sourceType } : {}),
    ...(before?.sourceTypes ? { sourceTypes: before.sourceTypes } : {}),
  }
}
