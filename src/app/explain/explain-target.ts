import { type AgentCluster, agentClusterType } from '../../areas/agent/resource-types.js'
import { closest } from '../../base/closest.js'
import { CodedError, UsageError } from '../../base/errors.js'
import { decideDestination } from '../../dialects/argo-cd/application/decide-destination.js'
import { clusterSecretSelector } from '../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import type { AppProject } from '../../dialects/argo-cd/kinds/app-project.js'
import type { Application } from '../../dialects/argo-cd/kinds/application.js'
import type { ApplicationSet } from '../../dialects/argo-cd/kinds/application-set.js'
import { applicationSetType, applicationType, appProjectType } from '../../dialects/argo-cd/kinds/resource-types.js'
import { defaultProject, defaultProjectName } from '../../dialects/argo-cd/project/default-project.js'
import type { KubeClient, ResourceCatalogue } from '../../kube/client/kube-client.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound, StatusError } from '../../kube/object/status-error.js'
import { builtInResources } from '../../kube/schema/resources.js'
import { failoverConfigName, readSettings } from '../federation/failover-view.js'
import { explainAll, explainObject } from '../placement/explain-placement.js'
import { type LiveView, withLiveView } from '../placement/live-view.js'
import { withCatalogue } from '../services/open-catalogue.js'
import { configMapType, secretType } from '../system/core-types.js'
import { explainApplication } from './explain-application.js'
import { explainApplicationSet } from './explain-application-set.js'
import { explainCluster } from './explain-cluster.js'
import { explainFederated } from './explain-federated.js'
import { explainPlain, withTail } from './explain-plain.js'
import { explainPolicy } from './explain-policy.js'
import { explainService } from './explain-service.js'
import { type FleetExplanation, inOrder } from './explanation.js'
import { toldByAgent } from './told-by-agent.js'
import { whyPod, whyPods } from './why-pods.js'

export interface ExplainRequest {
  readonly hub: KubeClient
  /** Where the hub keeps its own objects. */
  readonly hubNamespace: string
  readonly kind: string
  readonly name: string
  readonly namespace: string | undefined
  /** The object as it is in this cluster, or a service as it is seen from there. */
  readonly cluster: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly nowMs: number
}

const eventType = builtInResources.find(({ group, plural }) => group === '' && plural === 'events') as ResourceType
const clusterKinds = new Set(['KubeFedCluster', 'AgentCluster', 'ClusterProfile', 'EmbeddedCluster'])

/** Explains one thing; a name that stands for several (a Service that is federated too) gives several. */
export async function explainTarget(request: ExplainRequest): Promise<readonly FleetExplanation[]> {
  const { kind, hub, cluster, env, hubNamespace } = request
  const catalogue = await hub.resources()
  const fleet = { hub, namespace: hubNamespace }
  if (/^clusters?$/i.test(kind)) return await withLiveView(fleet, env, async (view) => [await clusterIn(request, view)])
  if (isService(kind)) {
    try {
      return await explainServices(request, catalogue)
    } catch (error) {
      // One that a cluster has for itself is an object like others there.
      if (cluster === undefined || !(error instanceof CodedError) || error.code !== 'service-not-found') throw error
      return await withLiveView(fleet, env, async (view) => [await inCluster(request, view.inventory.client(cluster))])
    }
  }
  return await withLiveView(fleet, env, async (view) => {
    if (cluster !== undefined && view.inventory.find({ name: cluster }) === undefined) throw unknownCluster(view, cluster)
    if (cluster !== undefined) return [await inCluster(request, view.inventory.client(cluster))]
    const type = typeNamed(catalogue, kind)
    if (clusterKinds.has(type.kind)) return [await clusterIn(request, view)]
    const object = await findObject(hub, type, request)
    return [await ofObject(request, view, type, object, catalogue)]
  })
}

async function ofObject(
  request: ExplainRequest,
  view: LiveView,
  type: ResourceType,
  object: KubeObject,
  catalogue: ResourceCatalogue,
): Promise<FleetExplanation> {
  const { hub, nowMs } = request
  const events = await eventsOf(hub, object)
  if (is(type, applicationType)) {
    const application = object as Application
    const project = await projectOf(hub, application, request.hubNamespace)
    const { inventory } = view
    const explained = explainApplication({ application, project, inventory, stateOf: inventory.state, nowMs })
    return withTail(await withPods(explained, application, inventory), object, events)
  }
  if (is(type, applicationSetType)) {
    const { items } = await hub.list<Application>(applicationType, { namespace: object.metadata.namespace ?? '' })
    return withTail(explainApplicationSet(object as ApplicationSet, items), object, events)
  }
  if (/^Placement$|Policy$/.test(type.kind) && /flotilla\.dev|karmada\.io/.test(type.group))
    return withTail(explainPolicy(object, await explainAll(view)), object, events)
  const source = await sourceOfBinding(hub, object, catalogue)
  const found = await explainObject(view, source ?? object)
  const federated = found.filter(({ decision, refused }) => refused !== undefined || decision !== undefined)
  if (federated.length > 0) {
    const typeOf = (copy: KubeObject) => catalogue.forKind(copy.apiVersion, copy.kind)
    return withTail(
      await explainFederated(source ?? object, federated, view.inventory, typeOf, await frozenSince(request), (cluster, id) =>
        toldByAgent(hub, cluster, id),
      ),
      object,
      events,
    )
  }
  return explainPlain(object, await ownersOf(hub, object, catalogue), events)
}

