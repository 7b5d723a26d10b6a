import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import { StatusError } from '../../../kube/object/status-error.js'
import type { SlowAnswers } from '../../render/helm/settle-answers.js'

/** Why an object may not be read, for those who read on behalf of others. */
export type RefuseLookup = (
  object: { group: string; version: string; kind: string; name: string; namespace: string },
  namespaced: boolean,
) => string | undefined

/**
 * What `lookup` finds in a cluster: an object, a list where no name is asked for, an empty object where there is none. Integers
 * are int64, as in Helm. A version that the cluster does not serve, or what it refuses, is an error of the template.
 */
export function createClusterLookup(connect: () => KubeClient, refuse?: RefuseLookup): NonNullable<SlowAnswers['lookup']> {
  return async (apiVersion, kind, namespace, name) => {
    const client = connect()
    const { all } = await client.resources()
    const served = all.filter((type) => (type.group === '' ? type.version : `${type.group}/${type.version}`) === apiVersion)
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['', apiVersion]
    if (served.length === 0)
      throw new Error(
        `unable to get apiresource from unstructured: ${group}/${version}, Kind=${kind}: the server could not find the requested resource`,
      )
    const type = served.find((each) => each.kind === kind)
    // Helm asks for a resource without a name then, which no server has.
    if (type === undefined) return {}
    const object = { group: type.group, version: type.version, kind, name, namespace: type.namespaced ? namespace : '' }
    const refused = type.namespaced && namespace === '' ? undefined : refuse?.(object, type.namespaced)
    if (refused !== undefined) throw new Error(`lookup of ${kind} ${namespace}/${name}: ${refused}`)
    try {
      const within = type.namespaced && namespace !== '' ? { namespace } : {}
      const found = name === '' ? await client.list(type, within) : await client.get({ type, ...within, name })
      return asGoValues(refuse === undefined ? found : withoutRefused(found, object, type.namespaced, refuse)) as Record<
        string,
        unknown
      >
    } catch (error) {
      if (error instanceof StatusError && error.status.code === 404) return {}
      throw new Error(messageOf(error), { cause: error })
    }
  }
}

/** Lists over all namespaces hold what may be read. */
function withoutRefused(
  found: unknown,
  { group, version, kind }: { group: string; version: string; kind: string },
  namespaced: boolean,
  refuse: RefuseLookup,
): unknown {
  if (!isObject(found) || !Array.isArray(found['items'])) return found
  const items = (found['items'] as { metadata?: { name?: string; namespace?: string } }[]).filter(
    ({ metadata }) =>
      refuse({ group, version, kind, name: metadata?.name ?? '', namespace: metadata?.namespace ?? '' }, namespaced) ===
      undefined,
  )
  return { ...found, items }
}

function asGoValues(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(asGoValues)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, asGoValues(item)]),
  )
}
