import type { AdmissionPlugin, AdmissionRequest } from '../../apiserver/admission/contract.js'
import { closest } from '../../base/closest.js'
import { messageOf } from '../../base/errors.js'
import { equalJson, isObject } from '../../base/json.js'
import { isTemplateKind } from '../../dialects/karmada/template/eligible.js'
import { placedKinds } from '../../dialects/placement/placement-dialect.js'
import { type PlacementObject, placementLabel, placementNamespaceLabel } from '../../dialects/placement/placement-kind.js'
import { namedPlacement } from '../../dialects/placement/which-placement.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { unknownClusters } from './unknown-names.js'

const placements = 'placements.flotilla.dev'

const policies = new Set([
  placements,
  'residencyrules.flotilla.dev',
  ...[
    'propagationpolicies',
    'clusterpropagationpolicies',
    'overridepolicies',
    'clusteroverridepolicies',
    'federatedresourcequotas',
  ].map((plural) => `${plural}.policy.karmada.io`),
])
/** Every cluster of the fleet has one. */
const profiles = 'clusterprofiles.multicluster.x-k8s.io'
const mostSlips = 12

/**
 * Tells who labels an object for placing that it will go nowhere as it is, and who writes a Placement or a policy that it names what
 * there is not. Refuses and changes nothing.
 */
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
        for (const each of slipsIn(request).slice(0, mostSlips)) request.warn(each)
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

/** Clusters and kinds that a Placement or a policy names and that are not there. */
function slipsIn(request: AdmissionRequest): string[] {
  const { object, previous, groupResource, storage } = request
  if (object === undefined || !policies.has(groupResource) || object.metadata.deletionTimestamp !== undefined) return []
  const spec = object['spec']
  if (previous !== undefined && equalJson(previous['spec'], spec)) return []
  const known = [...storage.scan(profiles, '')].map((profile) => {
    const name = isObject(profile['spec']) ? profile['spec']['displayName'] : undefined
    return typeof name === 'string' && name !== '' ? name : profile.metadata.name
  })
  const selectors = isObject(spec) && Array.isArray(spec['resourceSelectors']) ? spec['resourceSelectors'].filter(isObject) : []
  const kinds = selectors.flatMap(({ apiVersion, kind }, index) => {
    if (typeof apiVersion !== 'string' || typeof kind !== 'string') return []
    const why = whyNothing(apiVersion, kind, request)
    return why === undefined ? [] : [`spec.resourceSelectors[${index}]: ${why}`]
  })
  return [...kinds, ...unknownClusters(spec, known)]
}

/** Why a policy of Karmada selects nothing by a kind. */
function whyNothing(apiVersion: string, kind: string, request: AdmissionRequest): string | undefined {
  if (request.findKind(apiVersion, kind) === undefined)
    return `the hub serves no kind ${kind} of ${apiVersion}; it selects nothing`
  if (isTemplateKind(apiVersion, kind)) return undefined
  if (kind === 'ServiceImport')
    return 'a ServiceImport is sent by no policy: every cluster that has the namespace of an exported service gets one'
  return kind === 'Namespace'
    ? 'a Namespace is sent by no policy: it is made, with its labels, in every cluster where something in it goes'
    : `${kind} of ${apiVersion} is a kind that stays on the hub; it selects nothing`
}

function sameLabels(a: KubeObject, b: KubeObject): boolean {
  return [placementLabel, placementNamespaceLabel].every((key) => a.metadata.labels?.[key] === b.metadata.labels?.[key])
}
