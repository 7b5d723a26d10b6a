import { isObject } from '../../../base/json.js'
import type { ResolveService, WebhookAddress } from './contract.js'

interface ServicePort {
  port?: number
  name?: string
}

/**
 * Where a Service answers: at its ClusterIP where that is an address of this machine (127.0.0.0/8), else at the first of its
 * endpoints that is; a Service of type ExternalName at its name.
 */
export const resolveServiceAddress: ResolveService = (storage, namespace, name, port) => {
  const service = storage.get('services', `${namespace}/${name}`)
  if (service === undefined) throw new Error(`service ${JSON.stringify(name)} not found`)
  const spec = isObject(service['spec']) ? service['spec'] : {}
  if (spec['type'] === 'ExternalName') {
    if (port !== 443) throw new Error(`service-resolver can only resolve ExternalName services with port 443, got port ${port}`)
    return { host: String(spec['externalName']), port: 443 }
  }
  const ports = (Array.isArray(spec['ports']) ? spec['ports'] : []) as ServicePort[]
  const found = ports.find((candidate) => candidate.port === port)
  if (found === undefined) throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`)
  const clusterIP = String(spec['clusterIP'] ?? '')
  if (clusterIP.startsWith('127.')) return { host: clusterIP, port }
  for (const slice of storage.scan('endpointslices.discovery.k8s.io', `${namespace}/`)) {
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue
    const address = reachable(slice, found.name ?? '')
    if (address !== undefined) return address
  }
  throw new Error(`dial tcp ${clusterIP}:${port}: connect: connection refused`)
}

function reachable(slice: Readonly<Record<string, unknown>>, portName: string): WebhookAddress | undefined {
  const ports = (Array.isArray(slice['ports']) ? slice['ports'] : []) as ServicePort[]
  const port = ports.find((candidate) => (candidate.name ?? '') === portName)?.port
  if (port === undefined) return undefined
  const endpoints = (Array.isArray(slice['endpoints']) ? slice['endpoints'] : []) as {
    addresses?: string[]
    conditions?: { ready?: boolean }
  }[]
  for (const { addresses, conditions } of endpoints) {
    if (conditions?.ready === false) continue
    const host = addresses?.find((address) => address.startsWith('127.'))
    if (host !== undefined) return { host, port }
  }
  return undefined
}
