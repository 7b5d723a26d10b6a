import type { ServicePort } from './service-model.js'

/** Protocol and number, by which clients come; the name is how cluster and service agree on them. */
export function samePlace(a: ServicePort, b: ServicePort): boolean {
  return a.port === b.port && a.protocol === b.protocol
}

/** `http 80/TCP` */
export function portText(port: ServicePort): string {
  return `${port.name === '' ? '' : `${port.name} `}${port.port}/${port.protocol}`
}

/** Of a service, and of what one cluster gives to it: what is beyond is left out, so that nobody's list holds up the others. */
export const mostPorts = 1000
