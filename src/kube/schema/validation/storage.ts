import { equalJson } from '../../../base/json.js'
import { explainDns1123Subdomain } from '../../object/names.js'
import { compareQuantities, formatQuantity, parseQuantity, type Quantity } from '../../object/quantity.js'
import { GoText, quote } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, textOf } from './findings.js'
import { goDiff } from './go-values/go-diff.js'
import { goValue } from './go-values/go-value.js'
import { checkSelector } from './labels.js'
import { goQuantity, quantityOf } from './resource-requirements.js'
import { checkVolumeSource } from './volumes.js'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
const volumeModes = ['Block', 'Filesystem']
const zero = parseQuantity(0)

function checkAccessModes(modes: unknown, to: Findings, field = 'spec'): void {
  for (const mode of listOf(modes)) to.oneOf(`${field}.accessModes`, mode, accessModes)
  if (listOf(modes).includes('ReadWriteOncePod') && listOf(modes).length > 1) {
    to.forbidden(`${field}.accessModes`, 'may not use ReadWriteOncePod with other access modes')
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
  // Alone, `dataSource` has been dropped before, or been copied.
  for (const key of isSet(spec['dataSourceRef']) ? ['dataSource', 'dataSourceRef'] : []) {
    if (isSet(spec[key])) checkDataSource(membersOf(spec[key]), `spec.${key}`, to)
  }
}

function checkDataSource(source: Members, field: string, to: Findings): void {
  for (const key of ['name', 'kind']) if (textOf(source[key]) === '') to.required(`${field}.${key}`)
  const group = textOf(source['apiGroup'])
  const kind = textOf(source['kind'])
  if (group !== '') to.explain(`${field}.apiGroup`, group, explainDns1123Subdomain(group))
  else if (kind !== 'PersistentVolumeClaim') {
    to.invalid(field, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
  }
}

function checkClassName(name: unknown, to: Findings): void {
  if (textOf(name) !== '') to.explain('spec.storageClassName', name, explainDns1123Subdomain(textOf(name)))
}

function withoutGrowth(spec: Members, before: Members): Members {
  const { requests, ...others } = membersOf(spec['resources'])
  const storage = membersOf(membersOf(before['resources'])['requests'])['storage']
  return { ...spec, resources: { ...others, requests: { ...membersOf(requests), storage } } }
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
  if (!equalJson(essence(spec), essence(before))) {
    const type = 'core.PersistentVolumeClaimSpec'
    const difference = goDiff(goValue(type, before), goValue(type, bound ? withoutGrowth(spec, before) : spec))
    to.forbidden('spec', `${claimText}\n${difference}`)
  } else if (bound) checkGrowth(spec, before, old, to)
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
  checkVolumeSpec(membersOf(volume['spec']), 'spec', to)
}

/** `inline`: what a VolumeAttachment brings instead of the name of a volume. */
export function checkVolumeSpec(spec: Members, field: string, to: Findings, inline = false): void {
  if (inline) {
    const text = 'may not be specified in the context of inline volumes'
    if (isSet(spec['claimRef'])) to.forbidden(`${field}.claimRef`, text)
    if (Object.keys(membersOf(spec['capacity'])).length > 0) to.forbidden(`${field}.capacity`, text)
    if (!isSet(spec['csi'])) to.required(`${field}.csi`, 'has to be specified in the context of inline volumes')
  }
  if (listOf(spec['accessModes']).length === 0) to.required(`${field}.accessModes`)
  checkAccessModes(spec['accessModes'], to, field)
  if (!inline) checkCapacity(spec, to)
  const { nodeAffinity } = spec
  if (isSet(nodeAffinity)) checkVolumeNodes(membersOf(nodeAffinity), `${field}.nodeAffinity`, to)
  checkVolumeSource(spec, volumeKinds, field, to)
  if (inline) return
  checkClassName(spec['storageClassName'], to)
  to.oneOf('spec.volumeMode', spec['volumeMode'], volumeModes)
}

function checkVolumeNodes({ required }: Members, field: string, to: Findings): void {
  if (!isSet(required)) to.required(`${field}.required`, 'must specify required node constraints')
  else if (listOf(membersOf(required)['nodeSelectorTerms']).length === 0) {
    to.required(`${field}.required.nodeSelectorTerms`, 'must have at least one node selector term')
  }
}

function checkCapacity(spec: Members, to: Findings): void {
  const capacity = membersOf(spec['capacity'])
  const names = Object.keys(capacity)
  if (names.length === 0) to.required('spec.capacity')
  if (!isSet(capacity['storage']) || names.length > 1) {
    to.notSupported('spec.capacity', goResourceList(spec['capacity']), ['storage'])
  }
  for (const [name, value] of Object.entries(capacity)) {
    const quantity = quantityOf(value)
    const whole = quantity === undefined ? 0n : wholeOf(quantity)
    const field = `spec.capacity[${name}]`
    if (whole < 0n) to.invalid(field, new GoText(String(whole)), 'must be a valid resource quantity')
    checkPositive(value, field, to)
  }
  to.oneOf('spec.persistentVolumeReclaimPolicy', spec['persistentVolumeReclaimPolicy'], ['Delete', 'Recycle', 'Retain'])
}

/** Rounded up, as Quantity.Value does. */
function wholeOf({ unscaled, exponent }: Quantity): bigint {
  if (exponent >= 0) return unscaled * 10n ** BigInt(exponent)
  const unit = 10n ** BigInt(-exponent)
  const whole = unscaled / unit
  return unscaled > 0n && unscaled % unit !== 0n ? whole + 1n : unscaled < 0n && unscaled % unit !== 0n ? whole - 1n : whole
}

function goResourceList(value: unknown): GoText {
  const resources = membersOf(value)
  const names = Object.keys(resources).sort()
  if (names.length === 0) return new GoText(isSet(value) ? 'core.ResourceList{}' : 'core.ResourceList(nil)')
  const entries = names.map((name) => {
    const quantity = quantityOf(resources[name])
    return `${quote(name)}:${quantity === undefined ? '{}' : goQuantity(quantity).text}`
  })
  return new GoText(`core.ResourceList{${entries.join(', ')}}`)
}

export function checkVolumeUpdate(volume: Members, old: Members, to: Findings): void {
  const spec = membersOf(volume['spec'])
  const before = membersOf(old['spec'])
  const source = (it: Members) =>
    Object.fromEntries(volumeKinds.filter((kind) => isSet(it[kind])).map((kind) => [kind, it[kind]]))
  if (!equalJson(source(spec), source(before))) {
    const type = 'core.PersistentVolumeSource'
    const difference = goDiff(goValue(type, source(before)), goValue(type, source(spec)))
    to.forbidden('spec.persistentvolumesource', `spec.persistentvolumesource is immutable after creation\n${difference}`)
  }
  if (!equalJson(spec['volumeMode'] ?? null, before['volumeMode'] ?? null)) to.immutable('volumeMode', spec['volumeMode'], true)
}
