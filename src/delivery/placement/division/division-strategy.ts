/** A cluster as a strategy sees it. */
export interface DivisionCluster {
  readonly name: string
  /** How many more fit; absent when unknown. */
  readonly free?: number
  /** What it was given before. */
  readonly previous: number
  /** What truly runs there. KubeFed's planner starts from it. */
  readonly running?: number
  /** The most that it has shown to bear. */
  readonly bearable?: number
  readonly price?: number
}

export interface DivisionInput {
  readonly replicas: number
  /** In order of preference: strategies break ties by it where upstream's order was left to chance. */
  readonly clusters: readonly DivisionCluster[]
  /** Whether a cluster matches one of the affinities that a rule holds, by the place of that affinity in the rule. */
  readonly matches: (cluster: string, index: number) => boolean
  /** `namespace/name`: part of what breaks ties. */
  readonly key: string
  readonly uid: string
  readonly fresh: boolean
}

export interface Division {
  /** Clusters that get the workload. Where the strategy keeps none with nothing, each has at least one. */
  readonly replicas: ReadonlyMap<string, number>
  /** What found no room; `division` then still says what did. */
  readonly unplaced: number
  readonly reasons: readonly string[]
  /** Why nothing at all was divided. */
  readonly problem?: string
}

/** What holds of every result; the contract's tests hold each strategy to its word. */
export interface DivisionPromises {
  /** What is placed and what is not add up to what was asked. */
  readonly sum: boolean
  /** Nobody gets more than `free` (or, fresh, `free` and what it had). */
  readonly withinFree: boolean
  /** The same again changes nothing. */
  readonly stable: boolean
  /** One replica more or less takes none from (gives none to) anybody else. */
  readonly stepwise: boolean
  /** As long as replicas do not shrink, what runs is not moved: who loses a cluster starts only what ran there anew. */
  readonly keepsRunning: boolean
}

/** What is to be known of a strategy without a rule at hand. */
export interface DivisionTraits {
  readonly name: string
  readonly about: string
  readonly promises: DivisionPromises
  /** Whether the spread over clusters heeds free room; only strategies that heed it themselves say yes. */
  readonly heedsRoom: boolean
  /** Whether it asks how many replicas run where at present. Unless told, it does not. */
  readonly heedsRunning?: boolean
  /** Whether spread constraints have no say, as with Karmada's static weights. */
  readonly ignoresSpread: boolean
}

/** One way of dividing replicas. Rules are its settings as they stand in a placement. */
export interface DivisionStrategy<Rule> extends DivisionTraits {
  /** Rules that the contract's tests try, over clusters named c0, c1, ... */
  readonly samples: readonly Rule[]
  divide(input: DivisionInput, rule: Rule): Division
}
