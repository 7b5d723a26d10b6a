import { isObject, setOwn } from '../../../base/json.js'
import { parsePointer } from '../../../formats/json-pointer/json-pointer.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { replicasField } from '../../placement/replicas-of.js'
import { federationMark, type RetainedField } from '../contract.js'
import type { LiveFacts } from './applied-config.js'
import { type OwnedFields, ownedItem, ownsPath } from './owned-fields.js'

type Plain = Record<string, unknown>

/** Whether what is applied depends on the live object: then it is read right before. */
export function needsLive(object: KubeObject, retain: readonly RetainedField[]): boolean {
  if (retain.length > 0) return true
  return allottedOf(object).some((path) => at(object, path) !== undefined) || hasNodePorts(object)
}

/** The configuration with its kept fields as the cluster has them: our own go along, others' are left out. */
export function retainFields(config: KubeObject, { object: live, own }: LiveFacts, retain: readonly RetainedField[]): KubeObject {
  let result = config
  for (const path of allottedOf(config)) result = keep(result, live, own, path)
  if (config.kind === 'Service' && config.apiVersion === 'v1') result = keepNodePorts(result, live, own)
  for (const field of retain) {
    if (field === 'replicas') {
      const name = replicasField(config) ?? replicasField(live)
      if (name !== undefined) result = keep(result, live, own, ['spec', name])
    } else if (field === 'finalizers') result = keep(result, live, own, ['metadata', 'finalizers'])
    else if (field === 'labels')
      result = keepMembers(result, live, own, 'labels', (key) => config.metadata.labels?.[key] === undefined)
    else if (field === 'annotations') result = keepAnnotations(result, live, own)
    else result = keep(result, live, own, parsePointer(field.pointer))
  }
  // What goes along must be what is there: a change in between is a conflict, and everything is read anew.
  const carries = result !== config && live.metadata.resourceVersion !== undefined
  return carries ? withMember(result, ['metadata', 'resourceVersion'], live.metadata.resourceVersion) : result
}

/** What API servers and controllers of the cluster fill in, by kind. */
function allottedOf({ apiVersion, kind, ...object }: KubeObject): readonly (readonly string[])[] {
  switch (`${apiVersion}/${kind}`) {
    case 'v1/Service':
      return at(object, ['spec', 'type']) === 'ExternalName' ? [] : serviceFields
    case 'v1/PersistentVolumeClaim':
      return [['spec', 'volumeName']]
    case 'v1/PersistentVolume':
      return [['spec', 'claimRef']]
    case 'v1/Secret':
      return object['type'] === 'kubernetes.io/service-account-token' ? [['data']] : []
    case 'batch/v1/Job':
      return at(object, ['spec', 'manualSelector']) === true ? [] : [['spec', 'selector']]
    case 'v1/Pod':
      return [['spec', 'nodeName']]
    default:
      return []
  }
}

const serviceFields = [
  ['spec', 'clusterIP'],
  ['spec', 'clusterIPs'],
  ['spec', 'healthCheckNodePort'],
]

function keep(config: KubeObject, live: KubeObject, own: OwnedFields | undefined, path: readonly string[]): KubeObject {
  const value = at(live, path)
  if (value === undefined) return config
  const inList = path.some((name) => /^\d+$/.test(name))
  return withMember(config, path, inList || ownsPath(own, path) ? value : undefined)
}

function keepMembers(
  config: KubeObject,
  live: KubeObject,
  own: OwnedFields | undefined,
  map: 'labels' | 'annotations',
  wanted: (key: string) => boolean,
): KubeObject {
  let result = config
  for (const [key, value] of Object.entries(live.metadata[map] ?? {})) {
    if (wanted(key) && ownsPath(own, ['metadata', map, key])) result = withMember(result, ['metadata', map, key], value)
  }
  return result
}

function keepAnnotations(config: KubeObject, live: KubeObject, own: OwnedFields | undefined): KubeObject {
  const marks = new Set<string>(Object.values(federationMark))
  let result = config
  for (const key of Object.keys(config.metadata.annotations ?? {}))
    if (!marks.has(key)) result = withMember(result, ['metadata', 'annotations', key], undefined)
  return keepMembers(result, live, own, 'annotations', (key) => !marks.has(key))
}

function hasNodePorts(object: KubeObject): boolean {
  return object.kind === 'Service' && portsOf(object).some((port) => port['nodePort'] !== undefined)
}

function keepNodePorts(config: KubeObject, live: KubeObject, own: OwnedFields | undefined): KubeObject {
  if (!hasNodePorts(config)) return config
  const owned = at(own, ['f:spec', 'f:ports'])
  const ports = portsOf(config).map((port) => {
    const twin = portsOf(live).find((each) => each['port'] === port['port'] && protocolOf(each) === protocolOf(port))
    if (twin === undefined || twin['nodePort'] === undefined) return port
    const { nodePort: _, ...rest } = port
    const ours = ownedItem(owned, { ...port, protocol: protocolOf(port) })
    return ours !== undefined && Object.hasOwn(ours, 'f:nodePort') ? { ...rest, nodePort: twin['nodePort'] } : rest
  })
  return withMember(config, ['spec', 'ports'], ports)
}

function portsOf(service: KubeObject): Plain[] {
  const ports = at(service, ['spec', 'ports'])
  return Array.isArray(ports) ? ports.filter(isObject) : []
}

function protocolOf(port: Plain): unknown {
  return port['protocol'] ?? 'TCP'
}

function at(value: unknown, path: readonly string[]): unknown {
  let node = value
  for (const name of path) {
    if (Array.isArray(node)) node = node[Number(name)]
    else node = isObject(node) && Object.hasOwn(node, name) ? node[name] : undefined
  }
  return node
}

/** A copy with the member set, or removed (undefined); what is not on the path is shared. Nothing is made to remove from. */
function withMember<T>(value: T, path: readonly string[], member: unknown): T {
  const [name, ...rest] = path
  if (name === undefined) return member as T
  if (Array.isArray(value)) {
    const index = Number(name)
    if (!(index in value)) return value
    return value.map((item: unknown, place) => (place === index ? withMember(item, rest, member) : item)) as T
  }
  const from = isObject(value) ? value : {}
  if (member === undefined && !Object.hasOwn(from, name)) return value
  const copy: Plain = { ...from }
  if (rest.length === 0 && member === undefined) delete copy[name]
  else setOwn(copy, name, withMember(copy[name], rest, member))
  return copy as T
}
