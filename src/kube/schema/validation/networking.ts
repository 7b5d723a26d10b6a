import { explainDns1035Label, explainDns1123Subdomain } from '../../object/names.js'
import { GoText, quote } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, numberOf, structsOf, textOf } from './findings.js'
import { cidrText, isCidr, isIpAddress, isStrictSubset } from './ip-address.js'
import { checkSelector } from './labels.js'

const wildcard = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const wildcardText =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

export function checkIngress(ingress: Members, to: Findings): void {
  const spec = membersOf(ingress['spec'])
  const rules = structsOf(spec['rules'])
  if (rules.length === 0 && !isSet(spec['defaultBackend'])) {
    to.invalid(
      'spec',
      new GoText(isSet(spec['rules']) ? '[]networking.IngressRule{}' : '[]networking.IngressRule(nil)'),
      'either `defaultBackend` or `rules` must be specified',
    )
  }
  if (isSet(spec['defaultBackend'])) checkBackend(membersOf(spec['defaultBackend']), 'spec.defaultBackend', to)
  for (const [index, rule] of rules.entries()) checkIngressRule(rule, `spec.rules[${index}]`, to)
  for (const [index, tls] of structsOf(spec['tls']).entries()) {
    for (const [position, host] of listOf(tls['hosts']).entries())
      checkHost(textOf(host), `spec.tls[${index}].hosts[${position}]`, to)
    const secret = textOf(tls['secretName'])
    if (secret !== '') to.explain(`spec.tls[${index}].secretName`, secret, explainDns1123Subdomain(secret))
  }
  if (isSet(spec['ingressClassName'])) {
    const name = textOf(spec['ingressClassName'])
    to.explain('spec.ingressClassName', name, explainDns1123Subdomain(name))
  }
}

function checkHost(host: string, field: string, to: Findings): void {
  if (host.includes('*')) {
    if (!wildcard.test(host)) to.invalid(field, host, wildcardText)
  } else to.explain(field, host, explainDns1123Subdomain(host))
}

function checkIngressRule(rule: Members, at: string, to: Findings): void {
  const host = textOf(rule['host'])
  if (host !== '') {
    if (isIpAddress(host)) to.invalid(`${at}.host`, host, 'must be a DNS name, not an IP address')
    checkHost(host, `${at}.host`, to)
  }
  if (!isSet(rule['http'])) return
  const paths = structsOf(membersOf(rule['http'])['paths'])
  if (paths.length === 0) to.required(`${at}.http.paths`)
  for (const [index, path] of paths.entries()) checkIngressPath(path, `${at}.http.paths[${index}]`, to)
}

function checkIngressPath(it: Members, at: string, to: Findings): void {
  const type = it['pathType']
  const path = textOf(it['path'])
  if (!isSet(type)) to.required(`${at}.pathType`, 'pathType must be specified')
  else if (type === 'Exact' || type === 'Prefix') {
    if (!path.startsWith('/')) to.invalid(`${at}.path`, path, 'must be an absolute path')
    if (path !== '') {
      for (const part of ['//', '/./', '/../', '%2f', '%2F'])
        if (path.includes(part)) to.invalid(`${at}.path`, path, `must not contain '${part}'`)
      for (const end of ['/..', '/.']) if (path.endsWith(end)) to.invalid(`${at}.path`, path, `cannot end with '${end}'`)
    }
  } else if (type === 'ImplementationSpecific') {
    if (path !== '' && !path.startsWith('/')) to.invalid(`${at}.path`, path, 'must be an absolute path')
  } else to.notSupported(`${at}.pathType`, type, ['Exact', 'ImplementationSpecific', 'Prefix'])
  checkBackend(membersOf(it['backend']), `${at}.backend`, to)
}

