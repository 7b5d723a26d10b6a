import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import type { LogicalCluster } from '../contract.js'
import { parseResolvConf } from '../dns/resolv-conf.js'
import type { Prepared } from './container-host.js'
import type { ProcessPodsOptions } from './contract.js'
import { buildEnvironment, ConfigProblem, type ReadObject } from './environment.js'
import type { PodFacts } from './field-values.js'
import { pathSegment } from './path-segment.js'
import { podHosts } from './pod-hosts.js'
import { podResolvConf } from './pod-resolv-conf.js'
import { type Container, type Pod, podLabel } from './pod-types.js'
import type { Mount, ServerSpec } from './process/messages.js'
import { serviceVariables } from './service-variables.js'
import { expandVariables } from './variables.js'
import type { PodVolumes } from './volumes/pod-volumes.js'

export interface Preparation {
  readonly options: ProcessPodsOptions
  readonly cluster: LogicalCluster
  readonly facts: PodFacts
  readonly volumes: PodVolumes
  readonly read: ReadObject
  /** Of the pod's files. */
  readonly directory: string
}

type NameServer = { readonly address: string; readonly port: number }

/** Builds a fresh root for a container and says what to start in it. */
export function prepareContainer(container: Container, preparation: Preparation): Prepared {
  const { options, cluster, facts, volumes, read } = preparation
  const { pod } = facts
  const rule = options.images.find(container.image ?? '')
  if (rule.run !== 'process')
    throw new ConfigProblem(`nothing on this machine stands for the image ${JSON.stringify(container.image ?? '')}`)
  const namespace = pod.metadata.namespace ?? ''
  const services = serviceVariables(
    cluster.peekAll('services', namespace),
    cluster.peek('services', 'default/kubernetes'),
    pod.spec.enableServiceLinks !== false,
  )
  const hostname = hostnameOf(pod)
  const built = buildEnvironment(container, facts, services, read)
  const local = 'command' in rule
  const image: Record<string, string> = local
    ? {}
    : { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' }
  const env = { ...image, HOSTNAME: hostname, ...built }
  const mounts = volumes.mounts(container, env)
  const directory = join(preparation.directory, 'containers', pathSegment(container.name, 'the container'))
  const root = join(directory, 'root')
  const nameServer = options.nameServerOf?.(cluster.name)
  const resolvConf = podResolvConf(pod, nameServer?.address ?? '127.0.0.1')
  const resolver = parseResolvConf(resolvConf)
  makeRoot(root, mounts, local, {
    '/etc/hostname': `${hostname}\n`,
    '/etc/hosts': podHosts(pod, facts.podIP, hostname, fullNameOf(pod, hostname, resolver.search)),
    '/etc/resolv.conf': resolvConf,
  })
  const expand = (text: string) => expandVariables(text, (name) => built[name])
  const args = (container.args ?? []).map(expand)
  if (local) {
    const wish = {
      kind: 'local' as const,
      directory,
      command: rule.command,
      args,
      env,
      address: facts.podIP,
      root,
      stdin: container.stdin === true,
    }
    return { root, wish }
  }
  const spec = {
    server: rule.server,
    image: container.image ?? '',
    command: (container.command ?? []).map(expand),
    args,
    env,
    workingDir: posix.resolve('/', container.workingDir ?? '/'),
    root,
    mounts,
    address: facts.podIP,
    hostname,
    ports: portsOf(container),
    user: userOf(container, pod),
    ...(container.securityContext?.readOnlyRootFilesystem === true
      ? { writable: [posix.resolve('/', container.terminationMessagePath ?? '/dev/termination-log')] }
      : {}),
    lowPortOffset: options.boundPort(80) - 80,
    ...(nameServer === undefined ? {} : { nameServer: firstServer(resolver.servers, nameServer) }),
    searchDomains: resolver.search,
    stdin: container.stdin === true,
    tty: container.tty === true,
  }
  return { root, wish: { kind: 'built-in', directory, spec } }
}

/** Where a pod asks for names: its first server; the cluster's is at a port of its own. */
function firstServer(servers: readonly NameServer[], ofCluster: NameServer): NameServer {
  const [first = ofCluster] = servers
  return first.address === ofCluster.address ? ofCluster : { address: first.address, port: first.port }
}

/** The name of a pod in a subdomain: HOSTNAME.SUBDOMAIN.NAMESPACE.svc.DOMAIN. */
function fullNameOf(pod: Pod, hostname: string, search: readonly string[]): string | undefined {
  if (!pod.spec.subdomain) return undefined
  const services = `${pod.metadata.namespace ?? ''}.svc.`
  const domain = search.find((each) => each.startsWith(services))?.slice(services.length) ?? 'cluster.local'
  return `${hostname}.${pod.spec.subdomain}.${services}${domain}`
}

/** As whom a container is to run: its own wish, the pod's, or the superuser, as whom the images have it. */
function userOf(container: Container, pod: Pod): NonNullable<ServerSpec['user']> {
  const of = pod.spec.securityContext ?? {}
  const own = container.securityContext ?? {}
  const asked = own.runAsUser ?? of.runAsUser
  if (asked === 0 && (own.runAsNonRoot ?? of.runAsNonRoot) === true) {
    throw new ConfigProblem(
      `container's runAsUser breaks non-root policy (pod: ${JSON.stringify(podLabel(pod))}, container: ${container.name})`,
    )
  }
  const groups = [...(of.supplementalGroups ?? []), ...(of.fsGroup === undefined ? [] : [of.fsGroup])]
  return { id: asked ?? 0, group: own.runAsGroup ?? of.runAsGroup ?? 0, groups }
}

export function hostnameOf(pod: Pod): string {
  if (pod.spec.hostNetwork) return pod.spec.nodeName ?? ''
  return (pod.spec.hostname || pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '')
}

function portsOf(container: Container): number[] {
  return (container.ports ?? []).filter(({ protocol = 'TCP' }) => protocol === 'TCP').map(({ containerPort }) => containerPort)
}

/** A root as after the start of a container: nothing of an earlier run is in it. */
function makeRoot(root: string, mounts: readonly Mount[], local: boolean, files: Readonly<Record<string, string>>): void {
  rmSync(root, { recursive: true, force: true })
  for (const path of ['tmp', 'etc', 'dev', 'root', 'var/log']) mkdirSync(join(root, path), { recursive: true, mode: 0o755 })
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text)
  for (const mount of [...mounts].sort((a, b) => a.path.length - b.path.length)) {
    const at = join(root, mount.path)
    if (mount.path === '/') continue
    // A mount inside another one has its place there already, or none: nothing is made behind the link to the other.
    const nested = mounts.some((other) => other !== mount && mount.path.startsWith(`${other.path}/`))
    if (local && nested) continue
    rmSync(at, { recursive: true, force: true })
    mkdirSync(local ? dirname(at) : at, { recursive: true })
    if (local) symlinkSync(mount.directory, at)
  }
}
