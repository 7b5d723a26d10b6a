import { equalJson } from '../../../base/json.js'
import { isNumber, printJson } from '../../../base/json-text.js'
import { explainDns1123Label, explainDns1123Subdomain } from '../../object/names.js'
import { GoText, quote } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, textOf } from './findings.js'
import { checkLabels } from './labels.js'
import { checkRequirements } from './resource-requirements.js'
import { checkTolerations } from './tolerations.js'

/** What of kinds with few rules must be there, and what of them never changes. */

export function checkPriorityClassUpdate(object: Members, old: Members, to: Findings): void {
  if (object['value'] !== old['value']) to.forbidden('value', 'may not be changed in an update.')
  to.immutable('preemptionPolicy', object['preemptionPolicy'], object['preemptionPolicy'] !== old['preemptionPolicy'])
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

export function checkControllerRevision(object: Members, to: Findings): void {
  if (!isSet(object['data'])) to.required('data', 'data is mandatory')
  to.notNegative('revision', object['revision'])
}

export function checkControllerRevisionUpdate(object: Members, old: Members, to: Findings): void {
  if (equalJson(object['data'] ?? null, old['data'] ?? null)) return
  const bytes = new TextEncoder().encode(printJson(object['data'] ?? null))
  const printed = [...bytes].map((byte) => `0x${byte.toString(16)}`).join(', ')
  to.immutable('data', new GoText(`runtime.RawExtension{Raw:[]uint8{${printed}}, Object:runtime.Object(nil)}`), true)
}

export function checkRuntimeClass(object: Members, to: Findings): void {
  const handler = textOf(object['handler'])
  to.explain('handler', handler, explainDns1123Label(handler))
  if (isSet(object['overhead'])) checkRequirements({ limits: membersOf(object['overhead'])['podFixed'] }, 'overhead', to)
  const { nodeSelector, tolerations } = membersOf(object['scheduling'])
  checkLabels(nodeSelector, 'scheduling.nodeSelector', to)
  // Upstream names the member twice.
  checkTolerations(tolerations, 'scheduling.tolerations.tolerations', to)
}

export function checkRuntimeClassUpdate(object: Members, old: Members, to: Findings): void {
  to.immutable('handler', object['handler'], object['handler'] !== old['handler'])
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
  const usages = listOf(spec['usages']).map(textOf)
  if (usages.length === 0) to.required('spec.usages')
  for (const [index, usage] of usages.entries()) to.oneOf(`spec.usages[${index}]`, usage, keyUsages)
  for (const [index, usage] of usages.entries()) {
    if (usages.indexOf(usage) < index) to.duplicate(`spec.usages[${index}]`, usage)
  }
  checkSigner(textOf(spec['signerName']), 'spec.signerName', to)
  const seconds = spec['expirationSeconds']
  if (isNumber(seconds) && seconds < 600) {
    to.invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)')
  }
}

const keyUsages = [
  ...['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment'],
  ...['decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel'],
  ...['ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime'],
  ...['server auth', 'signing', 'timestamping'],
]

/** `domain.example/path`. Reference: ValidateSignerName of apis/core/validation. */
function checkSigner(signer: string, field: string, to: Findings): void {
  if (signer === '') {
    to.required(field)
    return
  }
  const [domain, path, ...rest] = signer.split('/') as [string, string?, ...string[]]
  if (path === undefined || rest.length > 0) {
    to.invalid(field, signer, "must be a fully qualified domain and path of the form 'example.com/signer-name'")
    return
  }
  const labels = domain.split('.')
  const wrong = labels.find((label) => explainDns1123Label(label).length > 0)
  if (wrong !== undefined) {
    to.explain(
      field,
      domain,
      explainDns1123Label(wrong).map((reason) => `validating label ${quote(wrong)}: ${reason}`),
    )
  }
  if (labels.length < 2) to.invalid(field, domain, 'should be a domain with at least two segments separated by dots')
  const part = path.split('.').find((label) => explainDns1123Subdomain(label).length > 0)
  if (part !== undefined) {
    to.explain(
      field,
      path,
      explainDns1123Subdomain(part).map((reason) => `validating label ${quote(part)}: ${reason}`),
    )
  }
}
