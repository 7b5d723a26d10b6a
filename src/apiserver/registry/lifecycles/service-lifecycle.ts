import { equalJson } from '../../../base/json.js'
import { printJson } from '../../../base/json-text.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import { recordAddresses } from '../allocation/ip-address-objects.js'
import { formatAddress, parseAddress } from '../allocation/ipv4.js'
import {
  type ServicePort,
  type ServiceSpec,
  serviceAddresses,
  serviceNodePorts,
  serviceSpec,
} from '../allocation/service-claims.js'
import type { ClusterScope } from '../scope.js'
import type { Lifecycle } from './lifecycle.js'

/**
 * Gives Services their cluster address and node ports. Addresses are taken before the write and given back when it does not
 * happen; what a change lets go of is freed after the commit.
 */
export const serviceLifecycle: Lifecycle = {
  beforeCreate: (scope, object) => allocate(scope, object, undefined),
  beforeUpdate(scope, object, previous, subresource) {
    if (subresource !== '') return
    keepAllocated(serviceSpec(object), serviceSpec(previous))
    dropForType(serviceSpec(object), serviceSpec(previous))
    allocate(scope, object, previous)
  },
  released(scope, object) {
    const taken = takenFor.get(object)
    if (taken !== undefined) free(scope, taken, undefined)
  },
  committed(scope, object, previous) {
    if (previous !== undefined) free(scope, previous, object)
    recordAddresses(scope, object, previous)
  },
}

/** By object on its way: what was taken for it. It may name what another Service holds, which is not its to give back. */
const takenFor = new WeakMap<KubeObject, KubeObject>()

/** A client that leaves the address or node ports out does not give them up. */
function keepAllocated(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.type === 'ExternalName') return
  if (!spec.clusterIP && before.clusterIP && before.type !== 'ExternalName') {
    spec.clusterIP = before.clusterIP
    if (!spec.clusterIPs?.length && before.clusterIPs) spec.clusterIPs = [...before.clusterIPs]
  }
  spec.ipFamilies ??= before.ipFamilies
  spec.ipFamilyPolicy ??= before.ipFamilyPolicy
  if (!wantsNodePorts(spec) || !wantsNodePorts(before)) return
  for (const port of spec.ports ?? []) {
    port.nodePort ||= before.ports?.find((known) => known.port === port.port && protocolOf(known) === protocolOf(port))?.nodePort
  }
}

/**
 * What the server or an earlier type brought in, and the new type has no use for, goes when the writer left it as it was.
 * What the writer set stays, for validation to judge.
 */
function dropForType(spec: ServiceSpec, before: ServiceSpec): void {
  const drop = (field: string, needs: (of: ServiceSpec) => boolean) => {
    if (needs(before) && !needs(spec) && equalJson(spec[field], before[field])) delete spec[field]
  }
  // Services of any type are reached from outside through external addresses.
  drop('externalTrafficPolicy', (of) => wantsNodePorts(of) || (of.externalIPs?.length ?? 0) > 0)
  if (spec.type === before.type) return
  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy']) {
    drop(field, ({ type }) => type !== 'ExternalName')
  }
  drop('healthCheckNodePort', (of) => of.type === 'LoadBalancer' && of.externalTrafficPolicy === 'Local')
  drop('allocateLoadBalancerNodePorts', isLoadBalancer)
  drop('loadBalancerClass', isLoadBalancer)
  if (wantsNodePorts(spec) || !wantsNodePorts(before)) return
  const held = new Set(before.ports?.map((port) => port.nodePort))
  for (const port of spec.ports ?? []) if (held.has(port.nodePort)) delete port.nodePort
}

function allocate(scope: ClusterScope, object: KubeObject, previous: KubeObject | undefined): void {
  const spec = serviceSpec(object)
  const heldAddresses = new Set(previous === undefined ? [] : serviceAddresses(previous))
  const heldPorts = new Set(previous === undefined ? [] : serviceNodePorts(previous))
  const taken: KubeObject = { ...object, spec: {} }
  try {
    if (spec.type !== 'ExternalName') allocateAddress(scope, object, spec, heldAddresses, serviceSpec(taken))
    allocateNodePorts(scope, object, spec, heldPorts, serviceSpec(taken))
  } catch (error) {
    free(scope, taken, undefined)
    throw error
  }
  takenFor.set(object, taken)
}

