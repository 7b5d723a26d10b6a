import {
  type Directives,
  type HookDeletePolicy,
  type HookDirectives,
  type HookType,
  noDirectives,
  type Permission,
} from '../../../delivery/directives.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

const hookAnnotation = 'argocd.argoproj.io/hook'
const hookPolicyAnnotation = 'argocd.argoproj.io/hook-delete-policy'
const waveAnnotation = 'argocd.argoproj.io/sync-wave'
const syncOptionsAnnotation = 'argocd.argoproj.io/sync-options'
const compareOptionsAnnotation = 'argocd.argoproj.io/compare-options'
const ignoreHealthAnnotation = 'argocd.argoproj.io/ignore-healthcheck'
/** By which a person approves of the deletion of an object that asks for it. */
const deletionApprovedAnnotation = 'argocd.argoproj.io/deletion-approved'

const helmHookAnnotation = 'helm.sh/hook'
const helmPolicyAnnotation = 'helm.sh/hook-delete-policy'
const helmWeightAnnotation = 'helm.sh/hook-weight'
/** Without one of these an object asks for nothing. */
const asking: ReadonlySet<string> = new Set([
  hookAnnotation,
  waveAnnotation,
  syncOptionsAnnotation,
  compareOptionsAnnotation,
  ignoreHealthAnnotation,
  helmHookAnnotation,
  helmWeightAnnotation,
])

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

/** Argo CD's annotations, and Helm's where Argo CD maps them. */
export const argoDirectives: Directives = {
  read(object) {
    const { annotations } = object.metadata
    // Most objects ask for nothing: they share one answer.
    if (annotations === undefined || !Object.keys(annotations).some((name) => asking.has(name))) return noDirectives
    const sync = words(object, syncOptionsAnnotation)
    const compare = words(object, compareOptionsAnnotation)
    const permission = (option: string): Permission => {
      if (sync.includes(`${option}=false`)) return 'no'
      return sync.includes(`${option}=confirm`) && annotations[deletionApprovedAnnotation] === undefined ? 'confirm' : 'yes'
    }
    return {
      hook: hookOf(object),
      wave: waveOf(object),
      prune: permission('Prune'),
      delete: permission('Delete'),
      pruneLast: sync.includes('PruneLast=true'),
      replace: sync.includes('Replace=true'),
      force: sync.includes('Force=true'),
      serverSideApply: sync.includes('ServerSideApply=true'),
      skipValidation: sync.includes('Validate=false'),
      applyOutOfSyncOnly: sync.includes('ApplyOutOfSyncOnly=true'),
      skipDryRunOnMissingResource: sync.includes('SkipDryRunOnMissingResource=true'),
      ignoreExtraneous: compare.includes('IgnoreExtraneous'),
      ignoresHealth: annotations[ignoreHealthAnnotation] === 'true',
    }
  },
  howToApprove: {
    one: `annotate it with ${deletionApprovedAnnotation}`,
    several: `Annotate them with ${deletionApprovedAnnotation}`,
  },
}

function words(object: KubeObject, annotation: string): string[] {
  const text = object.metadata.annotations?.[annotation]
  return text === undefined || text === '' ? [] : text.split(',').map((word) => word.trim())
}

function hookOf(object: KubeObject): HookDirectives | undefined {
  const said = words(object, hookAnnotation)
  const helm = words(object, helmHookAnnotation)
  // crd-install is how Helm 2 charts ship definitions: they are resources that stay.
  if (said.length === 0 && helm.length === 1 && helm[0] === 'crd-install') return undefined
  const own = said.filter((word) => hookTypes.has(word)) as HookType[]
  if (own.length > 0) return { types: own, deletePolicies: deletePoliciesOf(object), borrowed: false }
  if (helm.length === 0) return undefined
  // Helm's test and rollback hooks are of no phase but still no resources.
  const types = [...new Set(helm.flatMap((word) => helmHooks[word] ?? []))]
  return { types, deletePolicies: deletePoliciesOf(object), borrowed: true }
}

function deletePoliciesOf(object: KubeObject): readonly HookDeletePolicy[] {
  const own = words(object, hookPolicyAnnotation).filter(
    (word) => word === 'HookSucceeded' || word === 'HookFailed' || word === 'BeforeHookCreation',
  ) as HookDeletePolicy[]
  if (own.length > 0) return own
  const helm = words(object, helmPolicyAnnotation).flatMap((word) => helmPolicies[word] ?? [])
  return helm.length > 0 ? helm : ['BeforeHookCreation']
}

function waveOf(object: KubeObject): number {
  for (const annotation of [waveAnnotation, helmWeightAnnotation]) {
    const text = object.metadata.annotations?.[annotation]?.trim()
    if (text !== undefined && /^[+-]?\d{1,9}$/.test(text)) return Number(text)
  }
  return 0
}
