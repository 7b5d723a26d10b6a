import type { ServiceName } from './service-model.js'

/** `namespace/name` */
export function serviceKey(service: ServiceName): string {
  return `${service.namespace}/${service.name}`
}

/** The inverse of `serviceKey`. */
export function parseServiceKey(key: string): ServiceName {
  const slash = key.indexOf('/')
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}
