import { explainDns1123Subdomain, explainQualifiedName } from '../../object/names.js'
import { type Findings, isSet, listOf, type Members, membersOf, structsOf, textOf } from './findings.js'
import { isIpAddress } from './ip-address.js'

/** Members of a pod's spec that few pods have. */
export function checkPodDetails(spec: Members, field: string, to: Findings): void {
  const security = membersOf(spec['securityContext'])
  const at = `${field}.securityContext`
  to.oneOf(`${at}.supplementalGroupsPolicy`, security['supplementalGroupsPolicy'], ['Merge', 'Strict'])
  to.oneOf(`${at}.fsGroupChangePolicy`, security['fsGroupChangePolicy'], ['Always', 'OnRootMismatch'])
  for (const profile of ['seccompProfile', 'appArmorProfile']) {
    if (!isSet(security[profile])) continue
    const { type } = membersOf(security[profile])
    if (textOf(type) === '') to.required(`${at}.${profile}.type`, `type is required when ${profile} is set`)
  }
  to.oneOf(`${at}.seLinuxChangePolicy`, security['seLinuxChangePolicy'], ['Recursive'])
  if (isSet(spec['os'])) {
    const name = textOf(membersOf(spec['os'])['name'])
    if (name === '') to.required(`${field}.os.name`, 'cannot be empty')
    else to.oneOf(`${field}.os`, name, ['linux', 'windows'])
  }
  checkDnsConfig(membersOf(spec['dnsConfig']), `${field}.dnsConfig`, to)
  for (const [index, gate] of structsOf(spec['schedulingGates']).entries()) {
    const name = textOf(gate['name'])
    to.explain(`${field}.schedulingGates[${index}]`, name, explainQualifiedName(name))
  }
}

function checkDnsConfig(config: Members, field: string, to: Findings): void {
  for (const [index, server] of listOf(config['nameservers']).map(textOf).entries()) {
    if (isIpAddress(server)) continue
    to.invalid(`${field}.nameservers[${index}]`, server, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')
  }
  for (const [index, domain] of listOf(config['searches']).map(textOf).entries()) {
    const plain = domain.replace(/\.$/, '').replaceAll('_', '-')
    if (explainDns1123Subdomain(plain).length === 0 || domain === '.') continue
    to.invalid(`${field}.searches[${index}]`, domain, searchText)
  }
  for (const [index, option] of structsOf(config['options']).entries()) {
    if (textOf(option['name']) === '') to.required(`${field}.options[${index}]`, 'must not be empty')
  }
}

const searchText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
