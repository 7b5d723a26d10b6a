import {
  containersOf,
  namedContainers,
  type PodCheck,
  plural,
  quoted,
  type SecurityContext,
  setters,
  sorted,
} from './pod-view.js'

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/'

const appArmorProfile: PodCheck = (pod) => {
  const isBad = (context: SecurityContext | undefined) => {
    const type = context?.appArmorProfile?.type
    return context?.appArmorProfile !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost'
  }
  const bad = containersOf(pod).filter(({ securityContext }) => isBad(securityContext))
  const podIsBad = isBad(pod.spec.securityContext)
  const contexts = [...(podIsBad ? [pod.spec] : []), ...bad]
  const values = sorted(contexts.map(({ securityContext }) => securityContext?.appArmorProfile?.type ?? ''))
  const annotations = Object.entries(pod.annotations)
    .filter(([key, value]) => key.startsWith(appArmorPrefix) && !/^(?:$|runtime\/default$|localhost\/)/.test(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  const who = setters(
    podIsBad,
    bad.map(({ name }) => name),
  )
  const all = [who, ...(annotations.length > 0 ? [plural('annotation', annotations.length)] : [])].filter((part) => part !== '')
  if (all.length === 0) return undefined
  const types = [...values, ...annotations]
  return {
    reason: plural('forbidden AppArmor profile', types.length),
    detail: `${all.join(' and ')} must not set AppArmor profile type to ${quoted(types)}`,
  }
}

const usualCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
])

const capabilities: PodCheck = (pod) => {
  const unusual = (context: SecurityContext | undefined) =>
    (context?.capabilities?.add ?? []).filter((name) => !usualCapabilities.has(name))
  const bad = containersOf(pod).filter(({ securityContext }) => unusual(securityContext).length > 0)
  if (bad.length === 0) return undefined
  const added = sorted(bad.flatMap(({ securityContext }) => unusual(securityContext)))
  return {
    reason: 'non-default capabilities',
    detail: `${namedContainers(bad.map(({ name }) => name))} must not include ${quoted(added)} in securityContext.capabilities.add`,
  }
}

const hostNamespaces: PodCheck = ({ spec }) => {
  const set = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field] === true)
  return set.length === 0 ? undefined : { reason: 'host namespaces', detail: set.map((field) => `${field}=true`).join(', ') }
}

const hostPathVolumes: PodCheck = ({ spec }) => {
  const names = (spec.volumes ?? []).filter((volume) => volume['hostPath'] !== undefined).map(({ name }) => String(name))
  if (names.length === 0) return undefined
  return { reason: 'hostPath volumes', detail: `${plural('volume', names.length)} ${quoted(names)}` }
}

const hostPorts: PodCheck = (pod) => {
  const bad = containersOf(pod).filter(({ ports }) => ports?.some(({ hostPort }) => hostPort))
  if (bad.length === 0) return undefined
  const ports = sorted(
    bad.flatMap((container) => container.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : [])),
  )
  const uses = bad.length === 1 ? 'uses' : 'use'
  const names = namedContainers(bad.map(({ name }) => name))
  return { reason: 'hostPort', detail: `${names} ${uses} ${plural('hostPort', ports.length)} ${ports.join(', ')}` }
}

const privileged: PodCheck = (pod) => {
  const bad = containersOf(pod).filter(({ securityContext }) => securityContext?.privileged === true)
  if (bad.length === 0) return undefined
  const names = namedContainers(bad.map(({ name }) => name))
  return { reason: 'privileged', detail: `${names} must not set securityContext.privileged=true` }
}

const procMount: PodCheck = (pod) => {
  const bad = containersOf(pod).filter(({ securityContext }) => (securityContext?.procMount ?? 'Default') !== 'Default')
  if (bad.length === 0) return undefined
  const types = sorted(bad.map(({ securityContext }) => securityContext?.procMount ?? ''))
  const names = namedContainers(bad.map(({ name }) => name))
  return { reason: 'procMount', detail: `${names} must not set securityContext.procMount to ${quoted(types)}` }
}

const seLinuxTypes: ReadonlySet<string> = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
])

const seLinuxOptions: PodCheck = (pod) => {
  const isBad = (context: SecurityContext | undefined) => {
    const options = context?.seLinuxOptions
    return options !== undefined && (!seLinuxTypes.has(options.type ?? '') || Boolean(options.user) || Boolean(options.role))
  }
  const podIsBad = isBad(pod.spec.securityContext)
  const bad = containersOf(pod).filter(({ securityContext }) => isBad(securityContext))
  if (!podIsBad && bad.length === 0) return undefined
  const options = [...(podIsBad ? [pod.spec] : []), ...bad].map(({ securityContext }) => securityContext?.seLinuxOptions ?? {})
  const types = sorted(options.map(({ type }) => type ?? '').filter((type) => !seLinuxTypes.has(type)))
  const data = [
    ...(types.length > 0 ? [`${plural('type', types.length)} ${quoted(types)}`] : []),
    ...(options.some(({ user }) => user) ? ['user may not be set'] : []),
    ...(options.some(({ role }) => role) ? ['role may not be set'] : []),
  ]
  const who = setters(
    podIsBad,
    bad.map(({ name }) => name),
  )
  return { reason: 'seLinuxOptions', detail: `${who} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}` }
}

/** True for a profile that is set, and is neither of the two that are allowed. */
export function isBadSeccomp(context: SecurityContext | undefined): boolean {
  const profile = context?.seccompProfile
  return profile !== undefined && profile.type !== 'Localhost' && profile.type !== 'RuntimeDefault'
}

/** Of those who set a forbidden profile. */
export const seccompSetters: PodCheck = (pod) => {
  const podIsBad = isBadSeccomp(pod.spec.securityContext)
  const bad = containersOf(pod).filter(({ securityContext }) => isBadSeccomp(securityContext))
  if (!podIsBad && bad.length === 0) return undefined
  const contexts = [...(podIsBad ? [pod.spec] : []), ...bad]
  const types = sorted(contexts.map(({ securityContext }) => securityContext?.seccompProfile?.type ?? ''))
  const who = setters(
    podIsBad,
    bad.map(({ name }) => name),
  )
  return { reason: 'seccompProfile', detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(types)}` }
}

const safeSysctls: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
])

const sysctls: PodCheck = ({ spec }) => {
  const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !safeSysctls.has(name))
  return names.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: names.join(', ') }
}

const windowsHostProcess: PodCheck = (pod) => {
  const isHost = (context: SecurityContext | undefined) => context?.windowsOptions?.hostProcess === true
  const bad = containersOf(pod).filter(({ securityContext }) => isHost(securityContext))
  const who = setters(
    isHost(pod.spec.securityContext),
    bad.map(({ name }) => name),
  )
  if (who === '') return undefined
  return { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` }
}

/** By the id that upstream gives each, in the order in which violations are told. */
export const baselineChecks: Readonly<Record<string, PodCheck>> = {
  appArmorProfile,
  capabilities_baseline: capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  privileged,
  procMount,
  seLinuxOptions,
  seccompProfile_baseline: seccompSetters,
  sysctls,
  windowsHostProcess,
}
