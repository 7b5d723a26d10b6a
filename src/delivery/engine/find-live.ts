import type { LiveObject } from './live-object.js'
import type { Prepared } from './prepare.js'

/** The live object of an identity, as far as a record of it was kept. */
export function findLive(prepared: Prepared, identity: string): LiveObject | undefined {
  const found = lookUp(prepared, identity)
  return found === 'unjudged' ? undefined : found
}

/** As `findLive`, but tells apart that there is an object of which no record was kept. */
export function lookUp(prepared: Prepared, identity: string): LiveObject | 'unjudged' | undefined {
  const [group, kind, namespace, name] = identity.split('/') as [string, string, string, string]
  for (const known of prepared.kinds) {
    if (known.type.group !== group || known.type.kind !== kind) continue
    return known.get(namespace, name)
  }
  return undefined
}
