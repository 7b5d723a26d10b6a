import { messageOf } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { HelmError } from '../../delivery/render/helm/helm-error.js'
import type { RenderedChart } from '../../delivery/render/helm/template-chart.js'
import { createClusterLookup } from '../../delivery/source/helm/cluster-lookup.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient, ServerVersion } from '../../kube/client/kube-client.js'
import { loadKubeconfig, resolveContext } from '../../kube/client/kubeconfig.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { StatusError } from '../../kube/object/status-error.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'

export interface ClusterFlags {
  readonly kubeconfig?: string
  readonly kubeContext?: string
}

type Environment = Readonly<Record<string, string | undefined>>

/** A cluster that a chart is rendered against. */
export interface ChartCluster {
  readonly lookup: ReturnType<typeof createClusterLookup>
  readonly version: ServerVersion
  /** `apps/v1` and `apps/v1/Deployment` of everything that it serves. */
  readonly apiVersions: readonly string[]
  /** Throws HelmError for kinds that it does not serve, and for objects that are there and belong to somebody else. */
  check(
    rendered: RenderedChart,
    release: { name: string; namespace: string; isUpgrade: boolean; helmMajor: 3 | 4 },
  ): Promise<void>
  close(): void
}

/** The namespace of the kubeconfig's context, as Helm takes it where none is told; undefined where there is none. */
export async function contextNamespace(flags: ClusterFlags, env: Environment): Promise<string | undefined> {
  try {
    return (await resolve(flags, env)).namespace
  } catch {
    return undefined
  }
}

async function resolve(flags: ClusterFlags, env: Environment) {
  const ports = createSystemClientPorts(env)
  const kubeconfig = await loadKubeconfig(ports, flags.kubeconfig === undefined ? {} : { path: flags.kubeconfig })
  return resolveContext(kubeconfig, ports, flags.kubeContext || env['HELM_KUBECONTEXT'] || undefined)
}

/** Connects with the cluster of a kubeconfig's context. Throws HelmError when it does not answer. */
export async function openChartCluster(flags: ClusterFlags, env: Environment, helmMajor: 3 | 4): Promise<ChartCluster> {
  const refuse = (error: unknown) =>
    new HelmError(
      `${helmMajor === 4 ? 'cluster reachability check failed: kubernetes cluster unreachable' : 'Kubernetes cluster unreachable'}: ${messageOf(error)}`,
      {
        code: 'helm-cluster-unreachable',
        cause: error,
        fix: 'Correct --kubeconfig or --kube-context, or render without a cluster.',
      },
    )
  let client: KubeClient
  try {
    const { connection, name } = await resolve(flags, env)
    client = createHttpClient({ name, connection, ports: createSystemClientPorts(env) })
  } catch (error) {
    throw refuse(error)
  }
  try {
    const [version, { all }] = await Promise.all([client.version(), client.resources()])
    return {
      lookup: createClusterLookup(() => client),
      version,
      apiVersions: versionsOf(all),
      check: (rendered, release) => checkObjects(client, rendered, release),
      close: () => client.close(),
    }
  } catch (error) {
    client.close()
    throw refuse(error)
  }
}

/** The kinds of sub-resources, which Helm counts too. */
const subKinds: Readonly<Record<string, string>> = {
  scale: 'Scale',
  eviction: 'Eviction',
  binding: 'Binding',
  token: 'TokenRequest',
  'pods/attach': 'PodAttachOptions',
  'pods/exec': 'PodExecOptions',
  'pods/portforward': 'PodPortForwardOptions',
  'pods/proxy': 'PodProxyOptions',
  'nodes/proxy': 'NodeProxyOptions',
  'services/proxy': 'ServiceProxyOptions',
}

function versionsOf(all: readonly ResourceType[]): string[] {
  const found = new Set<string>()
  for (const { group, version, kind, plural, subresources } of all) {
    const apiVersion = group === '' ? version : `${group}/${version}`
    found.add(apiVersion)
    found.add(`${apiVersion}/${kind}`)
    for (const sub of subresources ?? []) {
      const known = subKinds[`${plural}/${sub}`] ?? subKinds[sub]
      if (known === 'Scale') found.add(`${apiVersion}/${known}`).add('autoscaling/v1/Scale')
      else if (known !== undefined) found.add(`${apiVersion}/${known}`)
    }
  }
  return [...found].sort()
}

async function checkObjects(
  client: KubeClient,
  rendered: RenderedChart,
  release: { name: string; namespace: string; isUpgrade: boolean; helmMajor: 3 | 4 },
): Promise<void> {
  const { all } = await client.resources()
  const unknown: string[] = []
  const wanted: { type: ResourceType; name: string; namespace: string }[] = []
  for (const { value } of rendered.manifests) {
    if (!isObject(value)) continue
    const metadata = isObject(value['metadata']) ? value['metadata'] : {}
    const text = (key: string) => (typeof metadata[key] === 'string' ? metadata[key] : '')
    const apiVersion = String(value['apiVersion'] ?? '')
    const kind = String(value['kind'] ?? '')
    const type = all.find(
      (each) => each.kind === kind && (each.group === '' ? each.version : `${each.group}/${each.version}`) === apiVersion,
    )
    if (type === undefined)
      unknown.push(
        `resource mapping not found for name: ${JSON.stringify(text('name'))} namespace: ${JSON.stringify(text('namespace'))} from "": no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}\nensure CRDs are installed first`,
      )
    else if (text('name') !== '') wanted.push({ type, name: text('name'), namespace: text('namespace') || release.namespace })
  }
  if (unknown.length > 0)
    throw new HelmError(
      `unable to build kubernetes objects from release manifest: ${unknown.length === 1 ? unknown[0] : `[${[...new Set(unknown)].join(', ')}]`}`,
    )
  if (release.isUpgrade) return
  for (const { type, name, namespace } of wanted) {
    const found = await client.get({ type, name, ...(type.namespaced ? { namespace } : {}) }).catch((error: unknown) => {
      if (error instanceof StatusError && error.httpCode === 404) return undefined
      throw new HelmError(
        `could not get information about the resource ${type.kind} ${JSON.stringify(name)}: ${messageOf(error)}`,
        { cause: error },
      )
    })
    if (found === undefined) continue
    const problems = ownershipProblems(found.metadata, release)
    if (problems.length === 0) continue
    const where = type.namespaced ? ` in namespace ${JSON.stringify(namespace)}` : ' in namespace ""'
    throw new HelmError(
      `${release.helmMajor === 4 ? 'unable' : 'Unable'} to continue with install: ${type.kind} ${JSON.stringify(name)}${where} exists and cannot be imported into the current release: invalid ownership metadata; ${problems.join('; ')}`,
    )
  }
}

function ownershipProblems(
  metadata: { labels?: Record<string, string>; annotations?: Record<string, string> },
  release: { name: string; namespace: string },
): string[] {
  const check = (what: string, map: Record<string, string> | undefined, key: string, value: string) => {
    const found = map?.[key]
    if (found === value) return []
    const why =
      found === undefined
        ? `missing key ${JSON.stringify(key)}: must be set to ${JSON.stringify(value)}`
        : `key ${JSON.stringify(key)} must equal ${JSON.stringify(value)}: current value is ${JSON.stringify(found)}`
    return [`${what} validation error: ${why}`]
  }
  return [
    ...check('label', metadata.labels, 'app.kubernetes.io/managed-by', 'Helm'),
    ...check('annotation', metadata.annotations, 'meta.helm.sh/release-name', release.name),
    ...check('annotation', metadata.annotations, 'meta.helm.sh/release-namespace', release.namespace),
  ]
}
