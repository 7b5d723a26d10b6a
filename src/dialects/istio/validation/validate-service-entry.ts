import type { KubeObject } from '../../../kube/object/kube-object.js'
import { isCidr } from '../../../kube/schema/validation/ip-address.js'
import { explainDomain, explainLabelMap, explainWildcardDomain, isLabel, quote } from './names.js'
import { type Fields, fieldsOf, labelsOf, listOf, numberOf, textOf, textsOf } from './read-json.js'
import { Report } from './report.js'
import { validateExportTo } from './validate-export-to.js'
import { explainPort, isSomeIp, validateWorkload } from './validate-workload-entry.js'

const httpProtocols = new Set(['http', 'http2', 'http_proxy', 'grpc', 'grpc-web'])
const tlsProtocols = new Set(['https', 'tls'])
const tcpProtocols = new Set(['tcp', 'https', 'tls', 'mongo', 'redis', 'mysql'])
const protocols = new Set([...httpProtocols, ...tcpProtocols, 'udp'])
const dynamicProtocols = new Set(['http', 'tls', 'grpc', 'http2'])

/** What Istio says of a ServiceEntry. */
export function validateServiceEntry(object: KubeObject): Report {
  const report = new Report()
  const spec = fieldsOf(object['spec']) ?? {}
  const selector = fieldsOf(spec['workloadSelector'])
  if (selector !== undefined && !validateSelector(selector, report)) return report
  const endpoints = listOf(spec['endpoints'])
  if (selector !== undefined && spec['endpoints'] !== undefined)
    report.error(
      'spec',
      'only one of WorkloadSelector or Endpoints is allowed in Service Entry',
      'Remove workloadSelector or endpoints.',
    )
  const hosts = textsOf(spec['hosts'])
  const resolution = textOf(spec['resolution']) || 'NONE'
  validateHosts(hosts, resolution, report)
  const addresses = textsOf(spec['addresses'])
  validateAddresses(addresses, resolution, report)
  const ports = listOf(spec['ports']).map(fieldsOf)
  const enabled = object.metadata.labels?.['networking.istio.io/enable-autoallocate-ip']?.toLowerCase()
  const needsAddress = addresses.length === 0 && (resolution === 'NONE' || enabled === 'false')
  const portNames = validatePorts(ports, needsAddress, report)
  validateResolution({ spec, object, hosts, addresses, endpoints, ports, portNames, resolution, selector }, report)
  if (resolution !== 'NONE' && hosts.length > 1) {
    const bad = ports.findIndex(
      (port) => port !== undefined && !httpProtocols.has(protocolOf(port)) && !tlsProtocols.has(protocolOf(port)),
    )
    if (bad >= 0)
      report.error(
        'spec.hosts',
        'multiple hosts provided with non-HTTP, non-TLS ports',
        'Write one ServiceEntry for each host: plain TCP does not say which one is meant.',
      )
  }
  validateExportTo(spec['exportTo'], { namespace: object.metadata.namespace ?? '', isServiceEntry: true }, report)
  return report
}

/** False where Istio looks no further. */
function validateSelector(selector: Fields, report: Report): boolean {
  const at = 'spec.workloadSelector.labels'
  const labels = Object.entries(labelsOf(selector['labels']))
  for (const [key, value] of labels) {
    if (key === '') report.error(at, `empty key is not supported in selector: "${key}=${value}"`, 'Name the label.')
    if (key.includes('*') || value.includes('*'))
      report.error(at, `wildcard is not supported in selector: "${key}=${value}"`, 'Write the whole value.')
  }
  if (report.errors.length > 0) return false
  if (labels.length === 0)
    report.warn(
      at,
      'service entry: workload selector specified without labels, will be applied to all services in namespace',
      'Name labels.',
    )
  return true
}

function validateHosts(hosts: readonly string[], resolution: string, report: Report): void {
  if (hosts.length === 0) report.error('spec.hosts', 'service entry must have at least one host', 'Name a host.')
  for (const [index, host] of hosts.entries()) {
    const at = `spec.hosts[${index}]`
    if (host === '*') {
      report.error(at, 'invalid host *', 'Name a domain.')
      continue
    }
    const wrong = explainWildcardDomain(host)
    if (wrong !== undefined) report.error(at, wrong, 'Write a host name, with at most one wildcard in front.')
    if (resolution !== 'DYNAMIC_DNS' && host.includes('*') && !host.startsWith('*.'))
      report.warn(at, `partial wildcard ${quote(host)} not allowed`, 'Write *. before a domain.')
  }
}

