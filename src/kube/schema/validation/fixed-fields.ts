import { equalJson } from '../../../base/json.js'
import { explainDns1123Subdomain } from '../../object/names.js'
import { GoText } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, textOf } from './findings.js'

/** What of kinds with few rules must be there, and what of them never changes. */

export function checkPriorityClassUpdate(object: Members, old: Members, to: Findings): void {
  if (object['value'] !== old['value']) to.forbidden('value', 'may not be changed in an update.')
  to.immutable('preemptionPolicy', object['preemptionPolicy'], object['preemptionPolicy'] !== old['preemptionPolicy'])
}

export function checkStorageClass(object: Members, to: Findings): void {
  to.text('provisioner', object['provisioner'])
}

export function checkStorageClassUpdate(object: Members, old: Members, to: Findings): void {
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']) {
    const same = equalJson(object[field] ?? null, old[field] ?? null)
    if (same) continue
    if (field === 'volumeBindingMode') to.immutable(field, object[field], true)
    else to.forbidden(field, `updates to ${field} are forbidden.`)
  }
}

export function checkIngressClass(object: Members, to: Findings): void {
  const controller = textOf(membersOf(object['spec'])['controller'])
  if (controller === '') to.required('spec.controller')
  else if (!controller.includes('/')) {
    to.invalid('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")')
  }
  const { parameters } = membersOf(object['spec'])
  if (isSet(parameters)) checkParameters(membersOf(parameters), to)
}

function checkParameters(parameters: Members, to: Findings): void {
  const field = 'spec.parameters'
  const group = textOf(parameters['apiGroup'])
  if (isSet(parameters['apiGroup'])) to.explain(`${field}.apiGroup`, group, explainDns1123Subdomain(group))
  for (const key of ['kind', 'name']) {
    const value = textOf(parameters[key])
    if (value === '') to.required(`${field}.${key}`, `${key} is required`)
  }
  const { scope, namespace } = parameters
  if (!isSet(scope)) to.required(`${field}.scope`)
  else to.oneOf(`${field}.scope`, scope, ['Cluster', 'Namespace'])
  if (scope === 'Cluster' && isSet(namespace)) {
    to.forbidden(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'")
  }
  if (scope === 'Namespace' && !isSet(namespace)) {
    to.required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'")
  }
}

export function checkIngressClassUpdate(object: Members, old: Members, to: Findings): void {
  const { controller } = membersOf(object['spec'])
  to.immutable('spec.controller', controller, controller !== membersOf(old['spec'])['controller'])
}

export function checkControllerRevisionUpdate(object: Members, old: Members, to: Findings): void {
  if (equalJson(object['data'] ?? null, old['data'] ?? null)) return
  const bytes = new TextEncoder().encode(JSON.stringify(object['data'] ?? null))
  const printed = [...bytes].map((byte) => `0x${byte.toString(16)}`).join(', ')
  to.immutable('data', new GoText(`runtime.RawExtension{Raw:[]uint8{${printed}}, Object:runtime.Object(nil)}`), true)
}

export function checkRuntimeClassUpdate(object: Members, old: Members, to: Findings): void {
  to.immutable('handler', object['handler'], object['handler'] !== old['handler'])
}

export function checkVolumeAttachment(object: Members, to: Findings): void {
  const spec = membersOf(object['spec'])
  const attacher = textOf(spec['attacher'])
  if (attacher === '') to.required('spec.attacher')
  else to.explain('spec.attacher', attacher, explainDns1123Subdomain(attacher.toLowerCase()))
  const source = membersOf(spec['source'])
  if (isSet(source['persistentVolumeName']) === isSet(source['inlineVolumeSpec'])) {
    to.required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName')
  }
  const node = textOf(spec['nodeName'])
  to.explain('spec.nodeName', node, explainDns1123Subdomain(node))
}

export function checkFlowSchema(object: Members, to: Findings): void {
  const spec = membersOf(object['spec'])
  const precedence = spec['matchingPrecedence']
  if (typeof precedence === 'number' && precedence <= 0) {
    to.invalid('spec.matchingPrecedence', precedence, 'must be a positive value')
  }
  if (typeof precedence === 'number' && precedence > 10_000) {
    to.invalid('spec.matchingPrecedence', precedence, 'must not be greater than 10000')
  }
  if (textOf(membersOf(spec['priorityLevelConfiguration'])['name']) === '') {
    to.required('spec.priorityLevelConfiguration.name', 'must reference a priority level')
  }
}

export function checkPriorityLevel(object: Members, to: Findings): void {
  const { type } = membersOf(object['spec'])
  if (type !== 'Exempt' && type !== 'Limited') to.notSupported('spec.type', textOf(type), ['Exempt', 'Limited'])
}

export function checkCertificateRequest(object: Members, to: Findings): void {
  const spec = membersOf(object['spec'])
  const request = textOf(spec['request'])
  if (request === '') {
    to.invalid('spec.request', new GoText('[]byte(nil)'), 'PEM block type must be CERTIFICATE REQUEST')
  }
  if (listOf(spec['usages']).length === 0) to.required('spec.usages')
  const signer = textOf(spec['signerName'])
  if (signer === '') to.required('spec.signerName')
}
