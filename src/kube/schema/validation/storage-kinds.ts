import { equalJson } from '../../../base/json.js'
import { isNumber } from '../../../base/json-text.js'
import { explainDns1123Subdomain, explainQualifiedName } from '../../object/names.js'
import { GoText, quote } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, numberOf, structsOf, textOf } from './findings.js'
import { checkSelector, goSelector } from './labels.js'
import { checkNotNegativeQuantity, quantityOf } from './resource-requirements.js'
import { checkVolumeSpec } from './storage.js'

/** Kinds of storage.k8s.io. Reference: k8s.io/kubernetes/pkg/apis/storage/validation. */

export function checkStorageClass(object: Members, to: Findings): void {
  if (to.text('provisioner', object['provisioner'])) {
    const provisioner = textOf(object['provisioner']).toLowerCase()
    to.explain('provisioner', provisioner, explainQualifiedName(provisioner))
  }
  const reclaimPolicy = textOf(object['reclaimPolicy'])
  if (reclaimPolicy !== '') to.oneOf('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain'])
  to.oneOf('volumeBindingMode', object['volumeBindingMode'], ['Immediate', 'WaitForFirstConsumer'])
  checkTopologies(object['allowedTopologies'], to)
}

/** An empty term equals the ones that upstream starts with, and so is always there twice. */
function checkTopologies(topologies: unknown, to: Findings): void {
  const seen: Record<string, string[]>[] = structsOf(topologies).map(() => ({}))
  for (const [index, term] of structsOf(topologies).entries()) {
    const at = `allowedTopologies[${index}].matchLabelExpressions`
    const expressions: Record<string, string[]> = {}
    for (const [position, expression] of structsOf(term['matchLabelExpressions']).entries()) {
      const field = `${at}[${position}]`
      const key = textOf(expression['key'])
      const values = listOf(expression['values']).map(textOf)
      if (Object.hasOwn(expressions, key)) to.duplicate(`${field}.key`, key)
      if (values.length === 0) to.required(`${field}.values`)
      const known = new Set<string>()
      for (const [place, value] of values.entries()) {
        if (known.has(value)) to.duplicate(`${field}.values[${place}]`, value)
        known.add(value)
      }
      to.explain(`${field}.key`, key, explainQualifiedName(key))
      expressions[key] = [...known].sort()
    }
    for (const other of seen) if (equalJson(other, expressions)) to.duplicate(at, '')
    seen.push(expressions)
  }
}

export function checkStorageClassUpdate(object: Members, old: Members, to: Findings): void {
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']) {
    const same = equalJson(object[field] ?? null, old[field] ?? null)
    if (same) continue
    if (field === 'volumeBindingMode') to.immutable(field, object[field], true)
    else to.forbidden(field, `updates to ${field} are forbidden.`)
  }
}

export function checkVolumeAttachment(object: Members, to: Findings): void {
  checkAttachment(object, to)
  const spec = membersOf(object['spec'])
  const attacher = textOf(spec['attacher'])
  if (attacher === '') to.required('spec.attacher')
  to.explain('spec.attacher', attacher, explainDns1123Subdomain(attacher))
  const name = membersOf(spec['source'])['persistentVolumeName']
  if (isSet(name)) to.explain('spec.source.persistentVolumeName', name, explainDns1123Subdomain(textOf(name)))
}

function checkAttachment(object: Members, to: Findings): void {
  const spec = membersOf(object['spec'])
  if (textOf(spec['attacher']) === '') to.required('spec.attacher')
  const { persistentVolumeName: name, inlineVolumeSpec } = membersOf(spec['source'])
  const text = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (!isSet(name) && !isSet(inlineVolumeSpec)) to.required('spec.source', text)
  else if (isSet(name) && isSet(inlineVolumeSpec)) to.forbidden('spec.source', text)
  else if (name === '') to.required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName')
  else if (isSet(inlineVolumeSpec)) checkVolumeSpec(membersOf(inlineVolumeSpec), 'spec.source.inlineVolumeSpec', to, true)
  const node = textOf(spec['nodeName'])
  to.explain('spec.nodeName', node, explainDns1123Subdomain(node))
}

export function checkVolumeAttachmentUpdate(object: Members, old: Members, to: Findings): void {
  checkAttachment(object, to)
  const same = equalJson(object['spec'] ?? null, old['spec'] ?? null)
  to.immutable('spec', goAttachment(membersOf(object['spec'])), !same)
}

function goAttachment(spec: Members): GoText {
  const { persistentVolumeName, inlineVolumeSpec } = membersOf(spec['source'])
  const pointer = (value: unknown, type: string) => `(*${type})(${isSet(value) ? '0xc000000000' : 'nil'})`
  const source = `PersistentVolumeName:${pointer(persistentVolumeName, 'string')}, InlineVolumeSpec:${pointer(inlineVolumeSpec, 'core.PersistentVolumeSpec')}`
  const text = `Attacher:${quote(textOf(spec['attacher']))}, Source:storage.VolumeAttachmentSource{${source}}, NodeName:${quote(textOf(spec['nodeName']))}`
  return new GoText(`storage.VolumeAttachmentSpec{${text}}`)
}

