import { createSeededRandom, type Random } from '../../../src/base/random.js'
import type { KarmadaAffinity } from './placement-answers.js'

/** What KubeFed's planner is asked. */
export interface KubefedCase {
  readonly clusters: Record<string, { minReplicas?: number; maxReplicas?: number; weight?: number }>
  readonly totalReplicas: number
  readonly rebalance: boolean
  readonly available: readonly string[]
  readonly current: Record<string, number>
  readonly capacity: Record<string, number>
  readonly key: string
}

export interface KarmadaCandidate {
  readonly name: string
  readonly labels: Record<string, string>
  readonly region: string
  readonly zones: readonly string[]
  readonly provider: string
  readonly score: number
  readonly free: number
}

/** What Karmada's scheduler and override manager are asked; fields as Karmada writes them. */
export interface KarmadaCase {
  readonly op: 'assign' | 'select' | 'override' | 'matches' | 'priority'
  readonly clusters?: readonly KarmadaCandidate[]
  readonly placement?: KarmadaPlacement
  readonly replicas?: number
  readonly previous?: readonly { name: string; replicas: number }[]
  readonly uid?: string
  readonly fresh?: boolean
  readonly object?: Record<string, unknown>
  readonly policies?: readonly KarmadaPolicy[]
  readonly affinity?: KarmadaAffinity
  readonly selectors?: readonly KarmadaSelector[]
}

export interface KarmadaPlacement {
  readonly replicaScheduling?: {
    readonly replicaSchedulingType: 'Duplicated' | 'Divided'
    readonly replicaDivisionPreference?: 'Aggregated' | 'Weighted'
    readonly weightPreference?: {
      readonly staticWeightList?: readonly { targetCluster: KarmadaAffinity; weight: number }[]
      readonly dynamicWeight?: 'AvailableReplicas'
    }
  }
  readonly spreadConstraints?: readonly { spreadByField: 'cluster' | 'region'; minGroups: number; maxGroups: number }[]
}

export interface KarmadaSelector {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name?: string
  readonly labelSelector?: { matchLabels: Record<string, string> }
}

export interface KarmadaPolicy {
  readonly metadata: { name: string; namespace?: string }
  readonly spec: {
    readonly resourceSelectors?: readonly KarmadaSelector[]
    readonly overrideRules: readonly { targetCluster?: KarmadaAffinity; overriders: Record<string, unknown> }[]
  }
}

class Choice {
  readonly #random: Random
  constructor(random: Random) {
    this.#random = random
  }
  below(end: number): number {
    return Math.floor(this.#random.number() * end)
  }
  maybe(chance: number): boolean {
    return this.#random.number() < chance
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
  some<T>(items: readonly T[], chance: number): T[] {
    return items.filter(() => this.maybe(chance))
  }
}

export function randomKubefedCase(seed: number): KubefedCase {
  const choose = new Choice(createSeededRandom(seed))
  const count = choose.maybe(0.1) ? 20 + choose.below(40) : 1 + choose.below(7)
  const available = Array.from({ length: count }, (_, index) => `${choose.pick(['eu', 'us', 'cluster'])}-${index}`)
  const scale = choose.pick([10, 50, 1000])
  const preference = () => ({
    ...(choose.maybe(0.4) ? { minReplicas: choose.below(scale / 5) } : {}),
    ...(choose.maybe(0.4) ? { maxReplicas: choose.below(scale) } : {}),
    ...(choose.maybe(0.85) ? { weight: choose.below(6) } : {}),
  })
  const clusters = Object.fromEntries(choose.some(available, 0.7).map((name) => [name, preference()]))
  if (choose.maybe(0.5)) clusters['*'] = preference()
  const amounts = (chance: number) =>
    Object.fromEntries(choose.some(available, chance).map((name) => [name, choose.below(scale)]))
  return {
    clusters,
    totalReplicas: choose.below(scale * 2),
    rebalance: choose.maybe(0.5),
    available,
    current: choose.maybe(0.6) ? amounts(0.6) : {},
    capacity: choose.maybe(0.5) ? amounts(0.4) : {},
    key: choose.pick(['default/web', 'a/b', 'shop/cart-0', 'team-ö/x']),
  }
}

export function randomKarmadaCase(seed: number): KarmadaCase {
  const choose = new Choice(createSeededRandom(seed))
  const op = choose.pick(['assign', 'assign', 'select', 'select', 'override', 'override', 'matches', 'priority'] as const)
  if (op === 'assign') return assignCase(choose)
  if (op === 'select') return selectCase(choose)
  if (op === 'override') return overrideCase(choose)
  if (op === 'matches') return { op, clusters: candidates(choose, 1), affinity: affinity(choose) }
  return { op, object: someObject(choose), selectors: Array.from({ length: choose.below(3) }, () => selector(choose)) }
}

function candidates(choose: Choice, count: number): KarmadaCandidate[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `m${index}`,
    labels: (choose.maybe(0.5) ? { env: choose.pick(['test', 'prod']), tier: choose.pick(['a', 'b']) } : {}) as Record<
      string,
      string
    >,
    region: choose.pick(['r1', 'r2', 'r3', 'r4', 'r5'].slice(0, 1 + choose.below(5))),
    zones: choose.some(['z1', 'z2', 'z3'], 0.4),
    provider: choose.pick(['p1', 'p2', '']),
    score: choose.maybe(0.3) ? 100 : 0,
    free: choose.below(choose.pick([3, 20, 200])),
  }))
}

