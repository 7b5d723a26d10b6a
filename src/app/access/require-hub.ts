import { CodedError, UsageError } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { hasReason, isNotFound, StatusError } from '../../kube/object/status-error.js'
import type { ChosenKubeconfig } from './choose-kubeconfig.js'

/**
 * Throws when a context that nobody named, or that is a member of an embedded fleet, reaches no hub: many commands would find nothing
 * there, and some would write. A hub serves the kinds of Argo CD; who may not ask is let through. A member may be the hub of others.
 */
export async function requireHub({ reaches, isImplied, place, context }: ChosenKubeconfig, hub: KubeClient): Promise<void> {
  if (reaches === 'hub' || (reaches === 'anything' && !isImplied)) return
  const serves = reaches !== 'all-members' && (await servesApplications(hub))
  if (serves) return
  const what = {
    'all-members': 'is the API over all members of a fleet, not its hub',
    member: 'is a member of the fleet, not its hub',
    anything: 'reaches a cluster that is no hub: it does not serve the kinds of Argo CD',
  }[reaches]
  throw new UsageError({
    code: 'not-a-hub',
    message: `${place} ${what}`,
    fix:
      reaches === 'anything'
        ? 'Give --context, --kubeconfig or --data-dir of a hub, or start one: `flotilla up` for an embedded fleet, `flotilla hub --install` for this cluster.'
        : `Give --context hub, or make it the current one instead of ${context}: kubectl config use-context hub`,
  })
}

async function servesApplications(hub: KubeClient): Promise<boolean> {
  try {
    await hub.raw('GET', '/apis/argoproj.io')
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    if (error instanceof StatusError && error.httpCode === 403) return true
    throw error
  }
}

/** An error of the way to the hub says which context it took, and from where; any other is as it was. */
export function ofHub(error: unknown, { place, dataDirectory, reaches }: ChosenKubeconfig): unknown {
  if (!(error instanceof CodedError)) return error
  const isUnreachable = error.code === 'cluster-unreachable' && error.message.startsWith('cluster hub:')
  if (!isUnreachable && !hasReason(error, 'Unauthorized')) return error
  const fix = isUnreachable && reaches === 'hub' ? `See whether the fleet of ${dataDirectory} runs (flotilla up).` : error.fix
  const { code, message } = error
  return new CodedError({ code, message: `${message} (${place})`, cause: error, ...(fix === undefined ? {} : { fix }) })
}