function checkBackend(backend: Members, field: string, to: Findings): void {
  const { resource, service } = backend
  if (isSet(resource) && isSet(service)) to.invalid(field, '', 'cannot set both resource and service backends')
  else if (!isSet(resource) && !isSet(service)) to.invalid(field, '', 'resource or service backend is required')
  else if (isSet(service)) {
    const it = membersOf(service)
    const name = textOf(it['name'])
    if (name === '') to.required(`${field}.service.name`)
    else to.explain(`${field}.service.name`, name, explainDns1035Label(name))
    const port = membersOf(it['port'])
    const portName = textOf(port['name'])
    const number = numberOf(port['number'])
    if (portName !== '' && number !== 0) to.invalid(field, '', 'cannot set both port name & port number')
    else if (portName !== '') to.portOrName(`${field}.service.port.name`, portName)
    else if (number === 0) to.required(field, 'port name or number is required')
    else to.portNumber(`${field}.service.port.number`, number)
  }
}

export function checkNetworkPolicy(policy: Members, to: Findings): void {
  const spec = membersOf(policy['spec'])
  checkSelector(spec['podSelector'], 'spec.podSelector', to)
  for (const [direction, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const [index, rule] of structsOf(spec[direction]).entries()) {
      const at = `spec.${direction}[${index}]`
      for (const [position, port] of structsOf(rule['ports']).entries()) checkPolicyPort(port, `${at}.ports[${position}]`, to)
      for (const [position, peer] of structsOf(rule[peers]).entries()) checkPeer(peer, `${at}.${peers}[${position}]`, to)
    }
  }
  const types = listOf(spec['policyTypes']).map(textOf)
  if (types.length > 2) {
    const printed = new GoText(`[]networking.PolicyType{${types.map(quote).join(', ')}}`)
    to.invalid('spec.policyTypes', printed, 'may not specify more than two policyTypes')
    return
  }
  for (const [index, type] of types.entries()) to.oneOf(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress'])
}

function checkPolicyPort(it: Members, at: string, to: Findings): void {
  if (isSet(it['protocol'])) to.oneOf(`${at}.protocol`, it['protocol'], ['TCP', 'UDP', 'SCTP'])
  const { port, endPort } = it
  if (isSet(port)) to.portOrName(`${at}.port`, port)
  if (!isSet(endPort)) return
  if (!isSet(port)) to.invalid(`${at}.endPort`, endPort, 'may not be specified when `port` is not specified')
  else if (typeof port === 'string') to.invalid(`${at}.endPort`, endPort, 'may not be specified when `port` is non-numeric')
  else {
    // Upstream prints the port here.
    if (numberOf(endPort) < numberOf(port)) to.invalid(`${at}.endPort`, port, 'must be greater than or equal to `port`')
    to.portNumber(`${at}.endPort`, endPort)
  }
}

function checkPeer(peer: Members, at: string, to: Findings): void {
  const { podSelector, namespaceSelector, ipBlock } = peer
  const given = [podSelector, namespaceSelector, ipBlock].filter(isSet).length
  if (isSet(podSelector)) checkSelector(podSelector, `${at}.podSelector`, to)
  if (isSet(namespaceSelector)) checkSelector(namespaceSelector, `${at}.namespaceSelector`, to)
  if (isSet(ipBlock)) checkIpBlock(membersOf(ipBlock), `${at}.ipBlock`, to)
  if (given === 0) to.required(at, 'must specify a peer')
  else if (given > 1 && isSet(ipBlock)) to.forbidden(at, 'may not specify both ipBlock and another peer')
}

function checkIpBlock(block: Members, at: string, to: Findings): void {
  const cidr = textOf(block['cidr'])
  if (cidr === '') {
    to.required(`${at}.cidr`)
    return
  }
  const known = isCidr(cidr)
  if (!known) to.invalid(`${at}.cidr`, cidr, cidrText)
  for (const [index, except] of listOf(block['except']).entries()) {
    const field = `${at}.except[${index}]`
    if (!isCidr(textOf(except))) to.invalid(field, except, cidrText)
    else if (known && !isStrictSubset(textOf(except), cidr)) to.invalid(field, except, 'must be a strict subset of `cidr`')
  }
}