/** A ResourceBinding is about another object of the hub. */
async function sourceOfBinding(
  hub: KubeClient,
  object: KubeObject,
  catalogue: ResourceCatalogue,
): Promise<KubeObject | undefined> {
  if (!/^(Cluster)?ResourceBinding$/.test(object.kind)) return undefined
  const { resource } = (object['spec'] ?? {}) as {
    resource?: { apiVersion?: string; kind?: string; name?: string; namespace?: string }
  }
  const type = catalogue.forKind(resource?.apiVersion ?? '', resource?.kind ?? '')
  if (type === undefined || resource?.name === undefined) return undefined
  const found = await hub
    .get({ type, name: resource.name, ...(type.namespaced ? { namespace: resource.namespace ?? '' } : {}) })
    .catch((error: unknown) => {
      if (!isNotFound(error)) throw error
      return undefined
    })
  return found === undefined ? undefined : withKind(found, type)
}

async function inCluster(request: ExplainRequest, client: KubeClient): Promise<FleetExplanation> {
  const catalogue = await client.resources()
  const object = await findObject(client, typeNamed(catalogue, request.kind), request)
  const explained = explainPlain(object, await ownersOf(client, object, catalogue), await eventsOf(client, object))
  const reasons = object.kind === 'Pod' ? [whyPod(object) ?? []].flat() : await whyPods(client, object)
  return reasons.length === 0 ? explained : addReasons(explained, 'pods', reasons)
}

/** What keeps the pods of workloads that an Application waits for. */
async function withPods(
  explained: FleetExplanation,
  { spec, status }: Application,
  inventory: LiveView['inventory'],
): Promise<FleetExplanation> {
  const found = decideDestination(spec.destination, inventory)
  const troubled = (status?.resources ?? []).filter(
    ({ health }) => health?.status === 'Progressing' || health?.status === 'Degraded',
  )
  if (!('cluster' in found) || found.cluster.isPulled === true) return explained
  let all = explained
  for (const { group = '', version = '', kind = '', name = '', namespace } of troubled.slice(0, 5)) {
    const type = builtInResources.find((each) => each.group === group && each.kind === kind && each.version === version)
    if (type === undefined) continue
    try {
      const client = inventory.client(found.cluster.name)
      const live = await client.get(
        { type, name, ...(type.namespaced ? { namespace: namespace ?? '' } : {}) },
        { signal: AbortSignal.timeout(4_000) },
      )
      const reasons = await whyPods(client, withKind(live, type))
      if (reasons.length > 0) all = addReasons(all, `pods of ${name}`, reasons)
    } catch {
      // The copy's own line says already that the cluster does not answer.
    }
  }
  return all
}

function addReasons(explained: FleetExplanation, what: string, reasons: readonly string[]): FleetExplanation {
  const added = reasons.map((why) => ({ layer: 'cluster' as const, what, state: 'waits' as const, why }))
  return { ...explained, steps: inOrder([...explained.steps, ...added]) }
}

async function clusterIn({ hub, name, hubNamespace }: ExplainRequest, view: LiveView): Promise<FleetExplanation> {
  const { inventory } = view
  const cluster = inventory.find({ name }) ?? (await clusterOfSecret(hub, hubNamespace, name, view))
  if (cluster === undefined) throw unknownCluster(view, name)
  const [applications, agents] = await Promise.all([
    hub.list<Application>(applicationType, { namespace: hubNamespace }).then(({ items }) => items),
    hub.list<AgentCluster>(agentClusterType).then(
      ({ items }) => items,
      (error: unknown) => {
        if (!isNotFound(error)) throw error
        return [] as AgentCluster[]
      },
    ),
  ])
  const here = applications.filter(({ spec }) => {
    const found = decideDestination(spec.destination, inventory)
    return 'cluster' in found && found.cluster.name === cluster.name
  })
  const agent = agents.find(({ metadata }) => metadata.name === cluster.name)
  const placed = view.dialects.flatMap((dialect) =>
    dialect.sourceKinds(view.hub).flatMap((type) =>
      view.hub.objects(type).flatMap((source) => {
        const read = dialect.read(source, view.hub)
        // A Placement goes nowhere itself.
        if (read === undefined || 'problem' in read || read.id.startsWith('placement/Placement.')) return []
        const replicas = read.previous.replicas?.[cluster.name]
        const { namespace, name: of } = source.metadata
        return replicas === undefined
          ? []
          : [`${source.kind} ${namespace ? `${namespace}/` : ''}${of}${replicas > 0 ? `=${replicas}` : ''}`]
      }),
    ),
  )
  return explainCluster({
    cluster,
    state: inventory.state(cluster.name),
    facts: view.hub.clusters.find((facts) => facts.name === cluster.name),
    ...(agent === undefined
      ? {}
      : { agent: { phase: agent.status?.phase ?? 'Pending', message: agent.status?.message ?? '', since: agent.status?.since } }),
    applications: here,
    placed: [...new Set(placed)],
  })
}

