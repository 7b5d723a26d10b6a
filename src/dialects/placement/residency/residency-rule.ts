import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import type { ClusterSelection } from '../placement-kind.js'

/** A kind of our own, of the whole fleet: where data may lie, whatever any policy of any dialect says. */
export const residencyRuleType: ResourceType = {
  group: 'flotilla.dev',
  version: 'v1alpha1',
  kind: 'ResidencyRule',
  plural: 'residencyrules',
  namespaced: false,
}

export interface ResidencyRuleSpec {
  /** Of objects in these namespaces; none: in all, and those without a namespace. */
  readonly namespaces?: readonly string[]
  /** Of objects that one of these matches in every part that is given; none: of all. */
  readonly objects?: readonly {
    readonly apiVersion?: string
    readonly kind?: string
    readonly name?: string
    readonly labels?: Readonly<Record<string, string>>
  }[]
  /** Nowhere else. */
  readonly clusters: ClusterSelection
}

export interface ResidencyRuleObject extends KubeObject {
  readonly spec?: ResidencyRuleSpec
}
