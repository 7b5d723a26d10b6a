import { equalJson } from '../../../base/json.js'
import { compareQuantities, parseQuantity } from '../../../kube/object/quantity.js'
import type { ClusterQueue, MemberController, Work } from '../contract.js'
import type { Node, Pod } from '../engine/objects.js'
import { claimNamesOf } from './claim-names.js'
import { findVolume, mismatch, modeOf, sizeOf } from './match-volume.js'
import { createVolume, defaultClassOf } from './provision-volume.js'
import { reclaim } from './reclaim-volume.js'
import {
  annotations,
  type Claim,
  classNameOf,
  isBound,
  localProvisioner,
  noProvisioner,
  refersTo,
  resources,
  type StorageClass,
  type Volume,
} from './storage-objects.js'

const component = 'persistentvolume-controller'
const claimPrefix = 'claim '
const volumePrefix = 'volume '

/** The volumes of one cluster that are not bound, and the claims that have no volume. */
interface Open {
  readonly volumes: Set<string>
  readonly claims: Set<string>
}

/**
 * Brings claims and volumes together: those that are there already by size, modes, class and labels, else new ones by the
 * provisioner `flotilla.dev/local`; once a claim is gone its volume is released, and deleted or kept. Classes that wait for a
 * consumer wait for the scheduler to choose a node.
 */
export function createVolumeBinder(): MemberController {
  const rooms = new Map<string, Open>()
  const openIn = (cluster: string): Open => {
    let open = rooms.get(cluster)
    if (open === undefined) rooms.set(cluster, (open = { volumes: new Set(), claims: new Set() }))
    return open
  }
  const retryAll = (cluster: string, queue: ClusterQueue) => {
    for (const claim of rooms.get(cluster)?.claims ?? []) queue.add(claimPrefix + claim)
  }
  return {
    name: component,
    manager: 'kube-controller-manager',
    watches: {
      [resources.claims]({ cluster, type, object }, queue) {
        const claim = object as Claim
        const key = `${claim.metadata.namespace}/${claim.metadata.name}`
        const { claims } = openIn(cluster)
        if (type === 'DELETED' || isBound(claim)) claims.delete(key)
        else claims.add(key)
        if (type !== 'DELETED') queue.add(claimPrefix + key)
        if (claim.spec.volumeName) queue.add(volumePrefix + claim.spec.volumeName)
      },
      [resources.volumes]({ cluster, type, object }, queue) {
        const volume = object as Volume
        const { name } = volume.metadata
        const { claimRef } = volume.spec
        const { volumes } = openIn(cluster)
        // One that was made for a claim is open until it is bound.
        const { phase = 'Pending' } = volume.status ?? {}
        const isTaken = claimRef?.uid !== undefined && phase !== 'Pending' && phase !== 'Available'
        if (type === 'DELETED' || isTaken) volumes.delete(name)
        else volumes.add(name)
        if (claimRef !== undefined) queue.add(`${claimPrefix}${claimRef.namespace}/${claimRef.name}`)
        else if (type !== 'DELETED') retryAll(cluster, queue)
        if (type !== 'DELETED') queue.add(volumePrefix + name)
      },
      [resources.classes]: ({ cluster }, queue) => retryAll(cluster, queue),
    },
    async reconcile(work) {
      if (work.key.startsWith(volumePrefix)) await syncVolume(work, work.key.slice(volumePrefix.length))
      else await syncClaim(work, work.key.slice(claimPrefix.length), openIn(work.cluster.name))
      return undefined
    },
    forget: (cluster) => void rooms.delete(cluster),
  }
}

function volumeNamed(work: Work, name: string): Volume | undefined {
  return work.cluster.peek(resources.volumes, name) as Volume | undefined
}

async function syncClaim(work: Work, key: string, open: Open): Promise<void> {
  const claim = work.cluster.peek(resources.claims, key) as Claim | undefined
  if (claim === undefined) return
  if (claim.metadata.annotations?.[annotations.bindCompleted] !== undefined) await syncBound(work, claim)
  else if (claim.spec.volumeName) await syncNamed(work, claim, claim.spec.volumeName)
  else if (claim.metadata.deletionTimestamp === undefined) await syncOpen(work, claim, open)
}