/** The name of a Secret where it is no name of a cluster: what people have at hand. */
async function clusterOfSecret(hub: KubeClient, namespace: string, name: string, { inventory }: LiveView) {
  const { items } = await hub.list(secretType, { namespace, labelSelector: clusterSecretSelector })
  const secret = items.find(({ metadata }) => metadata.name === name)
  if (secret === undefined) return undefined
  return inventory.list().find(({ source }) => source.includes(`${namespace}/${name}`))
}

async function explainServices(request: ExplainRequest, catalogue: ResourceCatalogue): Promise<readonly FleetExplanation[]> {
  const { hub, hubNamespace, env, name, cluster, namespace = 'default' } = request
  const fleet = { hub, namespace: hubNamespace }
  const found: FleetExplanation[] = []
  // One that lies on the hub may be sent to clusters, too.
  const type = catalogue.forName(request.kind)
  if (type !== undefined && cluster === undefined) {
    const object = await hub.get({ type, name, namespace }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
      return undefined
    })
    if (object !== undefined)
      found.push(await withLiveView(fleet, env, (view) => ofObject(request, view, type, withKind(object, type), catalogue)))
  }
  await withCatalogue(fleet, env, async ({ catalogue: services, unread, remembered, whyNotOffered }) => {
    const { facts } = services
    const consumers = cluster === undefined ? facts.clusters : facts.clusters.filter((each) => each.name === cluster)
    if (cluster !== undefined && consumers.length === 0) {
      const why = unread.find((each) => each.name === cluster)?.why
      if (why === undefined)
        throw noCluster(
          cluster,
          facts.clusters.map((each) => each.name),
        )
      throw new CodedError({
        code: 'cluster-unread',
        message: `cluster ${cluster} cannot be read: ${why}`,
        fix: `See flotilla explain cluster/${cluster}.`,
      })
    }
    const all = [...services.list(), ...remembered(cluster)]
    for (const each of all.filter(({ service }) => service.name === name && service.namespace === namespace)) {
      const isRemembered = services.get(each.service, each.reach) === undefined
      // What is only remembered stands in each cluster as that one was given it.
      const asGivenTo = (consumer: string) =>
        (isRemembered ? remembered(consumer) : []).find(
          ({ service, reach }) => service.name === name && service.namespace === namespace && reach === each.reach,
        ) ?? each
      const rankings = consumers.map((consumer) => ({
        from: consumer.name,
        ranking: services.rank(asGivenTo(consumer.name), services.consumerIn(consumer)),
      }))
      found.push(explainService(each, rankings, unread))
    }
    if (found.length > 0) return
    const elsewhere = all.filter(({ service }) => service.name === name).map(({ service }) => service.namespace)
    const there = whyNotOffered({ namespace, name }).slice(0, 5)
    const near = closest(
      name,
      all.filter(({ service }) => service.namespace === namespace).map(({ service }) => service.name),
    )
    throw new CodedError({
      code: 'service-not-found',
      message: `no cluster offers a service ${namespace}/${name} to others${near === undefined ? '' : `: did you mean ${near}?`}${there.map((each) => `\n  ${each}`).join('')}`,
      fix:
        elsewhere.length > 0
          ? `There is one in namespace ${elsewhere.join(', ')}: name it with -n.`
          : 'See `flotilla service list`; --cluster NAME looks at a Service that one cluster has for itself.',
    })
  })
  return found
}

function isService(kind: string): boolean {
  return /^(service|services|svc|serviceexports?|serviceimports?|svcex|svcim)(\..*)?$/i.test(kind)
}

function is(a: ResourceType, b: ResourceType): boolean {
  return a.group === b.group && a.kind === b.kind
}

