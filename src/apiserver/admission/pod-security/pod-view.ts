/** What the checks look at: a Pod, or the template of one. */
export interface PodView {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: PodSpec
}

export interface PodSpec {
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly os?: { readonly name?: string }
  readonly securityContext?: SecurityContext
  readonly volumes?: readonly Readonly<Record<string, unknown>>[]
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly ephemeralContainers?: readonly Container[]
}

export interface Container {
  readonly name: string
  readonly image?: string
  readonly ports?: readonly { readonly hostPort?: number }[]
  readonly securityContext?: SecurityContext
}

/** Of a pod or a container; each has a part of these. */
export interface SecurityContext {
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly procMount?: string
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] }
  readonly seLinuxOptions?: { readonly type?: string; readonly user?: string; readonly role?: string }
  readonly seccompProfile?: { readonly type?: string }
  readonly appArmorProfile?: { readonly type?: string }
  readonly sysctls?: readonly { readonly name: string }[]
  readonly windowsOptions?: { readonly hostProcess?: boolean }
}

/** What a check has found: `detail` stands in brackets behind the reason. */
export interface Violation {
  readonly reason: string
  readonly detail: string
}

export type PodCheck = (pod: PodView) => Violation | undefined

export function containersOf({ spec }: PodView): readonly Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]
}

export function quoted(items: readonly string[]): string {
  return items.map((item) => `"${item}"`).join(', ')
}

export function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`
}

/** `container "a"`, `containers "a", "b"` */
export function namedContainers(names: readonly string[]): string {
  return `${plural('container', names.length)} ${quoted(names)}`
}

/** Who has set something: the pod itself, and containers. */
export function setters(pod: boolean, containers: readonly string[]): string {
  return [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [namedContainers(containers)] : [])].join(' and ')
}

export function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort()
}