function validateAddresses(addresses: readonly string[], resolution: string, report: Report): void {
  for (const [index, address] of addresses.entries()) {
    const slashes = address.split('/').length - 1
    if (slashes === 1 ? isCidr(address) : isSomeIp(address)) continue
    const message = slashes === 1 ? `${address} is not a valid CIDR block` : `${address} is not a valid IP`
    report.error(`spec.addresses[${index}]`, message, 'Write an address, or a block such as 10.0.0.0/24.')
  }
  if (addresses.some((each) => each.includes('/')) && resolution !== 'NONE' && resolution !== 'STATIC')
    report.error(
      'spec.addresses',
      'CIDR addresses are allowed only for NONE/STATIC resolution types',
      'Write addresses one by one, or another resolution.',
    )
}

function validatePorts(ports: readonly (Fields | undefined)[], needsAddress: boolean, report: Report): ReadonlySet<string> {
  const names = new Set<string>()
  const numbers = new Set<number>()
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`
    if (port === undefined) {
      report.error(at, 'service entry port may not be null', 'Remove the entry.')
      continue
    }
    const [name, number, target, protocol] = [
      textOf(port['name']),
      numberOf(port['number']),
      numberOf(port['targetPort']),
      textOf(port['protocol']),
    ]
    if (names.has(name))
      report.error(`${at}.name`, `service entry port name ${quote(name)} already defined`, 'Give each port a name of its own.')
    if (numbers.has(number)) report.error(`${at}.number`, `service entry port ${number} already defined`, 'Name each port once.')
    names.add(name)
    numbers.add(number)
    if (target !== 0) reportPort(target, `${at}.targetPort`, report)
    if (needsAddress && (protocol === '' || protocol === 'TCP'))
      report.warn(
        at,
        'addresses are required for ports serving TCP (or unset) protocol when IP Autoallocation is not enabled',
        'Set spec.addresses, or the protocol.',
      )
    if (!isLabel(name)) report.error(`${at}.name`, `invalid port name: ${name}`, 'Write letters, digits and dashes.')
    if (protocol !== '' && !protocols.has(protocol.toLowerCase()))
      report.error(
        `${at}.protocol`,
        `unsupported protocol: ${protocol}`,
        `Write one of ${[...protocols].join(', ').toUpperCase()}.`,
      )
    reportPort(number, `${at}.number`, report)
  }
  return names
}

interface Entry {
  readonly spec: Fields
  readonly object: KubeObject
  readonly hosts: readonly string[]
  readonly addresses: readonly string[]
  readonly endpoints: readonly unknown[]
  readonly ports: readonly (Fields | undefined)[]
  readonly portNames: ReadonlySet<string>
  readonly resolution: string
  readonly selector: Fields | undefined
}

function validateResolution(entry: Entry, report: Report): void {
  const { resolution, endpoints, portNames, selector } = entry
  switch (resolution) {
    case 'NONE':
      if (endpoints.length > 0)
        report.error(
          'spec.endpoints',
          'no endpoints should be provided for resolution type none',
          'Write resolution: STATIC for addresses or DNS for names.',
        )
      if (selector !== undefined)
        report.warn(
          'spec.workloadSelector',
          'workloadSelector should not be set when resolution mode is NONE',
          'Write resolution: STATIC.',
        )
      return
    case 'STATIC':
      for (const [index, each] of endpoints.entries()) {
        const at = `spec.endpoints[${index}]`
        const endpoint = fieldsOf(each)
        if (endpoint === undefined) report.error(at, 'endpoint cannot be nil', 'Remove the entry.')
        else validateWorkload(endpoint, { at, portNames, allowNames: false }, report)
      }
      return
    case 'DNS':
    case 'DNS_ROUND_ROBIN': {
      validateDns(entry, report)
      return
    }
    case 'DYNAMIC_DNS': {
      validateDynamicDns(entry, report)
      return
    }
    default:
      report.error(
        'spec.resolution',
        `unsupported resolution type ${resolution}`,
        'Write NONE, STATIC, DNS, DNS_ROUND_ROBIN or DYNAMIC_DNS.',
      )
  }
}

function validateDns({ hosts, addresses, endpoints, ports, portNames, resolution }: Entry, report: Report): void {
  if (endpoints.length === 0)
    for (const host of hosts) {
      const wrong = explainDomain(host)
      if (wrong === undefined) continue
      report.error(
        'spec.hosts',
        `hosts must be FQDN or contain only prefix wildcards if no endpoints are provided for resolution mode ${resolution}, ${wrong}`,
        'Name endpoints, or whole host names.',
      )
      break
    }
  if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1)
    report.error(
      'spec.endpoints',
      `there must only be 0 or 1 endpoint for resolution mode ${resolution}`,
      'Write resolution: DNS, or one endpoint.',
    )
  for (const [index, each] of endpoints.entries()) {
    const at = `spec.endpoints[${index}]`
    const endpoint = fieldsOf(each)
    if (endpoint === undefined) {
      report.error(at, 'endpoint cannot be nil', 'Remove the entry.')
      continue
    }
    const address = textOf(endpoint['address'])
    if (!isSomeIp(address) && explainDomain(address) !== undefined)
      report.error(
        `${at}.address`,
        `endpoint address ${quote(address)} is not a valid FQDN or an IP address`,
        'Write a host name or an address.',
      )
    for (const text of explainLabelMap(labelsOf(endpoint['labels'])))
      report.error(`${at}.labels`, text, 'Write labels as Kubernetes takes them.')
    for (const [name, port] of Object.entries(fieldsOf(endpoint['ports']) ?? {})) {
      if (!portNames.has(name))
        report.error(
          `${at}.ports.${name}`,
          `endpoint port ${numberOf(port)} is not defined by the service entry`,
          `Name a port of spec.ports: ${[...portNames].join(', ')}.`,
        )
      if (!isLabel(name)) report.error(`${at}.ports`, `invalid port name: ${name}`, 'Write letters, digits and dashes.')
      reportPort(numberOf(port), `${at}.ports.${name}`, report)
    }
  }
  if (addresses.length > 0 && hosts.length > 1 && ports.some((port) => port !== undefined && tcpProtocols.has(protocolOf(port))))
    report.warn(
      'spec.hosts',
      'service entry can not have more than one host specified simultaneously with address and tcp port',
      'Write one ServiceEntry for each host.',
    )
}

function validateDynamicDns({ spec, object, hosts, addresses, endpoints, ports, resolution }: Entry, report: Report): void {
  if (hosts.length === 0)
    report.error(
      'spec.hosts',
      `at least one wildcard host must be provided for resolution type ${resolution}`,
      'Name a host such as *.example.com.',
    )
  for (const [index, host] of hosts.entries())
    if (!host.startsWith('*'))
      report.error(
        `spec.hosts[${index}]`,
        `host must be wildcarded for resolution mode ${resolution}`,
        'Write *. before a domain.',
      )
  const means = 'for resolution type DYNAMIC_DNS.'
  if (addresses.length > 0)
    report.error(
      'spec.addresses',
      `addresses cannot be set ${means} HTTP route domains will only be generatedfrom the hosts field values`,
      'Remove addresses.',
    )
  if (endpoints.length > 0)
    report.error(
      'spec.endpoints',
      `endpoints cannot be set ${means} Destination IP address determined from hostsfield values`,
      'Remove endpoints.',
    )
  for (const port of ports)
    if (port !== undefined && !dynamicProtocols.has(protocolOf(port)))
      report.error(
        'spec.ports',
        `only HTTP, TLS, GRPC, and HTTP2 protocols are supported for resolution type ${resolution}`,
        'Write one of these protocols.',
      )
  const waypoint = object.metadata.labels?.['istio.io/use-waypoint'] ?? ''
  if (textOf(spec['location']) === 'MESH_INTERNAL' && waypoint !== '' && waypoint.toLowerCase() !== 'none')
    report.error(
      'spec.location',
      `location MESH_INTERNAL with resolution type ${resolution} is not supported when using waypoints`,
      'Write location: MESH_EXTERNAL.',
    )
}

function protocolOf(port: Fields): string {
  return textOf(port['protocol']).toLowerCase()
}

function reportPort(port: number, at: string, report: Report): void {
  const wrong = explainPort(port)
  if (wrong !== undefined) report.error(at, wrong, 'Write a number from 1 to 65535.')
}