function affinity(choose: Choice): KarmadaAffinity {
  const operator = choose.pick(['In', 'NotIn', 'Exists', 'DoesNotExist'] as const)
  const field = choose.pick(['provider', 'region', 'zone'] as const)
  const known = { provider: ['p1', 'p2'], region: ['r1', 'r2', 'r3'], zone: ['z1', 'z2', 'z3'] }[field]
  const values = operator === 'In' || operator === 'NotIn' ? [known[0] as string, ...choose.some(known.slice(1), 0.5)] : undefined
  return {
    ...(choose.maybe(0.3) ? { clusterNames: choose.some(['m0', 'm1', 'm2', 'm3'], 0.6) } : {}),
    ...(choose.maybe(0.2) ? { exclude: choose.some(['m0', 'm1'], 0.4) } : {}),
    ...(choose.maybe(0.4) ? { labelSelector: { matchLabels: { env: choose.pick(['test', 'prod']) } } } : {}),
    ...(choose.maybe(0.5) ? { fieldSelector: { matchExpressions: [{ key: field, operator, ...(values && { values }) }] } } : {}),
  }
}

function assignCase(choose: Choice): KarmadaCase {
  const kind = choose.below(6)
  // Aggregating takes clusters in order of room; beyond twelve, upstream's order among equals is up to its sorting.
  const most = kind !== 3 && choose.maybe(0.2) ? 60 : 12
  const clusters = candidates(choose, 1 + choose.below(most)).sort(
    (a, b) => b.score - a.score || b.free - a.free || (a.name < b.name ? -1 : 1),
  )
  const replicas = 1 + choose.below(choose.pick([5, 30, 300, 3000]))
  const previous: { name: string; replicas: number }[] = []
  if (choose.maybe(0.6))
    for (const { name } of clusters) if (choose.maybe(0.5)) previous.push({ name, replicas: choose.below(1 + replicas / 2) })
  const weighted = (
    weightPreference: NonNullable<KarmadaPlacement['replicaScheduling']>['weightPreference'],
  ): KarmadaPlacement => ({
    replicaScheduling: {
      replicaSchedulingType: 'Divided',
      replicaDivisionPreference: 'Weighted',
      ...(weightPreference && { weightPreference }),
    },
  })
  const placement: KarmadaPlacement =
    kind === 0
      ? { replicaScheduling: { replicaSchedulingType: 'Duplicated' } }
      : kind === 1
        ? weighted({
            staticWeightList: Array.from({ length: 1 + choose.below(5) }, () => ({
              targetCluster: { clusterNames: choose.some(clusters, 0.4).map(({ name }) => name) },
              weight: choose.below(7),
            })),
          })
        : kind === 2
          ? weighted(undefined)
          : kind === 3
            ? { replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' } }
            : weighted({ dynamicWeight: 'AvailableReplicas' })
  return {
    op: 'assign',
    clusters,
    placement,
    replicas,
    previous,
    uid: choose.pick(['', 'a', 'b', '6f1c2a9e-0001', '6f1c2a9e-0002']),
    fresh: choose.maybe(0.2),
  }
}

function selectCase(choose: Choice): KarmadaCase {
  const clusters = candidates(choose, 1 + choose.below(11))
  const range = (most: number) => {
    const minGroups = 1 + choose.below(most)
    return { minGroups, maxGroups: minGroups + choose.below(3) }
  }
  const byRegion = choose.maybe(0.6)
  const ofRegions = range(3)
  const ofClusters = range(5)
  if (byRegion) ofClusters.maxGroups = Math.max(ofClusters.maxGroups, ofRegions.maxGroups)
  const spreadConstraints: NonNullable<KarmadaPlacement['spreadConstraints']> = [
    { spreadByField: 'cluster', ...ofClusters },
    ...(byRegion ? [{ spreadByField: 'region' as const, ...ofRegions }] : []),
  ]
  const placement: KarmadaPlacement = {
    spreadConstraints,
    replicaScheduling: choose.maybe(0.4)
      ? { replicaSchedulingType: 'Duplicated' }
      : {
          replicaSchedulingType: 'Divided',
          replicaDivisionPreference: 'Weighted',
          weightPreference: { dynamicWeight: 'AvailableReplicas' },
        },
  }
  const previous = choose.some(clusters, 0.2).map(({ name }) => ({ name, replicas: choose.below(5) }))
  return { op: 'select', clusters, placement, replicas: 1 + choose.below(40), previous }
}

const images = [
  'nginx',
  'nginx:1.19',
  'registry.example:5000/team/app:v1',
  'team/app',
  'localhost/app@sha256:50d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545c',
  'quay.io/a/b/c:x@sha256:50d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545c',
  'Not An Image',
]

function someObject(choose: Choice): Record<string, unknown> {
  const kind = choose.pick(['Deployment', 'Deployment', 'Pod', 'ConfigMap', 'Job', 'StatefulSet'] as const)
  const metadata = {
    name: choose.pick(['web', 'api']),
    namespace: choose.pick(['shop', 'team']),
    ...(choose.maybe(0.6) ? { labels: { app: 'web', 'example.com/tier': choose.pick(['a', 'b']) } } : {}),
    ...(choose.maybe(0.3) ? { annotations: { note: 'x' } } : {}),
  }
  if (kind === 'ConfigMap') {
    const data = {
      'config.yaml': 'b: 1\na:\n  - x\n  - y\nname: "on"\n',
      'config.json': '{"b": 1, "a": {"z": [1, 2], "c": "t"}}',
    }
    return { apiVersion: 'v1', kind, metadata, data }
  }
  const pod = {
    containers: Array.from({ length: 1 + choose.below(2) }, (_, index) => ({
      name: `c${index}`,
      image: choose.pick(choose.maybe(0.1) ? images : images.slice(0, -1)),
      ...(choose.maybe(0.5) ? { command: ['run', 'fast'] } : {}),
      ...(choose.maybe(0.5) ? { args: ['--a', '--b=1', '--a'] } : {}),
    })),
  }
  if (kind === 'Pod') return { apiVersion: 'v1', kind, metadata, spec: pod }
  const apiVersion = kind === 'Job' ? 'batch/v1' : 'apps/v1'
  return { apiVersion, kind, metadata, spec: { replicas: 2, template: { spec: pod } } }
}

function selector(choose: Choice): KarmadaSelector {
  const [apiVersion, kind] = choose.pick([
    ['apps/v1', 'Deployment'],
    ['v1', 'Pod'],
    ['v1', 'ConfigMap'],
    ['batch/v1', 'Job'],
    ['apps/v1', 'StatefulSet'],
  ] as const)
  return {
    apiVersion,
    kind,
    ...(choose.maybe(0.3) ? { namespace: choose.pick(['shop', 'team']) } : {}),
    ...(choose.maybe(0.4) ? { name: choose.pick(['web', 'api']) } : {}),
    ...(choose.maybe(0.5) ? { labelSelector: { matchLabels: { 'example.com/tier': choose.pick(['a', 'b']) } } } : {}),
  }
}

function overrideCase(choose: Choice): KarmadaCase {
  const object = someObject(choose)
  const operators = ['add', 'remove', 'replace'] as const
  const policies = Array.from({ length: 1 + choose.below(3) }, (_, index): KarmadaPolicy => {
    const overriders: Record<string, unknown> = {}
    if (choose.maybe(0.5)) {
      const component = choose.pick(['Registry', 'Repository', 'Tag'] as const)
      const value = {
        Registry: choose.pick(['mirror.example:80', '.suffix']),
        Repository: choose.pick(['x/y', '-more']),
        Tag: choose.pick(['v2', '.1', 'sha256:60d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545d']),
      }[component]
      const kind = object['kind']
      const path = kind === 'Pod' ? '/spec/containers/0/image' : '/spec/template/spec/containers/0/image'
      const predicate = choose.maybe(0.3) && kind !== 'ConfigMap' ? { predicate: { path } } : {}
      overriders['imageOverrider'] = [{ component, operator: choose.pick(operators), value, ...predicate }]
    }
    for (const field of ['commandOverrider', 'argsOverrider']) {
      if (!choose.maybe(0.3)) continue
      const value = choose.some(['fast', '--a', '--new'], 0.7)
      overriders[field] = [{ containerName: choose.pick(['c0', 'c1']), operator: choose.pick(['add', 'remove']), value }]
    }
    for (const field of ['labelsOverrider', 'annotationsOverrider']) {
      if (!choose.maybe(0.4)) continue
      const value = choose.maybe(0.5) ? { app: 'new' } : { 'example.com/tier': 'c', extra: 'e' }
      overriders[field] = [{ operator: choose.pick(operators), value }]
    }
    if (object['kind'] === 'ConfigMap' && choose.maybe(0.7)) {
      const operations = choose.pick([
        [{ subPath: '/b', operator: 'replace', value: 7 }],
        [{ subPath: '/new', operator: 'add', value: { k: ['v'] } }],
        [{ subPath: '/a', operator: 'remove' }],
      ])
      overriders['fieldOverrider'] = [
        choose.maybe(0.5)
          ? { fieldPath: '/data/config.yaml', yaml: operations }
          : { fieldPath: '/data/config.json', json: operations },
      ]
    }
    if (choose.maybe(0.5)) {
      const path = choose.pick(['/spec/replicas', '/metadata/labels/app', '/spec/none/deep'])
      // Of its own type: upstream reads some kinds into Go's types before it goes on.
      const value = path === '/metadata/labels/app' ? `v${index}` : index
      overriders['plaintext'] = [{ path, operator: choose.pick(operators), value }]
    }
    const namespace = choose.pick(['', '', 'shop', 'team'])
    return {
      metadata: { name: `${choose.pick(['a', 'b'])}${index}`, ...(namespace === '' ? {} : { namespace }) },
      spec: {
        ...(choose.maybe(0.6) ? { resourceSelectors: [selector(choose), matching(object, choose)] } : {}),
        overrideRules: [{ ...(choose.maybe(0.3) ? { targetCluster: affinity(choose) } : {}), overriders }],
      },
    }
  })
  return { op: 'override', clusters: candidates(choose, 1), object, policies }
}

function matching(object: Record<string, unknown>, choose: Choice): KarmadaSelector {
  const { apiVersion, kind, metadata } = object as { apiVersion: string; kind: string; metadata: { name: string } }
  return { apiVersion, kind, ...(choose.maybe(0.5) ? { name: metadata.name } : {}) }
}
