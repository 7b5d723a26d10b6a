import type { Cluster, Inventory } from '../../../inventory/cluster.js'
import type { ApplicationDestination } from '../kinds/application.js'

export type DecidedDestination = { readonly cluster: Cluster } | { readonly problem: string }

/** The cluster that a destination names, or why it names none (upstream's texts). Pure. */
export function decideDestination(
  destination: ApplicationDestination | undefined,
  inventory: Pick<Inventory, 'find'>,
): DecidedDestination {
  const name = destination?.name ?? ''
  const server = destination?.server ?? ''
  if (name !== '' && server !== '')
    return { problem: `application destination can't have both name and server defined: ${name} ${server}` }
  if (name === '' && server === '')
    return { problem: 'Destination server missing from app spec: set spec.destination.server or spec.destination.name' }
  const cluster = inventory.find(name === '' ? { server } : { name })
  if (cluster === undefined) {
    return {
      problem:
        name === ''
          ? `unable to find destination server: there are no clusters with this server: ${server}`
          : `unable to find destination server: there are no clusters with this name: ${name}`,
    }
  }
  return { cluster }
}
