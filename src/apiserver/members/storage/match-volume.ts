import { compareQuantities, parseQuantity } from '../../../kube/object/quantity.js'
import { fromLabelSelector, matchesLabels } from '../../../kube/object/selector.js'
import type { Node } from '../engine/objects.js'
import { matchesAnyTerm } from '../scheduler/node-affinity.js'
import { type Claim, classNameOf, refersTo, type Volume } from './storage-objects.js'

/**
 * The volume for a claim that names none: one that is kept for it, else the smallest that fits, of those with the fewest access
 * modes. `node`: the volume must be of use there; `delayed`: only one that is kept for it, since no node has been chosen yet.
 */
export function findVolume(
  claim: Claim,
  volumes: Iterable<Volume>,
  { node, delayed = false }: { node?: Node | undefined; delayed?: boolean } = {},
): Volume | undefined {
  const selector = claim.spec.selector && fromLabelSelector(claim.spec.selector, { validate: false })
  const size = sizeOf(claim)
  let best: Volume | undefined
  for (const volume of volumes) {
    const kept = volume.spec.claimRef !== undefined && refersTo(volume, claim)
    if (volume.spec.claimRef !== undefined && !kept) continue
    if (!hasModes(volume, claim) || modeOf(volume) !== modeOf(claim) || volume.metadata.deletionTimestamp !== undefined) continue
    if (compareQuantities(capacityOf(volume), size) < 0) continue
    if (node !== undefined && !isUsableOn(volume, node)) continue
    if (kept) return volume
    if (delayed || volume.status?.phase !== 'Available') continue
    if (selector !== undefined && !matchesLabels(selector, volume.metadata.labels)) continue
    if (classNameOf(volume) !== classNameOf(claim)) continue
    if ((volume.spec.volumeAttributesClassName ?? '') !== (claim.spec.volumeAttributesClassName ?? '')) continue
    if (best === undefined || isBetter(volume, best)) best = volume
  }
  return best
}

function isBetter(a: Volume, b: Volume): boolean {
  const modes = (a.spec.accessModes?.length ?? 0) - (b.spec.accessModes?.length ?? 0)
  return modes < 0 || (modes === 0 && compareQuantities(capacityOf(a), capacityOf(b)) < 0)
}

/** Why a volume that the claim names is not for it; undefined when it is. */
export function mismatch(volume: Volume, claim: Claim): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined) {
    return `the volume is marked for deletion ${JSON.stringify(volume.metadata.name)}`
  }
  if (compareQuantities(capacityOf(volume), sizeOf(claim)) < 0) return 'requested PV is too small'
  if (classNameOf(volume) !== classNameOf(claim)) return 'storageClassName does not match'
  if (volume.spec.volumeAttributesClassName || claim.spec.volumeAttributesClassName) {
    return 'volumeAttributesClassName is not supported when the feature-gate VolumeAttributesClass is disabled'
  }
  if (modeOf(volume) !== modeOf(claim)) return 'incompatible volumeMode'
  return hasModes(volume, claim) ? undefined : 'incompatible accessMode'
}

export function isUsableOn({ spec }: Volume, node: Node): boolean {
  const required = spec.nodeAffinity?.required
  return required === undefined || matchesAnyTerm(node, required.nodeSelectorTerms)
}

function hasModes(volume: Volume, claim: Claim): boolean {
  return (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode))
}

export function modeOf({ spec }: Claim | Volume): string {
  return spec.volumeMode ?? 'Filesystem'
}

export function sizeOf({ spec }: Claim) {
  return parseQuantity(spec.resources?.requests?.['storage'] ?? '0')
}

function capacityOf({ spec }: Volume) {
  return parseQuantity(spec.capacity?.['storage'] ?? '0')
}
