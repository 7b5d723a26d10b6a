import type { FleetService, ServiceName } from '../../../services/model/service-model.js'

const local = 'svc.cluster.local'
const clusterSet = 'svc.clusterset.local'

/** What a host means in the catalogue. */
export interface MeantService {
  readonly service: ServiceName
  readonly reach: FleetService['reach']
}

/** A name without dots is a service of the object's own namespace. */
export function fullHost(host: string, namespace: string): string {
  return host.includes('.') || host === '' || host.startsWith('*') ? host : `${host}.${namespace}.${local}`
}

/**
 * `NAME.NS.svc.cluster.local` and `NAME.NS.svc.clusterset.local` are services of Kubernetes. Any other host is a service of its
 * own in the namespace of the object that names it: its name has a dot, which no Service's has.
 */
export function serviceOfHost(host: string, namespace: string): MeantService {
  const plain = host.replace(/\.$/, '')
  for (const [suffix, reach] of [
    [`.${local}`, 'same-name'],
    [`.${clusterSet}`, 'clusterset'],
  ] as const) {
    if (!plain.endsWith(suffix)) continue
    const [name = '', space = '', ...more] = plain.slice(0, -suffix.length).split('.')
    if (name !== '' && space !== '' && more.length === 0) return { service: { namespace: space, name }, reach }
  }
  return { service: { namespace, name: plain }, reach: 'same-name' }
}

/** The hosts that a service has: the most specific rule for one of them counts. */
export function hostsOf({
  namespace,
  name,
}: ServiceName): readonly { readonly host: string; readonly reach: FleetService['reach'] }[] {
  if (name.includes('.')) return [{ host: name, reach: 'same-name' }]
  return [
    { host: `${name}.${namespace}.${clusterSet}`, reach: 'clusterset' },
    { host: `${name}.${namespace}.${local}`, reach: 'same-name' },
  ]
}

/** Whether a rule's host, which may start with `*`, takes in a host. */
export function hostMatches(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*')) return pattern === host
  return host.length > pattern.length - 1 && host.endsWith(pattern.slice(1))
}

/** More specific first: whole names, then longer wildcards. */
export function compareHosts(a: string, b: string): number {
  return Number(a.startsWith('*')) - Number(b.startsWith('*')) || b.length - a.length
}
