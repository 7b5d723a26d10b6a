import type { ClusterProfile } from '../../apiserver/members/start-members.js'
import { CodedError } from '../../base/errors.js'
import type { DataDirectory } from './data-directory.js'
import {
  addMember,
  type FleetConfig,
  type FleetDescription,
  type MemberConfig,
  placedClusters,
  writeFleetConfig,
} from './fleet-config.js'
import { ownAddressOf, type PlacedCluster } from './fleet-network.js'

export interface NewMember {
  readonly name: string
  readonly nodes?: string
  readonly profile?: 'member' | 'bare'
  /** Reached by its agent alone. */
  readonly pulled?: boolean
  /** At a loopback address of its own, not at a port of the fleet's address. */
  readonly ownAddress?: boolean
}

/** Which clusters the fleet has now, and where. The one place that knows, and that writes fleet.json. */
export class FleetRegister {
  readonly hubName: string
  readonly #directory: DataDirectory
  readonly #describe: (config: FleetConfig, clusters: readonly PlacedCluster[]) => FleetDescription
  #config: FleetConfig
  #byName: ReadonlyMap<string, PlacedCluster> = new Map()
  #byServer: ReadonlyMap<string, string> = new Map()
  readonly #leaving = new Set<string>()

  constructor(options: {
    hubName: string
    directory: DataDirectory
    config: FleetConfig
    describe: (config: FleetConfig, clusters: readonly PlacedCluster[]) => FleetDescription
  }) {
    this.hubName = options.hubName
    this.#directory = options.directory
    this.#describe = options.describe
    this.#config = options.config
    this.#index()
  }

  get config(): FleetConfig {
    return this.#config
  }

  get description(): FleetDescription {
    return this.#describe(this.#config, this.all())
  }

  /** The hub first. */
  all(): PlacedCluster[] {
    return [...this.#byName.values()]
  }

  find(name: string): PlacedCluster | undefined {
    return this.#byName.get(name)
  }

  member(name: string): MemberConfig | undefined {
    return this.#config.members.find((each) => each.name === name)
  }

  /** The hub is a destination like any other (in-cluster), so it has nodes too. */
  profileOf(name: string): ClusterProfile {
    return this.member(name)?.profile ?? 'member'
  }

  nodesOf(name: string): string | undefined {
    return this.member(name)?.nodes ?? this.#config.nodes
  }

  serverOf(name: string): string | undefined {
    const place = this.#byName.get(name)
    return place && serverAt(place)
  }

  /** The cluster that is served at this URL. */
  atServer(server: string): string | undefined {
    return this.#byServer.get(server)
  }

  async add(member: NewMember): Promise<PlacedCluster> {
    const present = this.find(member.name)
    if (present !== undefined) return present
    const config = await addMember(this.#config, member)
    const added = placedClusters(config, this.hubName).find((each) => each.name === member.name)
    if (member.ownAddress && (added === undefined || ownAddressOf(added.number) === undefined)) {
      throw new CodedError({
        code: 'no-own-address',
        message: `there is no loopback address left for ${member.name}`,
        fix: 'Leave the address out: the cluster then has a port of its own.',
      })
    }
    this.#config = config
    this.#index()
    return this.find(member.name) as PlacedCluster
  }

  /** The cluster is being deleted: it keeps its addresses until `remove`, and nothing serves it again. */
  leave(name: string): void {
    this.#leaving.add(name)
  }

  isLeaving(name: string): boolean {
    return this.#leaving.has(name)
  }

  remove(name: string): void {
    this.#leaving.delete(name)
    this.#config = { ...this.#config, members: this.#config.members.filter((each) => each.name !== name) }
    this.#index()
  }

  /** Where agents connect, from now on and after the next start. */
  setAgentPort(agentPort: number): void {
    this.#config = { ...this.#config, agentPort }
  }

  save(): void {
    writeFleetConfig(this.#directory, this.#config, this.description)
  }

  #index(): void {
    const places = placedClusters(this.#config, this.hubName)
    this.#byName = new Map(places.map((place) => [place.name, place]))
    this.#byServer = new Map(places.map((place) => [serverAt(place), place.name]))
  }
}

export function serverAt({ host, port }: { host: string; port: number }): string {
  return `https://${host}:${port}`
}
