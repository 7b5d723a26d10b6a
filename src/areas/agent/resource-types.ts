import type { ResourceType } from '../../kube/object/resource-type.js'

/** What an agent fetches: one thing that its cluster shall have, and what became of it. In the cluster's namespace on the hub. */
export const workType: ResourceType = {
  group: 'flotilla.dev',
  version: 'v1alpha1',
  kind: 'Work',
  plural: 'works',
  namespaced: true,
}
