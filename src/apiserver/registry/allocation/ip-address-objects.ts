import { formatTime } from '../../../base/clock.js'
import { uuid } from '../../../base/random.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterScope } from '../scope.js'
import { parseAddress } from './ipv4.js'
import { serviceAddresses } from './service-claims.js'

const resource = 'ipaddresses.networking.k8s.io'
const allocator = 'ipallocator.k8s.io'

/**
 * Keeps the IPAddress objects of a cluster that has a network of its own: one for every address that a Service holds, which
 * says whose it is. They follow the Services; it is not by them that addresses are given out.
 */
export function recordAddresses(scope: ClusterScope, service: KubeObject | undefined, previous: KubeObject | undefined): void {
  if (scope.network === undefined) return
  const held = service === undefined ? [] : serviceAddresses(service)
  for (const address of previous === undefined ? [] : serviceAddresses(previous)) {
    const present = held.includes(address) ? undefined : scope.storage.get(resource, address)
    if (present !== undefined && belongsTo(present, previous!)) write(scope, address, present, undefined)
  }
  for (const address of held) {
    const isRecorded = scope.storage.get(resource, address) !== undefined
    if (!isRecorded && parseAddress(address) !== undefined)
      write(scope, address, undefined, addressObject(scope, address, service!))
  }
}

function belongsTo(object: KubeObject, service: KubeObject): boolean {
  const { parentRef } = (object['spec'] ?? {}) as { parentRef?: { namespace?: string; name?: string } }
  return parentRef?.name === service.metadata.name && parentRef?.namespace === service.metadata.namespace
}

function write(
  { storage, ports }: ClusterScope,
  key: string,
  present: KubeObject | undefined,
  object: KubeObject | undefined,
): void {
  storage.commit({ resource, key, expected: present?.metadata.resourceVersion ?? '', object }).catch((error: unknown) => {
    ports.log.debug('an IPAddress was not stored', { address: key, error: String(error) })
  })
}

function addressObject({ ports }: ClusterScope, address: string, service: KubeObject): KubeObject {
  const { name, namespace = '' } = service.metadata
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name: address,
      uid: uuid(ports.random),
      creationTimestamp: formatTime(ports.clock.now()),
      labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4', 'ipaddress.kubernetes.io/managed-by': allocator },
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  }
}
