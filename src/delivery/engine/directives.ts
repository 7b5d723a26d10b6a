import type { KubeObject } from '../../kube/object/kube-object.js'

export type SyncPhase = 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail'
export type HookType = SyncPhase | 'PreDelete' | 'PostDelete' | 'Skip'
export type HookDeletePolicy = 'HookSucceeded' | 'HookFailed' | 'BeforeHookCreation'

// What an object's own annotations ask of the engine. The vocabulary is Argo CD's (and Helm's, where upstream maps it):
// dialects with another vocabulary translate theirs onto it when they render.
const hookAnnotation = 'argocd.argoproj.io/hook'
const hookPolicyAnnotation = 'argocd.argoproj.io/hook-delete-policy'
const waveAnnotation = 'argocd.argoproj.io/sync-wave'
const syncOptionsAnnotation = 'argocd.argoproj.io/sync-options'
const compareOptionsAnnotation = 'argocd.argoproj.io/compare-options'
const ignoreHealthAnnotation = 'argocd.argoproj.io/ignore-healthcheck'
/** By which a person approves of the deletion of an object that asks for it. */
export const deletionApprovedAnnotation = 'argocd.argoproj.io/deletion-approved'

const hookTypes: ReadonlySet<string> = new Set(['PreSync', 'Sync', 'PostSync', 'SyncFail', 'PreDelete', 'PostDelete', 'Skip'])
const helmHooks: Readonly<Record<string, HookType>> = {
  'crd-install': 'PreSync',
  'pre-install': 'PreSync',
  'pre-upgrade': 'PreSync',
  'post-install': 'PostSync',
  'post-upgrade': 'PostSync',
  'pre-delete': 'PreDelete',
  'post-delete': 'PostDelete',
}
const helmPolicies: Readonly<Record<string, HookDeletePolicy>> = {
  'hook-succeeded': 'HookSucceeded',
  'hook-failed': 'HookFailed',
  'before-hook-creation': 'BeforeHookCreation',
}

function words(object: KubeObject, annotation: string): string[] {
  const text = object.metadata.annotations?.[annotation]
  return text === undefined || text === '' ? [] : text.split(',').map((word) => word.trim())
}

/** When the object is a hook, for which phases; Helm's test and rollback hooks are none of them but still no resources. */
export function hookTypesOf(object: KubeObject): readonly HookType[] {
  const own = words(object, hookAnnotation).filter((word) => hookTypes.has(word)) as HookType[]
  if (own.length > 0) return own
  return [...new Set(words(object, 'helm.sh/hook').flatMap((word) => helmHooks[word] ?? []))]
}

/** True for everything that is not compared and not pruned as a resource. */
export function isHook(object: KubeObject): boolean {
  const helm = words(object, 'helm.sh/hook')
  // crd-install is how Helm 2 charts ship definitions: they are resources that stay.
  if (words(object, hookAnnotation).length === 0 && helm.length === 1 && helm[0] === 'crd-install') return false
  return hookTypesOf(object).length > 0 || helm.length > 0
}

export function hasArgoHook(object: KubeObject): boolean {
  return words(object, hookAnnotation).some((word) => hookTypes.has(word))
}

export function hookDeletePolicies(object: KubeObject): readonly HookDeletePolicy[] {
  const own = words(object, hookPolicyAnnotation).filter(
    (word) => word === 'HookSucceeded' || word === 'HookFailed' || word === 'BeforeHookCreation',
  ) as HookDeletePolicy[]
  if (own.length > 0) return own
  const helm = words(object, 'helm.sh/hook-delete-policy').flatMap((word) => helmPolicies[word] ?? [])
  return helm.length > 0 ? helm : ['BeforeHookCreation']
}

export function waveOf(object: KubeObject): number {
  for (const annotation of [waveAnnotation, 'helm.sh/hook-weight']) {
    const text = object.metadata.annotations?.[annotation]?.trim()
    if (text !== undefined && /^[+-]?\d{1,9}$/.test(text)) return Number(text)
  }
  return 0
}

/** Whether the object's annotation names the option, such as `Replace=true`. */
export function hasSyncOption(object: KubeObject, option: string): boolean {
  return words(object, syncOptionsAnnotation).includes(option)
}

export function hasCompareOption(object: KubeObject, option: string): boolean {
  return words(object, compareOptionsAnnotation).includes(option)
}

export function ignoresHealth(object: KubeObject): boolean {
  return object.metadata.annotations?.[ignoreHealthAnnotation] === 'true'
}

export function isDeletionApproved(object: KubeObject): boolean {
  return object.metadata.annotations?.[deletionApprovedAnnotation] !== undefined
}
