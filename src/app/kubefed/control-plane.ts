import { kubeFedConfigType } from '../../dialects/kubefed/resource-types.js'
import { type KubeFedSettings, readSettings } from '../../dialects/kubefed/settings.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isNotFound } from '../../kube/object/status-error.js'

/** What the KubeFedConfig of a control plane says; upstream's defaults where there is none. */
export async function controlPlaneSettings(host: KubeClient, namespace: string): Promise<KubeFedSettings> {
  try {
    return readSettings(await host.get({ type: kubeFedConfigType, namespace, name: 'kubefed' }))
  } catch (error) {
    if (!isNotFound(error)) throw error
    return readSettings(undefined)
  }
}
