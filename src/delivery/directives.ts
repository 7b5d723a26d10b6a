import type { KubeObject } from '../kube/object/kube-object.js'

export type SyncPhase = 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail'
export type HookType = SyncPhase | 'PreDelete' | 'PostDelete' | 'Skip'
export type HookDeletePolicy = 'HookSucceeded' | 'HookFailed' | 'BeforeHookCreation'

/** How an object that runs in a phase is run, instead of being compared and pruned as a resource. */
export interface HookDirectives {
  /** Empty for a hook that no phase runs (a chart's test): still no resource. */
  readonly types: readonly HookType[]
  readonly deletePolicies: readonly HookDeletePolicy[]
  /** Said in a vocabulary that is only understood besides the dialect's own: it counts unless the delivery has a hook in that. */
  readonly borrowed: boolean
}

/** Whether something may be done to an object; `confirm`: not before a person has approved, which nobody has yet. */
export type Permission = 'yes' | 'no' | 'confirm'

/** What one object asks of the engine. What the sync as a whole asks for (`SyncOptions`) holds besides. */
export interface ObjectDirectives {
  /** Undefined for a resource. */
  readonly hook: HookDirectives | undefined
  readonly wave: number
  /** When it is no longer desired. */
  readonly prune: Permission
  /** When the whole delivery is withdrawn. */
  readonly delete: Permission
  readonly pruneLast: boolean
  readonly replace: boolean
  readonly force: boolean
  readonly serverSideApply: boolean
  /** Fields that the schema does not know are let through. */
  readonly skipValidation: boolean
  readonly applyOutOfSyncOnly: boolean
  readonly skipDryRunOnMissingResource: boolean
  /** It does not make its delivery out of sync. */
  readonly ignoreExtraneous: boolean
  /** Its health does not count for that of its delivery. */
  readonly ignoresHealth: boolean
}

/**
 * Reads what objects ask of the engine, in the words of a dialect. It is read from live objects too, long after the delivery
 * that brought them is gone, so an engine has one reader for whatever it meets.
 */
export interface Directives {
  /** Of any object, desired or live; what cannot be understood asks for nothing. */
  read(object: KubeObject): ObjectDirectives
  /** Tells a person how to approve of a deletion that waits for it. */
  readonly howToApprove: {
    /** Of one object, within a sentence: `annotate it with ...`. */
    readonly one: string
    /** Of several, as a sentence. */
    readonly several: string
  }
}

/** Of an object that asks for nothing. */
export const noDirectives: ObjectDirectives = {
  hook: undefined,
  wave: 0,
  prune: 'yes',
  delete: 'yes',
  pruneLast: false,
  replace: false,
  force: false,
  serverSideApply: false,
  skipValidation: false,
  applyOutOfSyncOnly: false,
  skipDryRunOnMissingResource: false,
  ignoreExtraneous: false,
  ignoresHealth: false,
}
