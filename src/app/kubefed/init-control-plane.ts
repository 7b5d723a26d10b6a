import { kubeFedCrds } from '../../dialects/kubefed/kinds/crds.js'
import { kubeFedConfigType, kubeFedNamespace } from '../../dialects/kubefed/resource-types.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { installDefinitions } from '../hub/install-hub.js'
import { installKubeFed } from './install-kubefed.js'

/** Serves KubeFed's kinds and makes its configuration, where they are missing. What is there stays as it is. */
export async function initControlPlane(host: KubeClient, options: { dryRun: boolean }): Promise<readonly string[]> {
  const there = await host.get({ type: kubeFedConfigType, namespace: kubeFedNamespace, name: 'kubefed' }).then(
    () => true,
    (error: unknown) => {
      if (!isNotFound(error)) throw error
      return false
    },
  )
  if (there) return [`KubeFedConfig ${kubeFedNamespace}/kubefed unchanged: it is a control plane already`]
  if (!options.dryRun) {
    await installDefinitions(host, kubeFedCrds)
    await installKubeFed(host)
  }
  return [`KubeFedConfig ${kubeFedNamespace}/kubefed created${options.dryRun ? ' (dry run)' : ''}`]
}