function allocateAddress(
  scope: ClusterScope,
  object: KubeObject,
  spec: ServiceSpec,
  held: ReadonlySet<string>,
  taken: ServiceSpec,
): void {
  const { clusterIPs } = spec
  // A new service says it in `clusterIP`: the list alone is for validation to refuse.
  if (held.size === 0 && !spec.clusterIP && clusterIPs !== undefined && clusterIPs.length > 0) return
  spec.clusterIP ||= clusterIPs?.[0]
  // Only the first is taken: a second of the range would be given back with this Service, whoever holds it.
  if (clusterIPs?.slice(1).some((address) => parseAddress(address) !== undefined)) {
    throw refused(object, 'spec.clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family')
  }
  if (spec.clusterIP === 'None') spec.clusterIPs = ['None']
  else {
    const pool = scope.allocations.addresses
    if (!spec.clusterIP) {
      const number = pool.takeAny(scope.ports.random)
      if (number === undefined) throw statusErrors.internal('failed to allocate a serviceIP: range is full')
      taken.clusterIP = spec.clusterIP = formatAddress(number)
    } else if (!held.has(spec.clusterIP)) {
      const number = parseAddress(spec.clusterIP)
      if (number !== undefined && !pool.contains(number)) {
        throw refused(
          object,
          'spec.clusterIPs',
          [spec.clusterIP],
          `failed to allocate IP ${spec.clusterIP}: the provided IP (${spec.clusterIP}) is not in the valid range. The range of valid IPs is ${scope.allocations.serviceRange}`,
        )
      }
      if (number !== undefined && !pool.take(number)) {
        throw refused(
          object,
          'spec.clusterIPs',
          [spec.clusterIP],
          `failed to allocate IP ${spec.clusterIP}: provided IP is already allocated`,
        )
      }
      taken.clusterIP = spec.clusterIP
    }
    spec.clusterIPs = [spec.clusterIP, ...(spec.clusterIPs?.slice(1) ?? [])]
  }
  spec.ipFamilies ??= ['IPv4']
  const { ipFamilies } = spec
  // Whose addresses nobody manages may be of both families, on any cluster.
  const free = spec.clusterIP === 'None' && Object.keys((spec['selector'] as object | undefined) ?? {}).length === 0
  if (free && ipFamilies.length === 1 && spec.ipFamilyPolicy !== 'SingleStack') {
    spec.ipFamilies = [...ipFamilies, ipFamilies[0] === 'IPv4' ? 'IPv6' : 'IPv4']
  }
  spec.ipFamilyPolicy ??= free ? 'RequireDualStack' : 'SingleStack'
}

function allocateNodePorts(
  scope: ClusterScope,
  object: KubeObject,
  spec: ServiceSpec,
  held: ReadonlySet<number>,
  taken: ServiceSpec,
): void {
  if (!wantsNodePorts(spec)) return
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
  spec.externalTrafficPolicy ??= 'Cluster'
  const pool = scope.allocations.nodePorts
  const mine = new Set(held)
  taken.ports = []
  const claim = (number: number) => {
    taken.ports!.push({ nodePort: number })
    mine.add(number)
    return number
  }
  for (const [index, port] of (spec.ports ?? []).entries()) {
    if (port.nodePort) {
      if (mine.has(port.nodePort)) continue
      if (!pool.contains(port.nodePort)) {
        throw refused(
          object,
          `spec.ports[${index}].nodePort`,
          port.nodePort,
          'provided port is not in the valid range. The range of valid ports is 30000-32767',
        )
      }
      if (!pool.take(port.nodePort)) {
        throw refused(object, `spec.ports[${index}].nodePort`, port.nodePort, 'provided port is already allocated')
      }
      claim(port.nodePort)
    } else if (spec.type !== 'LoadBalancer' || spec.allocateLoadBalancerNodePorts !== false) {
      const number = pool.takeAny(scope.ports.random)
      if (number === undefined) throw statusErrors.internal('failed to allocate a nodePort: range is full')
      port.nodePort = claim(number)
    }
  }
  if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local' && !spec.healthCheckNodePort) {
    const number = pool.takeAny(scope.ports.random)
    if (number !== undefined) taken.healthCheckNodePort = spec.healthCheckNodePort = number
  }
}

/** Frees what `object` holds and `still` does not. */
function free(scope: ClusterScope, object: KubeObject, still: KubeObject | undefined): void {
  const addresses = new Set(still === undefined ? [] : serviceAddresses(still))
  const ports = new Set(still === undefined ? [] : serviceNodePorts(still))
  for (const address of serviceAddresses(object)) {
    const number = parseAddress(address)
    if (number !== undefined && !addresses.has(address)) scope.allocations.addresses.free(number)
  }
  for (const port of serviceNodePorts(object)) if (!ports.has(port)) scope.allocations.nodePorts.free(port)
}

function wantsNodePorts(spec: ServiceSpec): boolean {
  return spec.type === 'NodePort' || spec.type === 'LoadBalancer'
}

function isLoadBalancer(spec: ServiceSpec): boolean {
  return spec.type === 'LoadBalancer'
}

function protocolOf(port: ServicePort): string {
  return port.protocol ?? 'TCP'
}

function refused(object: KubeObject, field: string, value: unknown, why: string): Error {
  return statusErrors.invalid({ kind: 'Service', group: '', name: object.metadata.name }, [
    { reason: 'FieldValueInvalid', message: `Invalid value: ${printJson(value)}: ${why}`, field },
  ])
}
