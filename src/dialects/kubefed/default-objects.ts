import type { KubeObject } from '../../kube/object/kube-object.js'
import { defaultTargets, typeConfigFor } from './kinds/type-config.js'
import { kubeFedNamespace } from './resource-types.js'
import { defaultConfig } from './settings.js'

/**
 * What a fresh control plane has: the kinds that are enabled at first, and the configuration last. Where there is a
 * configuration already, all of it has been made before, and what is not there any more was taken away on purpose.
 */
export const kubeFedDefaults: { readonly typeConfigs: readonly KubeObject[]; readonly config: KubeObject } = {
  typeConfigs: defaultTargets.map((target) => typeConfigFor(target, { namespace: kubeFedNamespace })),
  config: defaultConfig,
}
