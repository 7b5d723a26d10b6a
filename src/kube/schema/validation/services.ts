import { equalJson } from '../../../base/json.js'
import { explainDns1123Label, explainDns1123Subdomain, explainQualifiedName } from '../../object/names.js'
import { GoText, quote } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, numberOf, structsOf, textOf } from './findings.js'
import { checkNotSpecial, cidrText, ipAddressText, isCidr, isIpAddress, isIpv4, isIpv6 } from './ip-address.js'
import { checkLabels, goIntOrString, goStrings } from './labels.js'

const protocols = ['SCTP', 'TCP', 'UDP']

export function checkService(service: Members, to: Findings): void {
  const spec = membersOf(service['spec'])
  const type = textOf(spec['type'])
  const headless = isHeadless(spec)
  const ports = structsOf(spec['ports'])
  if (ports.length === 0 && !headless && type !== 'ExternalName') to.required('spec.ports')
  checkTypeRules(spec, type, headless, to)
  checkPorts(ports, type, to)
  checkLabels(spec['selector'], 'spec.selector', to)
  to.oneOf('spec.sessionAffinity', spec['sessionAffinity'], ['ClientIP', 'None'])
  checkAffinityTimeout(spec, to)
  for (const [index, ip] of listOf(spec['externalIPs']).entries()) {
    const at = `spec.externalIPs[${index}]`
    if (!isIpAddress(textOf(ip))) to.invalid(at, ip, ipAddressText)
    else checkNotSpecial(textOf(ip), at, to)
  }
  to.oneOf('spec.type', spec['type'], ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'])
  checkDuplicatePorts(ports, to)
  checkSourceRanges(spec, type, to)
  if (isSet(spec['allocateLoadBalancerNodePorts']) && type !== 'LoadBalancer') {
    to.forbidden('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'")
  }
  if (isSet(spec['loadBalancerClass'])) {
    if (type !== 'LoadBalancer') to.forbidden('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'")
    else to.explain('spec.loadBalancerClass', spec['loadBalancerClass'], explainQualifiedName(textOf(spec['loadBalancerClass'])))
  }
  checkTraffic(spec, type, to)
  if (type !== 'ExternalName') checkClusterIps(spec, to)
  to.oneOf('spec.trafficDistribution', spec['trafficDistribution'], ['PreferClose'])
}

function isHeadless(spec: Members): boolean {
  return spec['clusterIP'] === 'None' || listOf(spec['clusterIPs'])[0] === 'None'
}

function checkTypeRules(spec: Members, type: string, headless: boolean, to: Findings): void {
  if (type === 'LoadBalancer' || type === 'NodePort') {
    if (headless) to.invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`)
  } else if (type === 'ExternalName') {
    if (textOf(spec['clusterIP']) !== '' || listOf(spec['clusterIPs']).length > 0) {
      to.forbidden('spec.clusterIPs', 'may not be set for ExternalName services')
    }
    const name = textOf(spec['externalName']).replace(/\.$/, '')
    if (name === '') to.required('spec.externalName')
    else to.explain('spec.externalName', name, explainDns1123Subdomain(name))
  }
}

function checkPorts(ports: Members[], type: string, to: Findings): void {
  const names = new Set<string>()
  const nodePorts = new Set<string>()
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`
    const name = textOf(port['name'])
    if (ports.length > 1 && name === '') to.required(`${at}.name`)
    else if (name !== '') {
      to.explain(`${at}.name`, name, explainDns1123Label(name))
      if (names.has(name)) to.duplicate(`${at}.name`, name)
      names.add(name)
    }
    to.inRange(`${at}.port`, numberOf(port['port']), 1, 65_535)
    if (textOf(port['protocol']) === '') to.required(`${at}.protocol`)
    else to.oneOf(`${at}.protocol`, port['protocol'], protocols)
    to.portOrName(`${at}.targetPort`, port['targetPort'] ?? 0)
    if (isSet(port['appProtocol'])) {
      to.explain(`${at}.appProtocol`, port['appProtocol'], explainQualifiedName(textOf(port['appProtocol'])))
    }
    const nodePort = numberOf(port['nodePort'])
    if (nodePort === 0) continue
    if (type === 'ClusterIP') to.forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'")
    else if (type !== 'ExternalName') {
      const key = `${textOf(port['protocol'])}/${nodePort}`
      if (nodePorts.has(key)) to.duplicate(`${at}.nodePort`, nodePort)
      nodePorts.add(key)
    }
  }
}

function checkDuplicatePorts(ports: Members[], to: Findings): void {
  const seen = new Set<string>()
  for (const [index, port] of ports.entries()) {
    const key = `${textOf(port['protocol'])}/${numberOf(port['port'])}`
    if (seen.has(key)) {
      const printed = `core.ServicePort{Name:"", Protocol:${quote(textOf(port['protocol']))}, AppProtocol:(*string)(nil), Port:${numberOf(port['port'])}, TargetPort:${goIntOrString(0).text}, NodePort:0}`
      to.duplicate(`spec.ports[${index}]`, new GoText(printed))
    }
    seen.add(key)
  }
}

function checkAffinityTimeout(spec: Members, to: Findings): void {
  if (spec['sessionAffinity'] !== 'ClientIP') return
  const seconds = membersOf(membersOf(spec['sessionAffinityConfig'])['clientIP'])['timeoutSeconds']
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds'
  if (typeof seconds === 'number' && (seconds <= 0 || seconds > 86_400)) {
    to.invalid(field, seconds, 'must be greater than 0 and less than 86400')
  }
}

function checkSourceRanges(spec: Members, type: string, to: Findings): void {
  const ranges = listOf(spec['loadBalancerSourceRanges'])
  const field = 'spec.LoadBalancerSourceRanges'
  if (ranges.length > 0 && type !== 'LoadBalancer') to.forbidden(field, "may only be used when `type` is 'LoadBalancer'")
  for (const [index, range] of ranges.entries())
    if (!isCidr(textOf(range).trim())) to.invalid(`${field}[${index}]`, range, cidrText)
}

function checkTraffic(spec: Members, type: string, to: Findings): void {
  const external = textOf(spec['externalTrafficPolicy'])
  const reachable =
    type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && listOf(spec['externalIPs']).length > 0)
  if (!reachable && external !== '') {
    to.invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services')
  } else if (reachable && external === '') to.required('spec.externalTrafficPolicy')
  else if (external !== '') to.oneOf('spec.externalTrafficPolicy', external, ['Cluster', 'Local'])
  const health = numberOf(spec['healthCheckNodePort'])
  if (health !== 0 && !(type === 'LoadBalancer' && external === 'Local')) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    to.invalid('spec.healthCheckNodePort', health, detail)
  }
  to.oneOf('spec.internalTrafficPolicy', spec['internalTrafficPolicy'], ['Cluster', 'Local'])
}

function checkClusterIps(spec: Members, to: Findings): void {
  const ips = listOf(spec['clusterIPs']).map(textOf)
  const families = listOf(spec['ipFamilies']).map(textOf)
  const primary = textOf(spec['clusterIP'])
  const printed = new GoText(goStrings(ips))
  if (ips.length > 0 && primary === '') {
    to.invalid('spec.clusterIPs', printed, 'must be empty when `clusterIP` is not specified')
  } else if (ips.length > 0 && primary !== ips[0]) to.invalid('spec.clusterIPs', printed, 'first value must match `clusterIP`')
  for (const [index, family] of families.entries()) {
    to.oneOf(`spec.ipFamilies[${index}]`, family, ['IPv4', 'IPv6'])
    if (families.indexOf(family) < index) to.duplicate(`spec.ipFamilies[${index}]`, family)
  }
  to.oneOf('spec.ipFamilyPolicy', spec['ipFamilyPolicy'], ['PreferDualStack', 'RequireDualStack', 'SingleStack'])
  for (const [index, ip] of ips.entries()) {
    if (ip === '' || ip === 'None') continue
    const at = `spec.clusterIPs[${index}]`
    if (!isIpAddress(ip)) to.invalid(at, ip, ipAddressText)
    else if (families[index] === 'IPv4' && !isIpv4(ip))
      to.invalid(at, ip, `expected an IPv4 value as indicated by \`ipFamilies[${index}]\``)
    else if (families[index] === 'IPv6' && !isIpv6(ip))
      to.invalid(at, ip, `expected an IPv6 value as indicated by \`ipFamilies[${index}]\``)
  }
}

/** The addresses of a service are given once. */
export function checkServiceUpdate(service: Members, old: Members, to: Findings): void {
  const spec = membersOf(service['spec'])
  const before = membersOf(old['spec'])
  if (spec['type'] !== 'ExternalName' && before['type'] !== 'ExternalName') {
    const ips = listOf(spec['clusterIPs'])
    const had = listOf(before['clusterIPs'])
    if (had.length > 0 && textOf(had[0]) !== '') {
      const printed = new GoText(goStrings(ips))
      if (ips.length === 0) to.invalid('spec.clusterIPs[0]', printed, 'primary clusterIP can not be unset')
      else if (ips[0] !== had[0]) to.invalid('spec.clusterIPs[0]', printed, 'may not change once set')
    }
    const families = listOf(spec['ipFamilies'])
    const hadFamilies = listOf(before['ipFamilies'])
    if (hadFamilies.length > 0 && families.length > 0 && families[0] !== hadFamilies[0]) {
      const printed = `[]core.IPFamily{${families.map((family) => quote(textOf(family))).join(', ')}}`
      to.invalid('spec.ipFamilies[0]', new GoText(printed), 'may not change once set')
    }
  }
  const stays = spec['type'] === 'LoadBalancer' && before['type'] === 'LoadBalancer'
  if (stays && !equalJson(spec['loadBalancerClass'] ?? null, before['loadBalancerClass'] ?? null)) {
    to.invalid('spec.loadBalancerClass', spec['loadBalancerClass'], 'may not change once set')
  }
}

export function checkEndpoints(endpoints: Members, to: Findings): void {
  for (const [index, subset] of structsOf(endpoints['subsets']).entries()) {
    const at = `subsets[${index}]`
    const addresses = listOf(subset['addresses'])
    const notReady = listOf(subset['notReadyAddresses'])
    if (addresses.length + notReady.length === 0) to.required(at, 'must specify `addresses` or `notReadyAddresses`')
    for (const [key, list] of Object.entries({ addresses, notReadyAddresses: notReady })) {
      for (const [position, address] of structsOf(list).entries()) {
        const field = `${at}.${key}[${position}].ip`
        const ip = textOf(address['ip'])
        if (!isIpAddress(ip)) {
          to.invalid(field, ip, ipAddressText)
          to.invalid(field, ip, 'must be a valid IP address')
        } else checkNotSpecial(ip, field, to)
        const place = field.slice(0, -3)
        if (textOf(address['hostname']) !== '') {
          to.explain(`${place}.hostname`, address['hostname'], explainDns1123Label(textOf(address['hostname'])))
        }
        if (isSet(address['nodeName'])) {
          to.explain(`${place}.nodeName`, address['nodeName'], explainDns1123Subdomain(textOf(address['nodeName'])))
        }
      }
    }
    const ports = structsOf(subset['ports'])
    for (const [position, port] of ports.entries()) {
      const field = `${at}.ports[${position}]`
      const name = textOf(port['name'])
      if (ports.length > 1 && name === '') to.required(`${field}.name`)
      else if (name !== '') to.explain(`${field}.name`, name, explainDns1123Label(name))
      to.inRange(`${field}.port`, numberOf(port['port']), 1, 65_535)
      if (textOf(port['protocol']) === '') to.required(`${field}.protocol`)
      else to.oneOf(`${field}.protocol`, port['protocol'], protocols)
      if (isSet(port['appProtocol'])) {
        to.explain(`${field}.appProtocol`, port['appProtocol'], explainQualifiedName(textOf(port['appProtocol'])))
      }
    }
  }
}

export function checkEndpointSlice(slice: Members, to: Findings): void {
  const type = textOf(slice['addressType'])
  if (type === '') to.required('addressType')
  else to.oneOf('addressType', type, ['FQDN', 'IPv4', 'IPv6'])
  for (const [index, endpoint] of structsOf(slice['endpoints']).entries()) {
    const at = `endpoints[${index}].addresses`
    const addresses = listOf(endpoint['addresses']).map(textOf)
    if (addresses.length === 0) to.required(at, 'must contain at least 1 address')
    for (const [position, address] of addresses.entries()) {
      const field = `${at}[${position}]`
      if (type === 'FQDN') {
        if (explainDns1123Subdomain(address).length > 0 || isIpAddress(address)) {
          if (!isIpAddress(address)) to.explain(field, address, explainDns1123Subdomain(address))
        }
        continue
      }
      if (type !== 'IPv4' && type !== 'IPv6') continue
      if (!isIpAddress(address)) to.invalid(field, address, ipAddressText)
      else if (type === 'IPv4' ? !isIpv4(address) : !isIpv6(address)) to.invalid(at, address, `must be an ${type} address`)
      else checkNotSpecial(address, field, to)
    }
    const { hostname, nodeName } = endpoint
    if (isSet(nodeName)) to.explain(`endpoints[${index}].nodeName`, nodeName, explainDns1123Subdomain(textOf(nodeName)))
    if (isSet(hostname)) to.explain(`endpoints[${index}].hostname`, hostname, explainDns1123Label(textOf(hostname)))
  }
  const names = new Set<string>()
  for (const [index, port] of structsOf(slice['ports']).entries()) {
    const name = textOf(port['name'])
    if (name !== '') to.explain(`ports[${index}].name`, name, explainDns1123Label(name))
    if (names.has(name)) to.duplicate(`ports[${index}].name`, name)
    names.add(name)
    if (isSet(port['protocol'])) to.oneOf(`ports[${index}].protocol`, port['protocol'], protocols)
    if (isSet(port['appProtocol'])) {
      to.explain(`ports[${index}].appProtocol`, port['appProtocol'], explainQualifiedName(textOf(port['appProtocol'])))
    }
  }
}
