import type { KubeObject } from '../../kube/object/kube-object.js'
import { at, listAt, mapAt, numberAt, orElse, shortened, textAt } from './fields.js'
import { ageOf } from './human-duration.js'
import { definePrinter, type TablePrinter } from './printer.js'
import { labelsText, selectorText } from './selector-text.js'

const age = (object: KubeObject, now: number) => ageOf(object.metadata.creationTimestamp, now)

function ingressPoints(object: KubeObject): string[] {
  const points = listAt(object, 'status', 'loadBalancer', 'ingress').map(
    (point) => textAt(point, 'ip') || textAt(point, 'hostname'),
  )
  return [...new Set(points.filter((point) => point !== ''))].sort()
}

function externalAddress(service: KubeObject): string {
  const own = listAt(service, 'spec', 'externalIPs').map(String)
  switch (textAt(service, 'spec', 'type')) {
    case 'ExternalName':
      return textAt(service, 'spec', 'externalName')
    case 'LoadBalancer':
      return orElse([...ingressPoints(service), ...own].join(','), '<pending>')
    default:
      return orElse(own.join(','), '<none>')
  }
}

function servicePorts(service: KubeObject): string {
  const ports = listAt(service, 'spec', 'ports').map((port) => {
    const node = numberAt(port, 'nodePort')
    return `${numberAt(port, 'port')}${node > 0 ? `:${node}` : ''}/${orElse(textAt(port, 'protocol'), 'TCP')}`
  })
  return orElse(ports.join(','), '<none>')
}

function endpointAddresses(endpoints: KubeObject): string {
  const all: string[] = []
  for (const subset of listAt(endpoints, 'subsets')) {
    const addresses = listAt(subset, 'addresses').map((address) => textAt(address, 'ip'))
    const ports = listAt(subset, 'ports')
    if (ports.length === 0) all.push(...addresses)
    for (const port of ports) {
      for (const address of addresses) all.push(`${address.includes(':') ? `[${address}]` : address}:${numberAt(port, 'port')}`)
    }
  }
  return all.length === 0 ? '<none>' : shortened(all, 3)
}

function ingressHosts(ingress: KubeObject): string {
  const hosts = listAt(ingress, 'spec', 'rules')
    .map((rule) => textAt(rule, 'host'))
    .filter((host) => host !== '')
  return hosts.length === 0 ? '*' : shortened(hosts, 3)
}

/** Services and what leads to them, by group resource. */
export const networkPrinters: Readonly<Record<string, TablePrinter>> = {
  services: definePrinter('Name|Type|Cluster-IP|External-IP|Port(s)|Age|Selector+', (object, now) => [
    object.metadata.name,
    textAt(object, 'spec', 'type'),
    orElse(String(listAt(object, 'spec', 'clusterIPs')[0] ?? textAt(object, 'spec', 'clusterIP')), '<none>'),
    externalAddress(object),
    servicePorts(object),
    age(object, now),
    labelsText(mapAt(object, 'spec', 'selector')),
  ]),
  endpoints: definePrinter('Name|Endpoints|Age', (object, now) => [
    object.metadata.name,
    endpointAddresses(object),
    age(object, now),
  ]),
  'endpointslices.discovery.k8s.io': definePrinter('Name|AddressType|Ports|Endpoints|Age', (object, now) => {
    const ports = listAt(object, 'ports').map((port) => orElse(textAt(port, 'port'), '*'))
    const addresses = listAt(object, 'endpoints').flatMap((endpoint) => listAt(endpoint, 'addresses').map(String))
    return [
      object.metadata.name,
      textAt(object, 'addressType'),
      ports.length === 0 ? '<unset>' : shortened(ports, 3),
      addresses.length === 0 ? '<unset>' : shortened(addresses, 3),
      age(object, now),
    ]
  }),
  'ingresses.networking.k8s.io': definePrinter('Name|Class|Hosts|Address|Ports|Age', (object, now) => [
    object.metadata.name,
    orElse(textAt(object, 'spec', 'ingressClassName'), '<none>'),
    ingressHosts(object),
    ingressPoints(object).join(','),
    listAt(object, 'spec', 'tls').length > 0 ? '80, 443' : '80',
    age(object, now),
  ]),
  'ingressclasses.networking.k8s.io': definePrinter('Name|Controller|Parameters|Age', (object, now) => {
    const parameters = at(object, 'spec', 'parameters')
    const group = textAt(parameters, 'apiGroup')
    return [
      object.metadata.name,
      textAt(object, 'spec', 'controller'),
      parameters === undefined
        ? '<none>'
        : `${textAt(parameters, 'kind')}${group === '' ? '' : `.${group}`}/${textAt(parameters, 'name')}`,
      age(object, now),
    ]
  }),
  'networkpolicies.networking.k8s.io': definePrinter('Name|Pod-Selector|Age', (object, now) => [
    object.metadata.name,
    selectorText(at(object, 'spec', 'podSelector')),
    age(object, now),
  ]),
  'ipaddresses.networking.k8s.io': definePrinter('Name|ParentRef', (object) => {
    const parent = mapAt(object, 'spec', 'parentRef')
    const resource = `${textAt(parent, 'resource')}${textAt(parent, 'group') === '' ? '' : `.${textAt(parent, 'group')}`}`
    return [object.metadata.name, [resource, textAt(parent, 'namespace'), textAt(parent, 'name')].filter(Boolean).join('/')]
  }),
  'servicecidrs.networking.k8s.io': definePrinter('Name|CIDRs|Age', (object, now) => [
    object.metadata.name,
    listAt(object, 'spec', 'cidrs').map(String).join(','),
    age(object, now),
  ]),
}