export function checkCsiDriver(object: Members, to: Findings): void {
  const spec = membersOf(object['spec'])
  to.oneOf('spec.fsGroupPolicy', spec['fsGroupPolicy'], ['File', 'None', 'ReadWriteOnceWithFSType'])
  const audiences = new Set<string>()
  for (const [index, token] of structsOf(spec['tokenRequests']).entries()) {
    const at = `spec.tokenRequests[${index}]`
    const audience = textOf(token['audience'])
    if (audiences.has(audience)) {
      to.duplicate(`${at}.audience`, audience)
      continue
    }
    audiences.add(audience)
    const seconds = token['expirationSeconds']
    if (!isNumber(seconds)) continue
    const field = `${at}.expirationSeconds`
    if (seconds < 600) to.invalid(field, seconds, 'may not specify a duration less than 10 minutes')
    if (seconds > 2 ** 32) to.invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')
  }
  for (const mode of listOf(spec['volumeLifecycleModes'])) {
    to.oneOf('spec.volumeLifecycleModes', mode, ['Persistent', 'Ephemeral'])
  }
}

export function checkCsiDriverUpdate(object: Members, old: Members, to: Findings): void {
  const spec = membersOf(object['spec'])
  const before = membersOf(old['spec'])
  const changed = (key: string) => !equalJson(spec[key] ?? null, before[key] ?? null)
  to.immutable('spec.attachedRequired', spec['attachRequired'], changed('attachRequired'))
  const modes = listOf(spec['volumeLifecycleModes']).map((mode) => JSON.stringify(mode))
  const printed = new GoText(`[]storage.VolumeLifecycleMode{${modes.join(', ')}}`)
  to.immutable('spec.volumeLifecycleModes', printed, changed('volumeLifecycleModes'))
}

export function checkCsiNode(object: Members, to: Findings): void {
  const names = new Set<string>()
  for (const [index, driver] of structsOf(membersOf(object['spec'])['drivers']).entries()) {
    const at = `spec.drivers[${index}]`
    const name = textOf(driver['name'])
    if (name === '') to.required(`${at}.name`)
    if (name.length > 63)
      to.causes.push({ reason: 'FieldValueTooLong', message: 'Too long: may not be more than 63 bytes', field: `${at}.name` })
    to.explain(`${at}.name`, name, explainDns1123Subdomain(name.toLowerCase()))
    const node = textOf(driver['nodeID'])
    if (node === '') to.required(`${at}.nodeID`)
    if (node.length > 256) to.invalid(`${at}.nodeID`, node, 'must be 256 characters or less')
    to.notNegative(`${at}.allocatable.count`, membersOf(driver['allocatable'])['count'])
    if (names.has(name)) to.duplicate(`${at}.name`, name)
    names.add(name)
    const keys = new Set<string>()
    for (const key of listOf(driver['topologyKeys']).map(textOf)) {
      if (key === '') to.required(at)
      if (keys.has(key)) to.duplicate(at, key)
      keys.add(key)
      to.explain(at, key, explainQualifiedName(key))
    }
  }
}

export function checkCsiNodeUpdate(object: Members, old: Members, to: Findings): void {
  for (const before of structsOf(membersOf(old['spec'])['drivers'])) {
    for (const driver of structsOf(membersOf(object['spec'])['drivers'])) {
      if (driver['name'] !== before['name']) continue
      to.immutable('spec.drivers', new GoText('storage.CSINodeDriver{...}'), !equalJson(driver, before))
    }
  }
}

export function checkStorageCapacity(object: Members, to: Findings): void {
  if (isSet(object['nodeTopology'])) checkSelector(object['nodeTopology'], 'nodeTopology', to)
  const name = textOf(object['storageClassName'])
  to.explain('storageClassName', name, explainDns1123Subdomain(name))
  const capacity = quantityOf(object['capacity'])
  if (capacity !== undefined) checkNotNegativeQuantity(capacity, 'capacity', to)
}

export function checkStorageCapacityUpdate(object: Members, old: Members, to: Findings): void {
  const { nodeTopology } = object
  const changed = !equalJson(nodeTopology ?? null, old['nodeTopology'] ?? null)
  to.immutable('nodeTopology', isSet(nodeTopology) ? goSelector(nodeTopology) : null, changed)
  to.immutable('storageClassName', object['storageClassName'], object['storageClassName'] !== old['storageClassName'])
}

/** Values of user-defined classes stay below those of the system's. */
export function checkPriorityClass(object: Members, to: Findings): void {
  const name = textOf(membersOf(object['metadata'])['name'])
  if (!name.startsWith('system-') && numberOf(object['value']) > 1_000_000_000) {
    to.forbidden('value', 'maximum allowed value of a user defined priority is 1000000000')
  }
  const { preemptionPolicy } = object
  if (preemptionPolicy === '') to.required('preemptionPolicy')
  else to.oneOf('preemptionPolicy', preemptionPolicy, ['PreemptLowerPriority', 'Never'])
}
