import { baselineChecks, seccompSetters } from './baseline-checks.js'
import { containersOf, namedContainers, type PodCheck, plural, quoted, setters, sorted } from './pod-view.js'

/** Windows knows no such thing: validation has refused it where it is set. */
const exceptOnWindows =
  (check: PodCheck): PodCheck =>
  (pod) =>
    pod.spec.os?.name === 'windows' ? undefined : check(pod)

const allowPrivilegeEscalation = exceptOnWindows((pod) => {
  const bad = containersOf(pod).filter(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  if (bad.length === 0) return undefined
  const names = namedContainers(bad.map(({ name }) => name))
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${names} must set securityContext.allowPrivilegeEscalation=false`,
  }
})

const capabilities = exceptOnWindows((pod) => {
  const containers = containersOf(pod)
  const keeping = containers.filter(({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'))
  const added = (names: readonly string[] | undefined) => (names ?? []).filter((name) => name !== 'NET_BIND_SERVICE')
  const adding = containers.filter(({ securityContext }) => added(securityContext?.capabilities?.add).length > 0)
  const details: string[] = []
  if (keeping.length > 0) {
    details.push(`${namedContainers(keeping.map(({ name }) => name))} must set securityContext.capabilities.drop=["ALL"]`)
  }
  if (adding.length > 0) {
    const names = sorted(adding.flatMap(({ securityContext }) => added(securityContext?.capabilities?.add)))
    const who = namedContainers(adding.map(({ name }) => name))
    details.push(`${who} must not include ${quoted(names)} in securityContext.capabilities.add`)
  }
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
})

const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]

const restrictedVolumes: PodCheck = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => !allowedVolumes.some((type) => volume[type] !== undefined))
  if (bad.length === 0) return undefined
  const typeOf = (volume: Readonly<Record<string, unknown>>) => Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'
  const types = sorted(bad.map(typeOf))
  const names = bad.map(({ name }) => String(name))
  const uses = names.length === 1 ? 'uses' : 'use'
  return {
    reason: 'restricted volume types',
    detail: `${plural('volume', names.length)} ${quoted(names)} ${uses} ${plural('restricted volume type', types.length)} ${quoted(types)}`,
  }
}

const runAsNonRoot: PodCheck = (pod) => {
  const reason = 'runAsNonRoot != true'
  const ofPod = pod.spec.securityContext?.runAsNonRoot
  const containers = containersOf(pod)
  const explicit = containers.filter(({ securityContext }) => securityContext?.runAsNonRoot === false)
  const who = setters(
    ofPod === false,
    explicit.map(({ name }) => name),
  )
  if (who !== '') return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` }
  if (ofPod === true) return undefined
  const implicit = containers.filter(({ securityContext }) => securityContext?.runAsNonRoot === undefined)
  if (implicit.length === 0) return undefined
  const names = namedContainers(implicit.map(({ name }) => name))
  return { reason, detail: `pod or ${names} must set securityContext.runAsNonRoot=true` }
}

const runAsUser: PodCheck = (pod) => {
  const bad = containersOf(pod).filter(({ securityContext }) => securityContext?.runAsUser === 0)
  const who = setters(
    pod.spec.securityContext?.runAsUser === 0,
    bad.map(({ name }) => name),
  )
  return who === '' ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` }
}

const seccompProfile = exceptOnWindows((pod) => {
  const explicit = seccompSetters(pod)
  if (explicit !== undefined) return explicit
  if (pod.spec.securityContext?.seccompProfile !== undefined) return undefined
  const implicit = containersOf(pod).filter(({ securityContext }) => securityContext?.seccompProfile === undefined)
  if (implicit.length === 0) return undefined
  const names = namedContainers(implicit.map(({ name }) => name))
  return {
    reason: 'seccompProfile',
    detail: `pod or ${names} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  }
})

/** What the restricted level checks more strictly itself. */
const overridden: ReadonlySet<string> = new Set(['capabilities_baseline', 'hostPathVolumes', 'seccompProfile_baseline'])

export const restrictedChecks: Readonly<Record<string, PodCheck>> = {
  ...Object.fromEntries(Object.entries(baselineChecks).filter(([id]) => !overridden.has(id))),
  allowPrivilegeEscalation,
  capabilities_restricted: capabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  seccompProfile_restricted: seccompProfile,
}
