import type { AdmissionPlugin, AdmissionRequest } from '../../apiserver/admission/contract.js'
import { closest } from '../../base/closest.js'
import { messageOf } from '../../base/errors.js'
import { placedKinds } from '../../dialects/placement/placement-dialect.js'
import { type PlacementObject, placementLabel, placementNamespaceLabel } from '../../dialects/placement/placement-kind.js'
import { namedPlacement } from '../../dialects/placement/which-placement.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

const placements = 'placements.flotilla.dev'

/** Tells who labels an object for placing that it will go nowhere as it is. Refuses and changes nothing. */
export function createPlacementWarnings(options: { hub: string; quietUsers: readonly string[] }): AdmissionPlugin {
  const quiet = new Set(options.quietUsers)
  return {
    name: 'PlacementWarnings',
    handles: ({ operation, subresource, storage, user }) =>
      (operation === 'CREATE' || operation === 'UPDATE') &&
      subresource === '' &&
      storage.cluster === options.hub &&
      !quiet.has(user.name),
    validate(request) {
      try {
        const text = warningFor(request)
        if (text !== undefined) request.warn(text)
      } catch (error) {
        request.ports.log.warn('placement warnings failed', { object: request.name, error: messageOf(error) })
      }
    },
  }
}

function warningFor({ object, previous, storage }: AdmissionRequest): string | undefined {
  const named = object && namedPlacement(object)
  if (object === undefined || named === undefined || object.metadata.deletionTimestamp !== undefined) return undefined
  if (previous !== undefined && sameLabels(previous, object)) return undefined
  const where = `${placementLabel}: ${named.name}`
  const found = storage.get(placements, `${named.namespace}/${named.name}`) as PlacementObject | undefined
  if (found === undefined) {
    const known = storage.all(placements, `${named.namespace}/`).map(({ metadata }) => metadata.name)
    const near = closest(named.name, known)
    const has =
      near !== undefined
        ? `did you mean ${near}?`
        : known.length === 0
          ? 'the namespace has no Placement yet: create one; spec: {} is everywhere'
          : `it has ${known.slice(0, 5).join(', ')}`
    return `${where}: there is no Placement ${named.name} in namespace ${named.namespace}; ${has}`
  }
  const more = found.spec?.kinds ?? []
  const kinds = [...placedKinds, ...more.map(({ apiVersion, kind }) => [apiVersion, kind] as const)]
  if (kinds.some(([apiVersion, kind]) => apiVersion === object.apiVersion && kind === object.kind)) return undefined
  if (kinds.some(([, kind]) => kind === object.kind)) return undefined
  return `${where}: objects of kind ${object.kind} are not placed; add {apiVersion: ${object.apiVersion}, kind: ${object.kind}} to spec.kinds of Placement ${named.name}`
}

function sameLabels(a: KubeObject, b: KubeObject): boolean {
  return [placementLabel, placementNamespaceLabel].every((key) => a.metadata.labels?.[key] === b.metadata.labels?.[key])
}
