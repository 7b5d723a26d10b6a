import { equalJson } from '../../../base/json.js'
import { explainDns1123Subdomain } from '../../object/names.js'
import { compareQuantities, formatQuantity, parseQuantity } from '../../object/quantity.js'
import { GoText } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, textOf } from './findings.js'
import { checkSelector } from './labels.js'
import { quantityOf } from './resource-requirements.js'
import { checkVolumeSource } from './volumes.js'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const volumeModes = ['Block', 'Filesystem']
const zero = parseQuantity(0)

function checkAccessModes(modes: unknown, to: Findings): void {
  for (const mode of listOf(modes)) to.oneOf('spec.accessModes', mode, accessModes)
  if (listOf(modes).includes('ReadWriteOncePod') && listOf(modes).length > 1) {
    to.forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes')
  }
}

function checkPositive(value: unknown, field: string, to: Findings): void {
  const quantity = quantityOf(value)
  if (quantity !== undefined && compareQuantities(quantity, zero) <= 0) {
    to.invalid(field, formatQuantity(quantity), 'must be greater than zero')
  }
}

export function checkClaim(claim: Members, to: Findings): void {
  const spec = membersOf(claim['spec'])
  if (listOf(spec['accessModes']).length === 0) to.required('spec.accessModes', 'at least 1 access mode is required')
  if (isSet(spec['selector'])) checkSelector(spec['selector'], 'spec.selector', to)
  checkAccessModes(spec['accessModes'], to)
  const { storage } = membersOf(membersOf(spec['resources'])['requests'])
  if (!isSet(storage)) to.required('spec.resources[storage]')
  else checkPositive(storage, 'spec.resources[storage]', to)
  checkClassName(spec['storageClassName'], to)
  to.oneOf('spec.volumeMode', spec['volumeMode'], volumeModes)
}

function checkClassName(name: unknown, to: Findings): void {
  if (textOf(name) !== '') to.explain('spec.storageClassName', name, explainDns1123Subdomain(textOf(name)))
}

const claimText = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'

/** A claim's spec stays; what is bound may grow, and the volume's name and class may be filled in. */
export function checkClaimUpdate(claim: Members, old: Members, to: Findings): void {
  const spec = membersOf(claim['spec'])
  const before = membersOf(old['spec'])
  const bound = membersOf(old['status'])['phase'] === 'Bound'
  const essence = (it: Members) => {
    const { volumeAttributesClassName: _, resources, ...rest } = it
    if (textOf(before['volumeName']) === '') delete rest['volumeName']
    // A class that was not chosen may be filled in later.
    if (!isSet(before['storageClassName'])) delete rest['storageClassName']
    const { requests, ...otherResources } = membersOf(resources)
    const { storage: __, ...others } = membersOf(requests)
    return bound ? { rest, otherResources, others } : { rest, resources }
  }
  if (!equalJson(essence(spec), essence(before))) to.forbidden('spec', claimText)
  else if (bound) checkGrowth(spec, before, old, to)
  if (!equalJson(spec['volumeMode'] ?? null, before['volumeMode'] ?? null)) to.immutable('volumeMode', spec['volumeMode'], true)
}

/** What was asked for may shrink only while it stays above what there is. */
function checkGrowth(spec: Members, before: Members, old: Members, to: Findings): void {
  const storageOf = (it: Members) => quantityOf(membersOf(membersOf(it['resources'])['requests'])['storage'])
  const now = storageOf(spec)
  const then = storageOf(before)
  const capacity = quantityOf(membersOf(membersOf(old['status'])['capacity'])['storage'])
  if (now === undefined || then === undefined || compareQuantities(now, then) >= 0) return
  if (capacity !== undefined && compareQuantities(now, capacity) <= 0) {
    to.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')
  }
}

/** The members of a PersistentVolume's spec that say where it is. */
const volumeKinds = [
  ...['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'flocker', 'nfs', 'rbd', 'quobyte', 'cephfs'],
  ...['iscsi', 'cinder', 'fc', 'flexVolume', 'azureFile', 'vsphereVolume', 'photonPersistentDisk', 'portworxVolume'],
  ...['azureDisk', 'scaleIO', 'local', 'storageos', 'csi'],
]

export function checkVolume(volume: Members, to: Findings): void {
  const spec = membersOf(volume['spec'])
  checkAccessModes(spec['accessModes'], to)
  if (listOf(spec['accessModes']).length === 0) to.required('spec.accessModes')
  const capacity = membersOf(spec['capacity'])
  const names = Object.keys(capacity)
  if (names.length === 0) to.required('spec.capacity')
  if (!isSet(capacity['storage']) || names.length > 1) {
    const printed = names.length === 0 ? 'core.ResourceList{}' : 'core.ResourceList{...}'
    to.notSupported('spec.capacity', new GoText(printed), ['storage'])
  }
  for (const [name, value] of Object.entries(capacity)) checkPositive(value, `spec.capacity[${name}]`, to)
  to.oneOf('spec.persistentVolumeReclaimPolicy', spec['persistentVolumeReclaimPolicy'], ['Delete', 'Recycle', 'Retain'])
  checkVolumeSource(spec, volumeKinds, 'spec', to)
  checkClassName(spec['storageClassName'], to)
  to.oneOf('spec.volumeMode', spec['volumeMode'], volumeModes)
}

export function checkVolumeUpdate(volume: Members, old: Members, to: Findings): void {
  const spec = membersOf(volume['spec'])
  const before = membersOf(old['spec'])
  const source = (it: Members) =>
    Object.fromEntries(volumeKinds.filter((kind) => isSet(it[kind])).map((kind) => [kind, it[kind]]))
  if (!equalJson(source(spec), source(before))) {
    to.forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')
  }
  if (!equalJson(spec['volumeMode'] ?? null, before['volumeMode'] ?? null)) to.immutable('volumeMode', spec['volumeMode'], true)
}
