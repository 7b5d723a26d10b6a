import { isIP } from 'node:net'
import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

type Fields = Record<string, unknown>

/**
 * What a member answers is taken as its API server should have stored it, whoever answers: fields of another type than the
 * kind's count as not there, endpoints without an address of their slice's type too. So no member's objects can stop the work
 * on a service that others offer as well. Objects that are as they should be come back as they are.
 */
export function cleanObject(object: KubeObject): KubeObject {
  const clean = cleaners[object.kind]
  const metadata = cleanMetadata(object.metadata)
  const rest = clean?.(object as Fields) ?? {}
  const changed = Object.keys(rest).some((key) => rest[key] !== (object as Fields)[key])
  if (metadata === object.metadata && !changed) return object
  return { ...object, ...rest, metadata } as KubeObject
}

function cleanMetadata(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const { labels, annotations, creationTimestamp, ownerReferences } = metadata as unknown as Readonly<Record<string, unknown>>
  const cleaned: Fields = {
    labels: texts(labels),
    annotations: texts(annotations),
    creationTimestamp: text(creationTimestamp),
    ownerReferences: records(ownerReferences),
  }
  const same = Object.keys(cleaned).every((key) => cleaned[key] === (metadata as unknown as Fields)[key])
  return same ? metadata : ({ ...metadata, ...cleaned } as KubeObject['metadata'])
}

const cleaners: Readonly<Record<string, ((object: Fields) => Fields) | undefined>> = {
  Service: ({ spec }) => ({
    spec: fields(spec, {
      type: text,
      clusterIP: text,
      clusterIPs: textList,
      ipFamilies: textList,
      ports: (value) => recordsWhere(value, isPort),
      selector: texts,
      sessionAffinity: text,
      sessionAffinityConfig: (value) => fields(value, { clientIP: (each) => fields(each, { timeoutSeconds: number }) }),
      internalTrafficPolicy: text,
      trafficDistribution: text,
    }),
  }),
  EndpointSlice: ({ addressType, endpoints, ports }) => ({
    addressType: text(addressType) ?? '',
    endpoints: recordsWhere(endpoints, (each) => isEndpoint(each, addressType)),
    ports: recordsWhere(ports, (each) => each['port'] === undefined || each['port'] === null || isPort(each)),
  }),
  ServiceExport: ({ spec, status }) => ({
    spec: fields(spec, { exportedLabels: texts, exportedAnnotations: texts }),
    status: fields(status, { conditions: records }),
  }),
  ServiceImport: ({ spec, status }) => ({
    spec: fields(spec, { type: text, ips: textList, ipFamilies: textList, ports: (value) => recordsWhere(value, isPort) }) ?? {},
    status: fields(status, {
      conditions: records,
      clusters: (value) => recordsWhere(value, ({ cluster }) => typeof cluster === 'string'),
    }),
  }),
}

/** An object with some of its fields cleaned; undefined for what is none. */
function fields(value: unknown, cleaners: Readonly<Record<string, (value: unknown) => unknown>>): Fields | undefined {
  if (!isObject(value)) return undefined
  let changed: Fields | undefined
  for (const [key, clean] of Object.entries(cleaners)) {
    const cleaned = clean(value[key])
    if (cleaned === value[key]) continue
    changed ??= { ...value }
    if (cleaned === undefined) delete changed[key]
    else changed[key] = cleaned
  }
  return changed ?? (value as Fields)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function texts(value: unknown): unknown {
  if (!isObject(value)) return undefined
  if (Object.values(value).every((each) => typeof each === 'string')) return value
  return Object.fromEntries(Object.entries(value).filter(([, each]) => typeof each === 'string'))
}

function textList(value: unknown): unknown {
  if (!Array.isArray(value)) return undefined
  return value.every((each) => typeof each === 'string') ? value : value.filter((each) => typeof each === 'string')
}

function records(value: unknown): unknown {
  return recordsWhere(value, () => true)
}

function recordsWhere(value: unknown, holds: (each: Fields) => boolean): unknown {
  if (!Array.isArray(value)) return undefined
  const isFine = (each: unknown) => isObject(each) && holds(each as Fields)
  return value.every(isFine) ? value : value.filter(isFine)
}

function isTextOrNone(value: unknown): boolean {
  return value === undefined || value === null || typeof value === 'string'
}

function isPort({ port, name, protocol, appProtocol }: Fields): boolean {
  const isNumber = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536
  return isNumber && isTextOrNone(name) && isTextOrNone(protocol) && isTextOrNone(appProtocol)
}

function isEndpoint({ addresses, conditions, hostname, nodeName, zone }: Fields, addressType: unknown): boolean {
  if (!Array.isArray(addresses) || addresses.length === 0) return false
  const version = addressType === 'IPv4' ? 4 : addressType === 'IPv6' ? 6 : undefined
  const isAddress = (each: unknown) => typeof each === 'string' && (version === undefined || isIP(each) === version)
  const isGiven = conditions === undefined || conditions === null || isObject(conditions)
  return addresses.every(isAddress) && isGiven && [hostname, nodeName, zone].every(isTextOrNone)
}
