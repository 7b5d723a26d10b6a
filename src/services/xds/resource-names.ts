import type { FleetService, ServicePort } from '../model/service-model.js'

/** A service of the fleet at one of its ports: what a resource of xDS is about. */
export interface ServiceTarget {
  readonly host: string
  readonly port: number
}

export interface NamingOptions {
  /** `cluster.local` */
  readonly clusterDomain: string
  /** `clusterset.local` */
  readonly setDomain: string
}

/** The one host by which xDS knows a service. */
export function hostOf(service: Pick<FleetService, 'service' | 'reach'>, { clusterDomain, setDomain }: NamingOptions): string {
  const { namespace, name } = service.service
  return `${name}.${namespace}.svc.${service.reach === 'clusterset' ? setDomain : clusterDomain}`
}

/** `api.shop.svc.clusterset.local:80`: listeners of gRPC clients and route configurations. */
export function targetName({ host, port }: ServiceTarget): string {
  return `${host}:${port}`
}

/** `outbound|80||api.shop.svc.clusterset.local`: clusters and their endpoints, named as Istio names them. */
export function clusterName({ host, port }: ServiceTarget): string {
  return `outbound|${port}||${host}`
}

export function parseClusterName(name: string): ServiceTarget | undefined {
  const found = /^outbound\|(\d{1,5})\|\|([^|]+)$/.exec(name)
  return found === null ? undefined : { port: Number(found[1]), host: found[2]! }
}

/** What a client may mean by `HOST:PORT` (port: number, name, or left out where there is one), the most exact first. */
export interface TargetGuess {
  readonly namespace: string
  readonly name: string
  /** Undefined: whichever there is, the cluster set first. */
  readonly reach: FleetService['reach'] | undefined
  readonly port: string
}

/** `api.shop`, `api.shop.svc`, `api.shop.svc.clusterset.local`, each with or without a port. Undefined: no name of a service. */
export function parseTarget(text: string, { clusterDomain, setDomain }: NamingOptions): TargetGuess | undefined {
  const colon = text.lastIndexOf(':')
  const host = (colon < 0 ? text : text.slice(0, colon)).toLowerCase().replace(/\.$/, '')
  const port = colon < 0 ? '' : text.slice(colon + 1)
  const found = /^([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)\.([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)(?:\.svc(?:\.(.+))?)?$/.exec(host)
  if (found === null) return undefined
  const [, name, namespace, domain] = found
  if (domain !== undefined && domain !== clusterDomain && domain !== setDomain) return undefined
  const reach = domain === undefined ? undefined : domain === setDomain ? 'clusterset' : 'same-name'
  return { namespace: namespace!, name: name!, reach, port }
}

/** The port that is meant: by number, by name, or the only one. */
export function findPort(ports: readonly ServicePort[], wanted: string): ServicePort | undefined {
  const able = ports.filter((port) => port.protocol === 'TCP')
  if (wanted === '') return able.length === 1 ? able[0] : undefined
  return able.find((port) => String(port.port) === wanted) ?? able.find((port) => port.name === wanted)
}