async function projectOf(hub: KubeClient, { spec }: Application, namespace: string): Promise<AppProject | undefined> {
  const name = spec.project || defaultProjectName
  try {
    return await hub.get<AppProject>({ type: appProjectType, namespace, name })
  } catch (error) {
    if (!isNotFound(error)) throw error
    return name === defaultProjectName ? defaultProject(namespace) : undefined
  }
}

/** Why failover is frozen, where it is. */
async function frozenSince({ hub, hubNamespace }: ExplainRequest): Promise<string | undefined> {
  try {
    return readSettings(await hub.get({ type: configMapType, namespace: hubNamespace, name: failoverConfigName })).frozen
  } catch (error) {
    if (!isNotFound(error)) throw error
    return undefined
  }
}

/** Events about an object; none where they may not be read. */
async function eventsOf(client: KubeClient, { kind, metadata }: KubeObject): Promise<readonly KubeObject[]> {
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${metadata.name}`
  try {
    const { items } = await client.list(eventType, { namespace: metadata.namespace || 'default', fieldSelector })
    return items
  } catch (error) {
    if (error instanceof StatusError) return []
    throw error
  }
}

/** The chain of owners, the nearest first. */
async function ownersOf(client: KubeClient, object: KubeObject, catalogue: ResourceCatalogue): Promise<readonly KubeObject[]> {
  const chain: KubeObject[] = []
  let at = object
  while (chain.length < 6) {
    const owners = at.metadata.ownerReferences ?? []
    const owner = owners.find(({ controller }) => controller === true) ?? owners[0]
    const type = owner === undefined ? undefined : catalogue.forKind(owner.apiVersion, owner.kind)
    if (owner === undefined || type === undefined) break
    const found = await client
      .get({ type, name: owner.name, ...(type.namespaced ? { namespace: at.metadata.namespace ?? '' } : {}) })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error
        return undefined
      })
    if (found === undefined) break
    chain.push((at = withKind(found, type)))
  }
  return chain
}

function typeNamed(catalogue: ResourceCatalogue, kind: string): ResourceType {
  const found = catalogue.forName(kind) ?? catalogue.forName(kind.toLowerCase())
  if (found !== undefined) return found
  const wanted = kind.toLowerCase()
  const kinds = catalogue.all.flatMap((type) => [type.kind.toLowerCase(), type.plural])
  const near =
    closest(wanted, ['cluster', ...kinds]) ??
    closest(
      wanted,
      catalogue.all.flatMap(({ shortNames }) => shortNames ?? []),
    )
  throw new UsageError({
    code: 'unknown-kind',
    message: `there is no kind "${kind}"${near === undefined ? '' : `: did you mean ${near}?`}`,
    fix: 'Name it as kubectl would (deployment, deploy, federateddeployments.types.kubefed.io), or say cluster/NAME or service/NAME.',
  })
}

async function findObject(client: KubeClient, type: ResourceType, request: ExplainRequest): Promise<KubeObject> {
  const { name, hubNamespace } = request
  const isOwn = type.group === applicationType.group && request.cluster === undefined
  const namespace = request.namespace ?? (isOwn ? hubNamespace : 'default')
  try {
    return withKind(await client.get({ type, name, ...(type.namespaced ? { namespace } : {}) }), type)
  } catch (error) {
    if (!isNotFound(error)) throw error
    const others = (await client.list(type, { metadataOnly: true }).catch(() => ({ items: [] as KubeObject[] }))).items
    const elsewhere = others.find(({ metadata }) => metadata.name === name)?.metadata.namespace
    const near = closest(
      name,
      others.filter(({ metadata }) => !type.namespaced || metadata.namespace === namespace).map(({ metadata }) => metadata.name),
    )
    throw new CodedError({
      code: 'object-not-found',
      message: `there is no ${type.kind} ${name} ${type.namespaced ? `in namespace ${namespace} of ` : 'on '}${client.name}${near === undefined ? '' : `: did you mean ${near}?`}`,
      fix:
        elsewhere !== undefined
          ? `There is one in namespace ${elsewhere}: add -n ${elsewhere}.`
          : 'Name its namespace with -n; --cluster NAME looks into a cluster of the fleet.',
      cause: error,
    })
  }
}

function withKind(object: KubeObject, type: ResourceType): KubeObject {
  return { ...object, apiVersion: apiVersionOf(type.group, type.version), kind: type.kind }
}

function unknownCluster({ inventory }: LiveView, name: string): CodedError {
  return noCluster(
    name,
    inventory.list().map((cluster) => cluster.name),
  )
}

function noCluster(name: string, known: readonly string[]): CodedError {
  const near = closest(name, known)
  return new CodedError({
    code: 'cluster-not-found',
    message: `there is no cluster ${name} in the fleet${near === undefined ? '' : `: did you mean ${near}?`}`,
    fix: 'See `flotilla cluster list`.',
  })
}
