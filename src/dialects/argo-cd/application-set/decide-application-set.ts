import { controllerOf, isControlledBy } from '../../../kube/object/owner.js'
import type { Application } from '../kinds/application.js'
import type { ApplicationSet, ApplicationSetCondition } from '../kinds/application-set.js'
import { type ConditionState, conditionsFor, mergeConditions, type ReconcileOutcome } from './conditions.js'
import { type ApplicationUpdate, newApplication, updateApplication } from './desired-application.js'
import type { Generation } from './generate-applications.js'
import { compileIgnoredDifferences } from './ignored-differences.js'
import { resourcesFinalizer } from './render-application.js'
import { decideHold, type Hold, type ShrinkRules } from './shrink-guard.js'
import { type ApplicationChecks, type InvalidApplication, validateApplications } from './validate-applications.js'

export type ApplicationsSync = 'create-only' | 'create-update' | 'create-delete' | 'sync'

export interface ApplicationSetPolicy {
  /** For ApplicationSets that say nothing, or for all when `overridable` is false. `sync` unless told. */
  readonly applicationsSync?: ApplicationsSync
  /** Whether spec.syncPolicy.applicationsSync counts; true unless told, as upstream without a controller policy. */
  readonly overridable?: boolean
  readonly shrink?: ShrinkRules
}

export interface ApplicationSetRequest {
  readonly appSet: ApplicationSet
  readonly generated: Generation
  /** All applications of the ApplicationSet's namespace, whoever owns them. */
  readonly existing: readonly Application[]
  readonly checks: ApplicationChecks
  /** Epoch milliseconds. */
  readonly now: number
  readonly policy?: ApplicationSetPolicy
}

export interface ApplicationDeletion {
  readonly application: Application
  /** Its cluster is not known any more: without this finalizer its deletion can end. */
  readonly dropsResourcesFinalizer: boolean
}

export interface ApplicationSetDecision {
  readonly create: readonly Application[]
  readonly update: readonly ApplicationUpdate[]
  readonly delete: readonly ApplicationDeletion[]
  /** Applications that are generated but cannot work; they are left as they are. */
  readonly invalid: readonly InvalidApplication[]
  readonly hold: Hold | undefined
  readonly warnings: readonly string[]
  /** The whole new list for status.conditions. */
  readonly conditions: ApplicationSetCondition[]
}

/** What applications to create, update and delete, so that there are those that the generators give. Changes nothing itself. */
export function decideApplicationSet(request: ApplicationSetRequest): ApplicationSetDecision {
  const { appSet, generated, now } = request
  const problem = generated.problems[0]
  if (problem !== undefined) {
    const outcome: ReconcileOutcome = { kind: 'generation-failed', reason: problem.reason, message: problem.message }
    return decision(appSet, now, outcome, { warnings: generated.warnings })
  }
  const sync = effectiveSync(appSet, request.policy)
  const ignored = compileIgnoredDifferences(appSet.spec.ignoreApplicationDifferences)
  const validated = validateApplications(appSet, generated.applications, request.checks)
  const warnings = [...generated.warnings, ...validated.warnings, ...ignored.unsupported]
  const invalid = [...validated.invalid]
  const mine = request.existing.filter((application) => isControlledBy(application, appSet))
  const byName = new Map(request.existing.map((application) => [application.metadata.name, application]))

  let create: Application[] = []
  const update: ApplicationUpdate[] = []
  for (const wanted of validated.valid) {
    const live = byName.get(wanted.metadata.name)
    const owner = live === undefined ? undefined : controllerOf(live)
    if (live === undefined) create.push(newApplication(appSet, wanted))
    else if (owner !== undefined && !isControlledBy(live, appSet)) {
      invalid.push({
        name: wanted.metadata.name,
        message: `application ${wanted.metadata.name} already belongs to ${owner.kind} ${owner.name}; give one of them another name`,
      })
    } else if (allowsUpdate(sync) && live.metadata.deletionTimestamp === undefined) {
      const change = updateApplication(appSet, live, wanted, ignored)
      if (change !== undefined) update.push(change)
    }
  }

  const names = new Set(generated.applications.map((application) => application.metadata.name))
  const present = mine.filter((application) => application.metadata.deletionTimestamp === undefined)
  const unwanted = allowsDelete(sync) ? present.filter((application) => !names.has(application.metadata.name)) : []
  const hold = decideHold(appSet, present, unwanted, request.policy?.shrink)
  // A renamed template would otherwise put a second application over the resources of each one that is held.
  if (hold !== undefined) create = []
  const deletions = hold === undefined ? unwanted.map((application) => deletion(application, request.checks)) : []

  return decision(
    appSet,
    now,
    outcomeOf(hold, invalid),
    { create, update, delete: deletions, invalid, hold, warnings },
    ignored.unsupported,
  )
}

function outcomeOf(hold: Hold | undefined, invalid: readonly InvalidApplication[]): ReconcileOutcome {
  if (hold !== undefined) return { kind: 'troubled', reason: hold.reason, message: hold.message }
  const [first, ...others] = [...invalid].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  if (first === undefined) return { kind: 'up-to-date' }
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return { kind: 'troubled', reason: 'ApplicationValidationError', message: first.message + more }
}

function decision(
  appSet: ApplicationSet,
  now: number,
  outcome: ReconcileOutcome,
  parts: Partial<Omit<ApplicationSetDecision, 'conditions'>>,
  unsupported: readonly string[] = [],
): ApplicationSetDecision {
  const states: ConditionState[] = conditionsFor(outcome)
  if (unsupported.length > 0) {
    states.push({ type: 'Unsupported', status: 'True', reason: 'IgnoreRuleNotUnderstood', message: unsupported.join('; ') })
  }
  const warnings = parts.warnings ?? []
  const notable = warnings.filter((warning) => !unsupported.includes(warning))
  if (notable.length > 0) states.push({ type: 'Warning', status: 'True', reason: 'LikelyMistake', message: limited(notable) })
  return {
    create: parts.create ?? [],
    update: parts.update ?? [],
    delete: parts.delete ?? [],
    invalid: parts.invalid ?? [],
    hold: parts.hold,
    warnings,
    conditions: mergeConditions(appSet.status?.conditions, states, now),
  }
}

function limited(warnings: readonly string[]): string {
  const shown = warnings.slice(0, 5).join('; ')
  return warnings.length > 5 ? `${shown}; and ${warnings.length - 5} more` : shown
}

function deletion(application: Application, checks: ApplicationChecks): ApplicationDeletion {
  const isCascading = (application.metadata.finalizers ?? []).includes(resourcesFinalizer)
  return {
    application,
    dropsResourcesFinalizer: isCascading && checks.explainDestination(application.spec.destination) !== undefined,
  }
}

/** Which changes are allowed to an ApplicationSet's applications. */
export function effectiveSync(appSet: ApplicationSet, policy: ApplicationSetPolicy = {}): ApplicationsSync {
  const own = appSet.spec.syncPolicy?.applicationsSync
  return (policy.overridable !== false ? own : undefined) ?? policy.applicationsSync ?? 'sync'
}

function allowsUpdate(sync: ApplicationsSync): boolean {
  return sync === 'sync' || sync === 'create-update'
}

/** Also: whether deleting the ApplicationSet may delete its applications. */
export function allowsDelete(sync: ApplicationsSync): boolean {
  return sync === 'sync' || sync === 'create-delete'
}
