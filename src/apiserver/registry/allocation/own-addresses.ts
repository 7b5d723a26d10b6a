import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { StatusCause } from '../../../kube/object/status-error.js'
import { parseAddress, parseRange } from './ipv4.js'

const loopback = parseRange('127.0.0.0/8')
/** Where the machine itself is; what listens there is no part of a fleet. */
const machine = parseRange('127.0.0.0/19')
const kinds: ReadonlySet<string> = new Set(['Endpoints', 'EndpointSlice', 'Service'])

/**
 * What is wrong with an object of a cluster that has a network of its own. Upstream takes no loopback address as an endpoint
 * or external address, as those lead to the node itself; in such a cluster they lead to pods, but for those of the machine.
 */
export function withoutOwnAddresses(object: KubeObject, causes: readonly StatusCause[]): readonly StatusCause[] {
  if (causes.length === 0 || !kinds.has(object.kind)) return causes
  return causes.filter(({ message = '' }) => {
    const found = /"([\d.]+)": may not be in the loopback range/.exec(message)
    const address = found === null ? undefined : parseAddress(found[1]!)
    if (address === undefined) return true
    const inside = ({ first, size }: { first: number; size: number }) => address >= first && address < first + size
    return !inside(loopback) || inside(machine)
  })
}
