import { equalJson, isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

const prefix = 'container.apparmor.security.beta.kubernetes.io/'
const local = 'localhost/'
const longestProfile = 4095

interface Profile {
  type?: string
  localhostProfile?: string
}

type Context = Record<string, unknown> | undefined

/**
 * AppArmor profiles stand in fields, and in annotations for older nodes: what a new pod has of one is written to the other.
 * Reference: https://kubernetes.io/docs/tutorials/security/apparmor/ and KEP-24.
 */
export function syncAppArmor(pod: KubeObject, warn: (text: string) => void): void {
  const spec = pod['spec']
  if (!isObject(spec) || (isObject(spec['os']) && spec['os']['name'] === 'windows')) return
  const ofPod = profileIn(spec['securityContext'])
  for (const key of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of Array.isArray(spec[key]) ? spec[key] : []) {
      if (isObject(container)) syncContainer(pod, container, ofPod, warn)
    }
  }
}

function syncContainer(
  pod: KubeObject,
  container: Record<string, unknown>,
  ofPod: Profile | undefined,
  warn: (text: string) => void,
): void {
  const key = `${prefix}${String(container['name'])}`
  const annotation = pod.metadata.annotations?.[key]
  const own = profileIn(container['securityContext'])
  if (annotation === undefined) {
    const value = annotationOf(own ?? ofPod)
    if (value !== undefined) pod.metadata.annotations = { ...pod.metadata.annotations, [key]: value }
    return
  }
  if (own !== undefined) return
  const profile = profileOf(annotation)
  const isNews = profile !== undefined && !equalJson(profile, ofPod)
  if (isNews) container['securityContext'] = { ...(container['securityContext'] as Context), appArmorProfile: profile }
  if (isNews || profile === undefined) {
    warn(`metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`)
  }
}

function profileIn(context: unknown): Profile | undefined {
  const profile = isObject(context) ? context['appArmorProfile'] : undefined
  return isObject(profile) ? (profile as Profile) : undefined
}

function annotationOf(profile: Profile | undefined): string | undefined {
  switch (profile?.type) {
    case 'Unconfined':
      return 'unconfined'
    case 'RuntimeDefault':
      return 'runtime/default'
    case 'Localhost':
      return profile.localhostProfile === undefined ? undefined : `${local}${profile.localhostProfile}`
    default:
      return undefined
  }
}

/** Undefined for what is no valid profile. */
function profileOf(annotation: string): Profile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' }
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' }
  if (!annotation.startsWith(local)) return undefined
  const localhostProfile = annotation.slice(local.length)
  const isValid =
    localhostProfile !== '' && localhostProfile.trim() === localhostProfile && localhostProfile.length <= longestProfile
  return isValid ? { type: 'Localhost', localhostProfile } : undefined
}
