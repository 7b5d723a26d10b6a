import { canonicalJson } from '../../../base/json.js'
import type { Cluster, Inventory } from '../../../inventory/cluster.js'
import type { KubeClient, ResourceCatalogue } from '../../../kube/client/kube-client.js'
import { apiVersionOf } from '../../../kube/object/kube-object.js'
import { readClusterMarks } from '../../placement/cluster-marks.js'
import type { ClusterFacts, Taint } from '../../placement/contract.js'
import type { ClusterNotes } from '../contract.js'

export interface ClusterDirectoryOptions {
  readonly hub: KubeClient
  readonly inventory: Inventory
  /** What dialects know of clusters, in the order in which they count. */
  readonly notes: () => readonly ReadonlyMap<string, ClusterNotes>[]
}

/** At least so many clusters that are silent at once, and more than half of the fleet: then it is the hub that is cut off. */
const blindFrom = 2

/** What is known of the clusters of the fleet for placing; the hub itself is none of them. */
export class ClusterDirectory {
  readonly #options: ClusterDirectoryOptions
  #facts: readonly ClusterFacts[] = []
  #byName: ReadonlyMap<string, ClusterFacts> = new Map()
  #text = new Map<string, string>()
  readonly #apis = new Map<string, ReadonlySet<string>>()
  readonly #shared = new Map<string, ReadonlySet<string>>()
  /** Catalogues are shared by clusters that serve the same. */
  readonly #learned = new WeakMap<ResourceCatalogue, ReadonlySet<string>>()
  #blind = false

  constructor(options: ClusterDirectoryOptions) {
    this.#options = options
  }

  /** Sorted by name. */
  get facts(): readonly ClusterFacts[] {
    return this.#facts
  }

  of(name: string): ClusterFacts | undefined {
    return this.#byName.get(name)
  }

  /** So many clusters are silent at once that nothing is concluded from it. */
  get blind(): boolean {
    return this.#blind
  }

  /** Members of the fleet: all clusters but the hub itself. */
  members(): readonly Cluster[] {
    return this.#options.inventory.list().filter(({ name, isPulled }) => isPulled || !this.#isHub(name))
  }

  /** Reads everything anew and tells what has changed: `ready` if nothing else than whether clusters answer. */
  refresh(): 'nothing' | 'ready' | 'facts' {
    const { inventory, notes } = this.#options
    const members = this.members()
    const silent = members.filter(({ name }) => inventory.state(name).health === 'Unknown').length
    this.#blind = silent >= blindFrom && silent * 2 > members.length
    const allNotes = notes()
    const text = new Map<string, string>()
    let other = false
    const facts = members.map((cluster) => {
      const fact = this.#factsOf(cluster, allNotes)
      const { apis, ready, ...rest } = fact
      text.set(cluster.name, canonicalJson(rest))
      const before = this.#byName.get(cluster.name)
      // That it is known now what a cluster serves changes nothing of what was decided without.
      const served = before?.apis === apis || before?.apis === undefined
      const same = before !== undefined && served && this.#text.get(cluster.name) === text.get(cluster.name)
      if (!same) other = true
      return same && before.ready === ready && before.apis === apis ? before : fact
    })
    const changed = facts.length !== this.#facts.length || facts.some((fact, index) => fact !== this.#facts[index])
    if (!changed) return 'nothing'
    if (facts.length !== this.#facts.length) other = true
    this.#facts = facts
    this.#byName = new Map(facts.map((fact) => [fact.name, fact]))
    this.#text = text
    return other ? 'facts' : 'ready'
  }

  /** What a cluster serves, as read now; true when that is news. */
  learnApis(name: string, catalogue: ResourceCatalogue): boolean {
    let apis = this.#learned.get(catalogue)
    if (apis === undefined) this.#learned.set(catalogue, (apis = this.#kindsOf(catalogue)))
    if (this.#apis.get(name) === apis) return false
    this.#apis.set(name, apis)
    return true
  }

  #kindsOf(catalogue: ResourceCatalogue): ReadonlySet<string> {
    const kinds = catalogue.all.map(({ group, version, kind }) => `${apiVersionOf(group, version)}/${kind}`).sort()
    const text = kinds.join(' ')
    let apis = this.#shared.get(text)
    if (apis === undefined) {
      // Definitions that come and go leave lists behind that nobody has any more.
      if (this.#shared.size >= 256) this.#shared.clear()
      this.#shared.set(text, (apis = new Set(kinds)))
    }
    return apis
  }

  forget(name: string): void {
    this.#apis.delete(name)
  }

  #isHub(name: string): boolean {
    if (name === 'in-cluster') return true
    try {
      return this.#options.inventory.client(name) === this.#options.hub
    } catch {
      // Its source is broken: it is a cluster all the same.
      return false
    }
  }

  #factsOf(cluster: Cluster, allNotes: readonly ReadonlyMap<string, ClusterNotes>[]): ClusterFacts {
    const { name } = cluster
    const { health } = this.#options.inventory.state(name)
    const marks = readClusterMarks(cluster)
    const apis = this.#apis.get(name)
    const notes = allNotes.flatMap((each) => each.get(name) ?? [])
    const first = <K extends keyof ClusterNotes>(key: K): ClusterNotes[K] => notes.find((note) => note[key] !== undefined)?.[key]
    const labels = Object.assign({}, cluster.labels, ...notes.map((note) => note.labels).reverse()) as Record<string, string>
    const taints = uniqueTaints([...(marks.taints ?? []), ...notes.flatMap((note) => note.taints ?? [])])
    const provider = first('provider') ?? marks.provider
    const region = first('region') ?? marks.region
    const zones = first('zones') ?? marks.zones
    return {
      name,
      labels,
      ready: health === 'Healthy' || (this.#blind && health === 'Unknown'),
      ...(provider === undefined ? {} : { provider }),
      ...(region === undefined ? {} : { region }),
      ...(zones === undefined ? {} : { zones }),
      ...(taints.length === 0 ? {} : { taints }),
      ...(marks.cordoned === true || notes.some(({ cordoned }) => cordoned === true) ? { cordoned: true } : {}),
      ...(marks.price === undefined ? {} : { price: marks.price }),
      ...(apis === undefined ? {} : { apis }),
    }
  }
}

function uniqueTaints(taints: readonly Taint[]): readonly Taint[] {
  const seen = new Map(taints.map((taint) => [`${taint.key}=${taint.value ?? ''}:${taint.effect}`, taint]))
  return [...seen.values()]
}
