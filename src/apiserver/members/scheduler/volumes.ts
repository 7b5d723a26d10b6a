import type { LogicalCluster } from '../../contract.js'
import type { Node } from '../engine/objects.js'
import { findVolume, isUsableOn } from '../storage/match-volume.js'
import {
  type Claim,
  classNameOf,
  isBound,
  noProvisioner,
  resources,
  type StorageClass,
  type Volume,
} from '../storage/storage-objects.js'
import type { NodeUsage } from './cluster-state.js'
import type { PodClass } from './pod-class.js'
import type { Rejection } from './spec.js'

const zoneKeys = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
] as const

/**
 * Claims of a pod: they must exist, the volumes that they are bound to say where the pod can use them, and those whose class waits
 * for a consumer must find or get a volume where the pod goes.
 */
export class VolumeFilter {
  readonly #cluster: LogicalCluster
  readonly #volumes: Volume[] = []
  readonly #open: Claim[] = []
  /** Why no node will do. */
  readonly refusal: string | undefined

  constructor(cluster: LogicalCluster, { namespace, claims }: PodClass) {
    this.#cluster = cluster
    for (const name of claims) this.refusal ??= this.#take(name, namespace)
  }

  #take(name: string, namespace: string): string | undefined {
    const claim = this.#cluster.peek(resources.claims, `${namespace}/${name}`) as Claim | undefined
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`
    if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`
    const volumeName = claim.spec.volumeName
    if (claim.status?.phase === 'Lost') {
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${volumeName ?? ''}"`
    }
    const volume = volumeName ? (this.#cluster.peek(resources.volumes, volumeName) as Volume | undefined) : undefined
    if (volume !== undefined && isBound(claim)) this.#volumes.push(volume)
    else if (!volumeName && waitsForConsumer(this.#cluster, claim)) this.#open.push(claim)
    else return 'pod has unbound immediate PersistentVolumeClaims'
    return undefined
  }

  /** Claims that get their volume where the pod goes. */
  get open(): readonly Claim[] {
    return this.#open
  }

  reject({ node }: NodeUsage): Rejection | undefined {
    if (node === undefined) return undefined
    for (const volume of this.#volumes) {
      if (!isUsableOn(volume, node)) return conflict
      for (const key of zoneKeys) {
        const zones = volume.metadata.labels?.[key]
        const own = node.metadata.labels?.[key]
        if (zones === undefined || own === undefined) continue
        if (!zones.split('__').includes(own)) return otherZone
      }
    }
    for (const claim of this.#open) if (!this.#canServe(claim, node)) return noVolume
    return undefined
  }

  /** There is a volume for the claim on the node, or one can be made. */
  #canServe(claim: Claim, node: Node): boolean {
    const storageClass = this.#cluster.peek(resources.classes, classNameOf(claim)) as StorageClass | undefined
    if (storageClass !== undefined && storageClass.provisioner !== noProvisioner) {
      const topologies = storageClass.allowedTopologies ?? []
      const allows = ({ matchLabelExpressions = [] }: (typeof topologies)[number]) =>
        matchLabelExpressions.every(({ key, values }) => values.includes(node.metadata.labels?.[key] ?? ''))
      if (topologies.length === 0 || topologies.some(allows)) return true
    }
    const volumes = this.#cluster.peekAll(resources.volumes) as Iterable<Volume>
    return findVolume(claim, volumes, { node }) !== undefined
  }
}

function waitsForConsumer(cluster: LogicalCluster, claim: Claim): boolean {
  const storageClass = cluster.peek(resources.classes, classNameOf(claim)) as StorageClass | undefined
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
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
const noVolume: Rejection = {
  reasons: ["node(s) didn't find available persistent volumes to bind"],
  plugin: 'Volumes',
  unresolvable: true,
}
