import { existsSync } from 'node:fs'
import type { Unreadable } from '../../areas/analysis/load/input-text.js'
import type { LiveCluster } from '../../areas/analysis/load/load-fleet.js'
import { messageOf, UsageError } from '../../base/errors.js'
import { createHttpClient } from '../../kube/client/http-client.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { type Kubeconfig, loadKubeconfig, resolveContext } from '../../kube/client/kubeconfig.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { hasReason } from '../../kube/object/status-error.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'

export interface LiveOptions {
  readonly contexts: readonly string[]
  readonly allContexts: boolean
  readonly kubeconfig?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface LiveResult {
  readonly clusters: readonly LiveCluster[]
  /** Clusters, and kinds of clusters, that could not be read: they are not known to be clean. */
  readonly unreadable: readonly Unreadable[]
}

/** Made by controllers from what is checked, or no configuration at all. */
const leftOut = new Set([
  'events',
  'leases',
  'pods',
  'replicasets',
  'controllerrevisions',
  'componentstatuses',
  'endpoints',
  'endpointslices',
  'csinodes',
  'csistoragecapacities',
  'ciliumendpoints',
  'ciliumidentities',
])
const answerWithinMs = 20_000
const atOnce = 8

/** Reads what there is to check of running clusters, several at once. Nothing is written. */
export async function readLiveClusters(options: LiveOptions): Promise<LiveResult> {
  const ports = createSystemClientPorts(options.env)
  const path = options.kubeconfig
  if (path !== undefined && !existsSync(path)) {
    throw new UsageError({
      code: 'kubeconfig-missing',
      message: `there is no kubeconfig ${path} (--kubeconfig)`,
      fix: 'Name a file that exists.',
    })
  }
  const kubeconfig = await loadKubeconfig(ports, path === undefined ? {} : { path })
  const contexts = options.allContexts ? clustersIn(kubeconfig) : [...new Set(options.contexts)]
  if (contexts.length === 0) {
    throw new UsageError({
      code: 'no-context',
      message: 'the kubeconfig has no contexts',
      fix: 'Name a kubeconfig that has some: --kubeconfig FILE.',
    })
  }
  for (const context of contexts) if (!kubeconfig.contexts.has(context)) await resolveContext(kubeconfig, ports, context)
  const clusters: LiveCluster[] = []
  const unreadable: Unreadable[] = []
  const waiting = [...contexts]
  const work = async () => {
    for (let context = waiting.shift(); context !== undefined; context = waiting.shift())
      clusters.push(await readCluster(kubeconfig, context, ports, unreadable))
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, contexts.length) }, work))
  clusters.sort((a, b) => contexts.indexOf(a.cluster) - contexts.indexOf(b.cluster))
  return { clusters, unreadable }
}

/** Without the API over all members, whose objects are the other contexts'. */
function clustersIn({ contexts }: Kubeconfig): string[] {
  return [...contexts].flatMap(([name, { allMembers }]) => (allMembers ? [] : [name]))
}

async function readCluster(
  kubeconfig: Kubeconfig,
  context: string,
  ports: ReturnType<typeof createSystemClientPorts>,
  unreadable: Unreadable[],
): Promise<LiveCluster> {
  const source = `context ${context}`
  const objects: KubeObject[] = []
  const say = (message: string, severity: 'error' | 'warning', fix: string) =>
    unreadable.push({ file: source, line: 0, column: 0, message, severity, fix })
  let client: KubeClient | undefined
  try {
    const { connection } = await resolveContext(kubeconfig, ports, context)
    client = createHttpClient({ name: context, connection, ports })
    const { all } = await client.resources({ signal: AbortSignal.timeout(answerWithinMs) })
    for (const type of preferred(all)) {
      try {
        await readType(client, type, objects)
      } catch (error) {
        if (!hasReason(error, 'Forbidden')) throw error
        say(
          `${type.plural}${type.group === '' ? '' : `.${type.group}`} may not be read, and are not checked`,
          'warning',
          'Give the user of this context the role `view`, and `list` on what it leaves out.',
        )
      }
    }
  } catch (error) {
    say(
      `the cluster cannot be read: ${messageOf(error)}`,
      'error',
      'Make it reachable, or leave its context out: nothing is known of it.',
    )
  } finally {
    client?.close()
  }
  return { source, cluster: context, objects }
}

/** One version of each kind: the first that the server names, which is its preferred one. */
function preferred(all: readonly ResourceType[]): ResourceType[] {
  const seen = new Set<string>()
  return all.filter((type) => {
    const key = `${type.plural}.${type.group}`
    if (seen.has(key) || leftOut.has(type.plural) || type.group === 'metrics.k8s.io' || type.plural.includes('/')) return false
    if (type.verbs !== undefined && !type.verbs.includes('list')) return false
    seen.add(key)
    return true
  })
}

async function readType(client: KubeClient, type: ResourceType, into: KubeObject[]): Promise<void> {
  // Of most Secrets only that they are there is anybody's business here.
  if (type.group === '' && type.plural === 'secrets') {
    for (const labelSelector of ['istio/multiCluster=true', 'argocd.argoproj.io/secret-type=cluster'])
      await readPages(client, type, into, { labelSelector })
    await readPages(client, type, into, {
      metadataOnly: true,
      labelSelector: 'istio/multiCluster!=true,argocd.argoproj.io/secret-type!=cluster',
    })
    return
  }
  await readPages(client, type, into, {})
}

async function readPages(
  client: KubeClient,
  type: ResourceType,
  into: KubeObject[],
  options: { labelSelector?: string; metadataOnly?: boolean },
): Promise<void> {
  let next: string | undefined
  do {
    const page = await client.list(type, {
      ...options,
      limit: 500,
      ...(next === undefined ? {} : { continue: next }),
      signal: AbortSignal.timeout(answerWithinMs),
    })
    const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`
    for (const item of page.items) into.push({ ...item, apiVersion, kind: type.kind })
    next = page.metadata.continue || undefined
  } while (next !== undefined)
}
