import { kubeFedDefaults } from '../../dialects/kubefed/default-objects.js'
import { federatedTypeConfigType, kubeFedConfigType, kubeFedNamespace } from '../../dialects/kubefed/resource-types.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isAlreadyExists, isNotFound } from '../../kube/object/status-error.js'
import { namespaceType } from '../system/core-types.js'

/**
 * Makes a hub a KubeFed control plane as its chart does: namespace, the kinds that are enabled at first, configuration. One that
 * has a configuration stays as it is: kinds that were disabled stay disabled.
 */
export async function installKubeFed(hub: KubeClient): Promise<void> {
  const { config, typeConfigs } = kubeFedDefaults
  try {
    await hub.get({ type: kubeFedConfigType, namespace: kubeFedNamespace, name: config.metadata.name })
    return
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  const options = { fieldManager: 'flotilla' }
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: kubeFedNamespace } }
  await hub.create(namespaceType, namespace, options).catch(unlessThere)
  await Promise.all(typeConfigs.map((each) => hub.create(federatedTypeConfigType, each, options).catch(unlessThere)))
  await hub.create(kubeFedConfigType, config, options).catch(unlessThere)
}

function unlessThere(error: unknown): void {
  if (!isAlreadyExists(error)) throw error
}
