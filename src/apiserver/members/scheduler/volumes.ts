import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { LogicalCluster } from '../../contract.js'
import type { NodeUsage } from './cluster-state.js'
import { matchesAnyTerm } from './node-affinity.js'
import type { PodClass } from './pod-class.js'
import type { NodeSelectorTerm, Rejection } from './spec.js'

const zoneKeys = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
] as const

interface VolumeSpec {
  nodeAffinity?: { required?: { nodeSelectorTerms?: NodeSelectorTerm[] } }
}

/** Claims of a pod: they must exist, and the volumes that they are bound to say where the pod can use them. */
export class VolumeFilter {
  readonly #volumes: readonly KubeObject[]
  /** Why no node will do. */
  readonly refusal: string | undefined

  constructor(cluster: LogicalCluster, { namespace, claims }: PodClass) {
    const volumes: KubeObject[] = []
    let refusal: string | undefined
    for (const name of claims) {
      const claim = cluster.peek('persistentvolumeclaims', `${namespace}/${name}`)
      if (claim === undefined) refusal ??= `persistentvolumeclaim "${name}" not found`
      else if (claim.metadata.deletionTimestamp) refusal ??= `persistentvolumeclaim "${name}" is being deleted`
      // A claim without a volume is bound wherever the pod goes.
      const volume = (claim?.['spec'] as { volumeName?: string } | undefined)?.volumeName
      const found = volume ? cluster.peek('persistentvolumes', volume) : undefined
      if (found !== undefined) volumes.push(found)
    }
    this.#volumes = volumes
    this.refusal = refusal
  }

  reject({ node }: NodeUsage): Rejection | undefined {
    if (node === undefined) return undefined
    for (const volume of this.#volumes) {
      const required = (volume['spec'] as VolumeSpec | undefined)?.nodeAffinity?.required
      if (required && !matchesAnyTerm(node, required.nodeSelectorTerms)) return conflict
      for (const key of zoneKeys) {
        const zones = volume.metadata.labels?.[key]
        const own = node.metadata.labels?.[key]
        if (zones === undefined || own === undefined) continue
        if (!zones.split('__').includes(own)) return otherZone
      }
    }
    return undefined
  }
}

const conflict: Rejection = {
  reasons: ['node(s) had volume node affinity conflict'],
  plugin: 'Volumes',
  unresolvable: true,
}
const otherZone: Rejection = {
  reasons: ['node(s) had no available volume zone'],
  plugin: 'Volumes',
  unresolvable: true,
}
