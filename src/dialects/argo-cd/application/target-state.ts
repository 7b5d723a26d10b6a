import { messageOf, Stalled, Waiting } from '../../../base/errors.js'
import type { Delivery } from '../../../delivery/delivery.js'
import type { Renderer } from '../../../delivery/render/contract.js'
import type { RenderCache } from '../../../delivery/render/render-cache.js'
import type { Repositories } from '../../../delivery/source/contract.js'
import { createClusterLookup } from '../../../delivery/source/helm/cluster-lookup.js'
import type { ChartRepositories } from '../../../delivery/source/helm/contract.js'
import type { Cluster, Inventory } from '../../../inventory/cluster.js'
import type { AppProject } from '../kinds/app-project.js'
import type { Application, ApplicationSource } from '../kinds/application.js'
import { checkSpec, refusalsOf } from './check-project.js'
import type { PlainCondition } from './conditions.js'
import { decideDestination } from './decide-destination.js'
import { decideSources } from './decide-sources.js'
import { type RenderContext, type RenderedSources, renderSources } from './render-sources.js'
import { instanceName, trackingOf } from './tracking.js'

/** What it takes to work out what an application wants. */
export interface TargetServices {
  readonly inventory: Pick<Inventory, 'find' | 'state'> & Partial<Pick<Inventory, 'client'>>
  readonly repositories: Pick<Repositories, 'resolve' | 'tree'>
  /** Absent: charts of chart repositories are refused. */
  readonly charts?: ChartRepositories
  readonly renderers: readonly Renderer[]
  readonly renderCache: RenderCache
}

export interface TargetState {
  /** Undefined when the specification names none. */
  readonly cluster: Cluster | undefined
  readonly project: AppProject | undefined
  readonly sources: readonly ApplicationSource[]
  readonly multiple: boolean
  /** Undefined when it could not be rendered. */
  readonly rendered: RenderedSources | undefined
  /** InvalidSpecError: nothing is done; ComparisonError: the sources could not be read; and warnings. */
  readonly conditions: readonly PlainCondition[]
  /** The sources may be readable later: when to try (ms from now). */
  readonly retryMs: number | undefined
}

/** Everything that an application's specification says, worked out as far as possible; faults become conditions. */
export async function readTargetState(
  application: Application,
  project: AppProject | undefined,
  services: TargetServices,
  options: { refresh?: boolean; signal?: AbortSignal } = {},
): Promise<TargetState> {
  const conditions: PlainCondition[] = []
  const invalid = (message: string) => conditions.push({ type: 'InvalidSpecError', message })
  const decided = decideSources(application.spec)
  if ('problem' in decided) invalid(decided.problem)
  const { sources, multiple } = 'problem' in decided ? { sources: [], multiple: false } : decided
  const destination = decideDestination(application.spec.destination, services.inventory)
  if ('problem' in destination) invalid(destination.problem)
  const cluster = 'cluster' in destination ? destination.cluster : undefined
  if (cluster) conditions.push(...checkSpec(application, project, sources, cluster))
  const none = { cluster, project, sources, multiple, conditions, rendered: undefined, retryMs: undefined }
  if (cluster === undefined || project === undefined || conditions.length > 0) return none
  try {
    const rendered = await renderWith(services, sources, contextOf(application, cluster, services, project), options)
    for (const identity of rendered.repeated) {
      conditions.push({
        type: 'RepeatedResourceWarning',
        message: `Resource ${identity} appeared more than once among application resources.`,
      })
    }
    return { ...none, rendered }
  } catch (error) {
    if (!(error instanceof Stalled) && !(error instanceof Waiting)) throw error
    conditions.push({ type: 'ComparisonError', message: `Failed to load target state: ${messageOf(error)}` })
    return { ...none, retryMs: error instanceof Waiting ? (error.retryAfterMs ?? 10_000) : undefined }
  }
}

export function renderWith(
  services: TargetServices,
  sources: readonly ApplicationSource[],
  context: RenderContext,
  options: { revisions?: readonly string[]; refresh?: boolean; signal?: AbortSignal } = {},
): Promise<RenderedSources> {
  const ports = {
    repositories: services.repositories,
    ...(services.charts === undefined ? {} : { charts: services.charts }),
    renderers: services.renderers,
    cache: services.renderCache,
  }
  return renderSources(ports, sources, context, options)
}

/**
 * With the value `destination`, `lookup` in the application's charts reads the destination: with the hub's rights there, so no more than
 * the project lets the application have. Without it, nothing is found, as in Argo CD, which renders without a cluster.
 */
export const helmLookupAnnotation = 'flotilla.dev/helm-lookup'

/** What charts are told: the application's name, where it goes, and what the cluster there can do, as far as it is known. */
export function contextOf(
  application: Application,
  cluster: Cluster,
  services: Pick<TargetServices, 'inventory'>,
  project: AppProject | undefined,
): RenderContext {
  const { version, apiVersions } = services.inventory.state(cluster.name)
  const { inventory } = services
  const isLive = application.metadata.annotations?.[helmLookupAnnotation] === 'destination'
  const namespace = application.spec.destination.namespace ?? ''
  const lookup =
    isLive && inventory.client !== undefined && project !== undefined
      ? createClusterLookup(() => inventory.client!(cluster.name), refusalsOf(project, cluster, namespace))
      : undefined
  return {
    releaseName: application.metadata.name,
    target: {
      namespace,
      ...(version === undefined ? {} : { kubeVersion: version.gitVersion }),
      ...(apiVersions === undefined ? {} : { apiVersions }),
      ...(lookup === undefined ? {} : { lookup }),
    },
  }
}

/** The canonical form of what an application wants. `project`: undefined where nothing is synced. */
export function deliveryOf(
  application: Application,
  cluster: Cluster,
  rendered: RenderedSources,
  controlNamespace: string,
  project?: AppProject,
): Delivery {
  const kinds = new Map<string, { group: string; kind: string }>()
  for (const { group = '', kind } of application.status?.resources ?? []) kinds.set(`${group}/${kind}`, { group, kind })
  return {
    id: deliveryId(application),
    cluster: cluster.name,
    namespace: application.spec.destination.namespace ?? '',
    ...(project ? { refusal: refusalsOf(project, cluster, application.spec.destination.namespace ?? '') } : {}),
    objects: rendered.objects,
    digest: rendered.digest,
    tracking: trackingOf(instanceName(application, controlNamespace)),
    ignoreDifferences: (application.spec.ignoreDifferences ?? []).map((rule) => ({ ...rule, group: rule.group ?? '' })),
    kinds: [...kinds.values()].sort((a, b) => (`${a.group}/${a.kind}` < `${b.group}/${b.kind}` ? -1 : 1)),
  }
}

/**
 * The kinds in which an application has objects by its status, hooks of its last sync included; undefined when nothing is
 * known of it: then all kinds have to be searched.
 */
export function kindsWithObjects({ status }: Application): { group: string; kind: string }[] | undefined {
  if (status?.resources === undefined || status.resources.length === 0) return undefined
  const kinds = new Map<string, { group: string; kind: string }>()
  for (const { group = '', kind } of [...status.resources, ...(status.operationState?.syncResult?.resources ?? [])])
    kinds.set(`${group}/${kind}`, { group, kind })
  return [...kinds.values()]
}

export function deliveryId(application: Pick<Application, 'metadata'>): string {
  return deliveryIdOfKey(`${application.metadata.namespace ?? ''}/${application.metadata.name}`)
}

export function deliveryIdOfKey(key: string): string {
  return `argo-cd/${key}`
}