/** It has had a volume. */
async function syncBound(work: Work, claim: Claim): Promise<void> {
  const volume = claim.spec.volumeName ? volumeNamed(work, claim.spec.volumeName) : undefined
  if (!claim.spec.volumeName) {
    await lose(work, claim, 'ClaimLost', 'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!')
  } else if (volume === undefined) {
    await lose(work, claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  } else if (volume.spec.claimRef !== undefined && volume.spec.claimRef.uid !== claim.metadata.uid) {
    await lose(work, claim, 'ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
  } else await bind(work, volume, claim)
}

async function lose(work: Work, claim: Claim, reason: string, message: string): Promise<void> {
  if (claim.status?.phase === 'Lost') return
  await work.write.status(claim, { ...claim, status: { phase: 'Lost' } })
  say(work, claim, reason, message, 'Warning')
}

/** It asks for one volume. */
async function syncNamed(work: Work, claim: Claim, name: string): Promise<void> {
  const volume = volumeNamed(work, name)
  if (volume === undefined) return pend(work, claim)
  if (volume.spec.claimRef === undefined) {
    const problem = mismatch(volume, claim)
    if (problem === undefined) return bind(work, volume, claim)
    say(work, claim, 'VolumeMismatch', `Cannot bind to requested volume ${JSON.stringify(name)}: ${problem}`, 'Warning')
    return pend(work, claim)
  }
  if (refersTo(volume, claim)) return bind(work, volume, claim)
  say(work, claim, 'FailedBinding', `volume ${JSON.stringify(name)} already bound to a different claim.`, 'Warning')
  return pend(work, claim)
}

/** Any volume will do, and if there is none, a new one. */
async function syncOpen(work: Work, claim: Claim, open: Open): Promise<void> {
  const className = classNameOf(claim)
  const storageClass = work.cluster.peek(resources.classes, className) as StorageClass | undefined
  const delayed = storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
  const chosen = claim.metadata.annotations?.[annotations.selectedNode]
  const node = chosen === undefined ? undefined : (work.cluster.peek('nodes', chosen) as Node | undefined)
  const volumes: Volume[] = []
  for (const name of open.volumes) {
    const volume = volumeNamed(work, name)
    if (volume !== undefined) volumes.push(volume)
  }
  const found = findVolume(claim, volumes, { node, delayed: delayed && node === undefined })
  if (found !== undefined) return bind(work, found, claim)
  if (claim.spec.storageClassName === undefined && className === '') {
    const fallback = defaultClassOf(work.cluster)
    if (fallback !== undefined) {
      await work.write.update({ ...claim, spec: { ...claim.spec, storageClassName: fallback.metadata.name } })
      return
    }
  }
  if (delayed && node === undefined) {
    const [first, ...others] = waitingPods(work, claim)
    if (first === undefined) {
      say(work, claim, 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding')
    } else {
      const pods = others.length === 0 ? `pod ${first}` : `pods ${[first, ...others].join(',')}`
      say(work, claim, 'WaitForPodScheduled', `waiting for ${pods} to be scheduled`)
    }
    return pend(work, claim)
  }
  if (className === '') {
    say(work, claim, 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set')
    return pend(work, claim)
  }
  if (storageClass === undefined) {
    const problem = `storageclass.storage.k8s.io ${JSON.stringify(className)} not found`
    say(work, claim, 'ProvisioningFailed', problem, 'Warning')
    return pend(work, claim)
  }
  await provision(work, claim, storageClass, node)
}

async function provision(work: Work, claim: Claim, storageClass: StorageClass, node: Node | undefined): Promise<void> {
  const { provisioner } = storageClass
  if (provisioner === noProvisioner) return pend(work, claim)
  let current = claim
  const known = claim.metadata.annotations ?? {}
  if (known[annotations.provisioner] !== provisioner) {
    const noted = { ...known, [annotations.betaProvisioner]: provisioner, [annotations.provisioner]: provisioner }
    current = await work.write.update({ ...claim, metadata: { ...claim.metadata, annotations: noted } })
  }
  if (known[annotations.provisioner] !== provisioner) {
    const message = `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
    say(work, current, 'ExternalProvisioning', message)
  }
  await pend(work, current)
  if (provisioner === localProvisioner) await createVolume(work, current, storageClass, node)
}

/** Ties both ends; each write is left out when it has been made before. */
async function bind(work: Work, volume: Volume, claim: Claim): Promise<void> {
  let tied = volume
  if (volume.spec.claimRef === undefined || !volume.spec.claimRef.uid) {
    const { name, namespace = '', uid, resourceVersion } = claim.metadata
    const byUs: Record<string, string> = volume.spec.claimRef === undefined ? { [annotations.boundByController]: 'yes' } : {}
    const reference = {
      kind: 'PersistentVolumeClaim',
      namespace,
      name,
      ...(uid ? { uid } : {}),
      apiVersion: 'v1',
      ...(resourceVersion ? { resourceVersion } : {}),
    }
    tied = await work.write.update({
      ...volume,
      metadata: { ...volume.metadata, ...annotated(volume.metadata.annotations, byUs) },
      spec: { ...volume.spec, claimRef: reference },
    })
  }
  if (tied.status?.phase !== 'Bound')
    tied = await work.write.status(tied, { ...tied, status: { ...tied.status, phase: 'Bound' } })
  let held = claim
  const known = claim.metadata.annotations
  if (!claim.spec.volumeName || known?.[annotations.bindCompleted] === undefined) {
    const byUs: Record<string, string> = claim.spec.volumeName ? {} : { [annotations.boundByController]: 'yes' }
    held = await work.write.update({
      ...claim,
      metadata: { ...claim.metadata, ...annotated(known, { [annotations.bindCompleted]: 'yes', ...byUs }) },
      spec: { ...claim.spec, volumeName: volume.metadata.name },
    })
  }
  await fill(work, tied, held)
}

function annotated(known: Readonly<Record<string, string>> | undefined, more: Record<string, string>) {
  const all = { ...known, ...more }
  return Object.keys(all).length === 0 ? {} : { annotations: all }
}

/** What the claim has of its volume; the first time, or when the volume grows. */
async function fill(work: Work, volume: Volume, claim: Claim): Promise<void> {
  const first = claim.status?.phase !== 'Bound' || claim.status.capacity === undefined
  const wanted = sizeOf(claim)
  const ours = volume.metadata.annotations?.[annotations.provisionedBy] === localProvisioner
  const has = parseQuantity(volume.spec.capacity?.['storage'] ?? '0')
  let capacity = volume.spec.capacity ?? {}
  if (!first && ours && compareQuantities(has, wanted) < 0) {
    const size = claim.spec.resources?.requests?.['storage'] as string
    capacity = { ...capacity, storage: size }
    const resizer = `external-resizer ${localProvisioner}`
    say(work, claim, 'Resizing', `External resizer is resizing volume ${volume.metadata.name}`, undefined, resizer)
    await work.write.update({ ...volume, spec: { ...volume.spec, capacity } })
    await work.write.status(claim, { ...claim, status: { ...claim.status, capacity } })
    say(work, claim, 'VolumeResizeSuccessful', 'Resize volume succeeded', undefined, resizer)
    return
  }
  if (!first) return
  const status = { ...claim.status, phase: 'Bound', accessModes: volume.spec.accessModes ?? [], capacity }
  if (!equalJson(claim.status, status)) await work.write.status(claim, { ...claim, status })
}

async function pend(work: Work, claim: Claim): Promise<void> {
  if (claim.status?.phase !== 'Pending')
    await work.write.status(claim, { ...claim, status: { ...claim.status, phase: 'Pending' } })
}

function waitingPods(work: Work, { metadata }: Claim): string[] {
  const pods = [...work.cluster.peekAll('pods', metadata.namespace)] as Pod[]
  return pods.filter((pod) => !pod.spec.nodeName && claimNamesOf(pod).includes(metadata.name)).map((pod) => pod.metadata.name)
}

async function syncVolume(work: Work, name: string): Promise<void> {
  const volume = volumeNamed(work, name)
  if (volume === undefined) return
  const { claimRef } = volume.spec
  if (claimRef === undefined || !claimRef.uid) return phase(work, volume, 'Available')
  const claim = work.cluster.peek(resources.claims, `${claimRef.namespace}/${claimRef.name}`) as Claim | undefined
  if (claim === undefined || claim.metadata.uid !== claimRef.uid) {
    if (volume.metadata.deletionTimestamp === undefined) await reclaim(work, volume)
    return
  }
  if (!claim.spec.volumeName) {
    if (modeOf(volume) === modeOf(claim)) return
    const end = 'requested PersistentVolumeClaim due to incompatible volumeMode.'
    say(work, claim, 'VolumeMismatch', `Cannot bind PersistentVolume ${JSON.stringify(name)} to ${end}`, 'Warning')
  } else if (claim.spec.volumeName === name) await phase(work, volume, 'Bound')
  else if (volume.metadata.annotations?.[annotations.provisionedBy] === localProvisioner) await reclaim(work, volume)
  else if (volume.metadata.annotations?.[annotations.boundByController] !== undefined) {
    // It was meant for a claim that found another one.
    const { [annotations.boundByController]: _, ...rest } = volume.metadata.annotations
    const { claimRef: __, ...spec } = volume.spec
    await work.write.update({ ...volume, metadata: { ...volume.metadata, annotations: rest }, spec })
  }
}

async function phase(work: Work, volume: Volume, wanted: string): Promise<void> {
  if (volume.status?.phase !== wanted) await work.write.status(volume, { ...volume, status: { ...volume.status, phase: wanted } })
}

function say(work: Work, about: Claim | Volume, reason: string, message: string, type?: 'Warning', from = component): void {
  void work.write.record(about, { ...(type ? { type } : {}), reason, message, component: from }, work.nowText())
}
