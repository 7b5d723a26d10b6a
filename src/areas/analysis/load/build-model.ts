import type { Call } from '../model/call.js'
import type { ClusterModel, MeshEdge } from '../model/cluster-model.js'
import { type Document, type DocumentRole, KubeDocument } from '../model/document.js'
import type { ContainerView, FleetModel, ObjectReference, PodSpecView } from '../model/fleet-model.js'
import type { HelmValues, KnownTool } from '../model/helm-values.js'
import type { Settings } from '../model/settings.js'
import type { View } from '../model/view.js'
import { collectClusters } from './collect-clusters.js'
import { collectEdges } from './collect-edges.js'
import type { GenerationProblem } from './input-text.js'
import { containersOf, podSpecOf, programOf } from './pod-specs.js'
import { collectValues } from './read-values.js'
import { valuesOfCall } from './values-of-calls.js'

/** Documents, calls and settings as the model that checks ask. Indexes are made when they are first asked for. */
export function buildModel(
  documents: readonly Document[],
  calls: readonly Call[],
  settings: Settings,
  live: readonly string[],
  isWhole: boolean,
  nowMs?: number,
  generation: readonly GenerationProblem[] = [],
): FleetModel {
  return new IndexedModel(documents, calls, settings, live, isWhole, nowMs, generation)
}

type Scoped = { readonly cluster: string | undefined }

class IndexedModel implements FleetModel {
  readonly documents: readonly Document[]
  readonly objects: readonly KubeDocument[]
  readonly settings: Settings
  readonly isWhole: boolean
  readonly nowMs: number | undefined
  readonly calls: readonly Call[]
  readonly generation: readonly GenerationProblem[]
  readonly #values: readonly HelmValues[]
  readonly #live: readonly string[]
  readonly #byKind = new Map<string, KubeDocument[]>()
  readonly #byGroup = new Map<string, KubeDocument[]>()
  readonly #byRole = new Map<DocumentRole, Document[]>()
  readonly #byName = new Map<string, KubeDocument[]>()
  #clusters: readonly ClusterModel[] | undefined
  #clusterNames: Map<string, ClusterModel> | undefined
  #edges: readonly MeshEdge[] | undefined
  #pods: readonly PodSpecView[] | undefined
  #containers: Map<string, ContainerView[]> | undefined

  constructor(
    documents: readonly Document[],
    calls: readonly Call[],
    settings: Settings,
    live: readonly string[],
    isWhole: boolean,
    nowMs: number | undefined,
    generation: readonly GenerationProblem[],
  ) {
    this.generation = generation
    this.isWhole = isWhole
    this.nowMs = nowMs
    this.documents = documents
    this.objects = documents.filter((document) => document instanceof KubeDocument)
    this.settings = settings
    this.calls = calls
    this.#live = live
    this.#values = [...collectValues(documents, settings), ...calls.flatMap(valuesOfCall)]
    for (const document of documents) push(this.#byRole, document.role, document)
    for (const object of this.objects) {
      push(this.#byKind, `${object.kind}.${object.group}`, object)
      push(this.#byGroup, object.group, object)
      push(this.#byName, `${object.kind}.${object.group}/${object.name}`, object)
    }
  }

  get kubernetesVersion(): string | undefined {
    return this.settings.kubernetesVersion
  }

  kinds(group: string, kind: string): readonly KubeDocument[] {
    return this.#byKind.get(`${kind}.${group}`) ?? []
  }

  group(group: string): readonly KubeDocument[] {
    return this.#byGroup.get(group) ?? []
  }

  withRole(role: DocumentRole): readonly Document[] {
    return this.#byRole.get(role) ?? []
  }

  find({ group, kind, namespace, name }: ObjectReference, from: Scoped & { readonly source?: string }): readonly KubeDocument[] {
    const named = this.#byName.get(`${kind}.${group}/${name}`) ?? []
    const found = named.filter(
      (object) =>
        this.mayMeet(object, from) &&
        (namespace === undefined || object.namespace === undefined || object.namespace === namespace),
    )
    const { source } = from
    if (found.length < 2 || source === undefined) return found
    return found
      .map((object) => ({ object, distance: distanceBetween(object.source, source) }))
      .sort((a, b) => a.distance - b.distance)
      .map(({ object }) => object)
  }

  mayMeet(a: Scoped, b: Scoped): boolean {
    if (a.cluster === undefined || b.cluster === undefined || a.cluster === b.cluster) return true
    const one = this.cluster(a.cluster)
    return one !== undefined && one === this.cluster(b.cluster)
  }

  get clusters(): readonly ClusterModel[] {
    this.#clusters ??= collectClusters(this.documents, this.objects, this.#values, this.calls, this.settings, this.#live)
    return this.#clusters
  }

  cluster(name: string): ClusterModel | undefined {
    if (this.#clusterNames === undefined) {
      this.#clusterNames = new Map()
      for (const cluster of this.clusters) for (const alias of cluster.aliases) this.#clusterNames.set(alias, cluster)
      for (const cluster of this.clusters) this.#clusterNames.set(cluster.name, cluster)
    }
    return this.#clusterNames.get(name)
  }

  clusterOf({ cluster }: Scoped): ClusterModel | undefined {
    return cluster === undefined ? undefined : this.cluster(cluster)
  }

  acrossClusters(group: string, kind: string): ReadonlyMap<string, readonly KubeDocument[]> {
    const found = new Map<string, KubeDocument[]>()
    for (const object of this.kinds(group, kind))
      if (object.cluster !== undefined) push(found, `${object.namespace ?? ''}/${object.name}`, object)
    return found
  }

  get meshEdges(): readonly MeshEdge[] {
    this.#edges ??= collectEdges(this.objects, this.#values, this.calls)
    return this.#edges
  }

  meshes(tool?: MeshEdge['tool']): readonly (readonly string[])[] {
    const groups = new Groups()
    const nameOf = (name: string) => this.cluster(name)?.name ?? name
    for (const edge of this.meshEdges)
      if ((tool === undefined || edge.tool === tool) && edge.from !== undefined) groups.join(nameOf(edge.from), nameOf(edge.to))
    const together = (members: readonly ClusterModel[]) => {
      for (const member of members) groups.join(members[0]!.name, member.name)
    }
    if (tool === undefined || tool === 'submariner')
      together(this.clusters.filter(({ identities }) => identities.some((identity) => identity.tool === 'submariner')))
    // Clusters that have the mesh turned on and are connected to nobody yet are going to be connected with each other.
    if (tool === undefined || tool === 'cilium') {
      const enabled = this.clusters.filter(({ values }) =>
        values.some((each) => each.tool === 'cilium' && each.flag('clustermesh', 'useAPIServer') === true),
      )
      if (!this.meshEdges.some((edge) => edge.tool === 'cilium')) together(enabled)
    }
    if (tool === undefined || tool === 'istio') {
      const byMesh = new Map<string, ClusterModel[]>()
      for (const cluster of this.clusters)
        for (const mesh of new Set(
          cluster.identities.filter((identity) => identity.tool === 'istio-mesh').map(({ value }) => value),
        ))
          push(byMesh, mesh, cluster)
      for (const members of byMesh.values()) together(members)
    }
    return groups.all()
  }

  callsOf(program: string, ...verb: readonly string[]): readonly Call[] {
    return this.calls.filter((call) => call.program === program && call.starts(...verb))
  }

  values(tool: KnownTool): readonly HelmValues[] {
    return this.#values.filter((values) => values.tool === tool)
  }

  get kubeconfigs(): readonly Document[] {
    return this.withRole('kubeconfig')
  }

  get route53Batches(): readonly View[] {
    return this.withRole('route53-batch').map((document) => (document.has('Changes') ? document : document.view('ChangeBatch')))
  }

  get dexConfigs(): readonly View[] {
    return this.withRole('dex-config')
  }

  get fleetYamls(): readonly Document[] {
    return this.withRole('fleet-yaml')
  }

  get podSpecs(): readonly PodSpecView[] {
    this.#pods ??= this.objects.flatMap((object) => podSpecOf(object) ?? [])
    return this.#pods
  }

  containersOf(program: string): readonly ContainerView[] {
    if (this.#containers === undefined) {
      this.#containers = new Map()
      for (const pod of this.podSpecs)
        for (const container of containersOf(pod)) push(this.#containers, programOf(container), container)
    }
    return this.#containers.get(program) ?? []
  }
}

/** Steps from one file to another: 0 for the same, 1 within a folder. */
function distanceBetween(a: string, b: string): number {
  if (a === b) return 0
  const one = a.split('/')
  const other = b.split('/')
  let shared = 0
  while (shared < one.length - 1 && one[shared] === other[shared]) shared++
  return one.length + other.length - 2 * shared - 1
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key)
  if (known === undefined) map.set(key, [value])
  else known.push(value)
}

/** Names that belong together, over any number of steps. */
class Groups {
  readonly #leaders = new Map<string, string>()

  join(a: string, b: string): void {
    this.#leaders.set(this.#leader(a), this.#leader(b))
  }

  all(): string[][] {
    const groups = new Map<string, string[]>()
    for (const name of [...this.#leaders.keys()]) push(groups, this.#leader(name), name)
    return [...groups.values()].filter((names) => names.length > 1)
  }

  #leader(name: string): string {
    let leader = name
    for (let next = this.#leaders.get(leader); next !== undefined && next !== leader; next = this.#leaders.get(leader))
      leader = next
    if (!this.#leaders.has(name)) this.#leaders.set(name, leader)
    return leader
  }
}
