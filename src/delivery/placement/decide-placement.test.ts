import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../base/random.js'
import type { ClusterFacts, Placement, PlacementDecision, PlacementPolicies, PreviousPlacement, Workload } from './contract.js'
import { decidePlacement } from './decide-placement.js'
import { describePlacement } from './describe-placement.js'
import { whatIf } from './what-if.js'

const deployment = (replicas = 6): Workload => ({
  object: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { data: 'eu' } },
    spec: { replicas, template: { spec: { containers: [{ name: 'c', image: 'nginx' }] } } },
  },
  replicas,
})

const selectors = [{ apiVersion: 'apps/v1', kind: 'Deployment' }]

function policiesOf(placement: Partial<Placement>, more: Partial<PlacementPolicies> = {}): PlacementPolicies {
  return {
    placements: [
      { name: 'spread', namespace: 'shop', selectors, placement: { division: { strategy: 'dynamic-weights' }, ...placement } },
    ],
    ...more,
  }
}

const fleet: ClusterFacts[] = [
  { name: 'berlin', region: 'eu-central', zones: ['a'], provider: 'own', labels: { env: 'prod' }, free: 4, ready: true },
  { name: 'paris', region: 'eu-west', zones: ['a', 'b'], provider: 'rent', labels: { env: 'prod' }, free: 8, ready: true },
  { name: 'oslo', region: 'eu-north', provider: 'own', labels: { env: 'test' }, free: 2, ready: false },
  { name: 'tokyo', region: 'ap-east', provider: 'rent', labels: { env: 'prod' }, free: 20, ready: true },
]

const shares = (decision: PlacementDecision) =>
  Object.fromEntries(decision.deliveries.map(({ cluster, replicas }) => [cluster, replicas]))
const verdictOf = (decision: PlacementDecision, cluster: string) => decision.clusters.find((each) => each.cluster === cluster)!

test('every filter has its say, in words', () => {
  const cases: [string, Partial<Placement>, Partial<ClusterFacts>, RegExp, Partial<PlacementPolicies>?, PreviousPlacement?][] = [
    ['state', {}, { deleting: true }, /is being deleted/],
    ['state', {}, { cordoned: true }, /is cordoned/],
    ['state', { onlyReady: true }, { ready: false }, /is not ready/],
    ['names', { groups: [{ name: 'g', names: ['paris'] }] }, {}, /not among the clusters named/],
    ['names', { groups: [{ name: 'g', exclude: ['berlin'] }] }, {}, /is excluded by name/],
    ['labels', { groups: [{ name: 'g', labels: { matchLabels: { env: 'test' } } }] }, {}, /has not the labels/],
    [
      'fields',
      { groups: [{ name: 'g', fields: [{ field: 'region', operator: 'In', values: ['eu-west'] }] }] },
      {},
      /region is eu-central, asked is In eu-west/,
    ],
    [
      'taints',
      {},
      { taints: [{ key: 'gpu', value: 'only', effect: 'NoSchedule' }] },
      /the taint gpu=only:NoSchedule, which is not tolerated/,
    ],
    ['apis', {}, { apis: new Set(['v1/Pod']) }, /does not serve Deployment of apps\/v1/],
    ['spread', { spread: [{ by: { label: 'rack' } }] }, {}, /has no label rack/],
    ['eviction', {}, {}, /being moved away/, {}, { evicting: ['berlin'] }],
    ['capacity', { needsRoom: true }, { free: 0 }, /no room for a single replica/],
    [
      'residency',
      {},
      { region: 'us' },
      /the residency rule gdpr forbids it: region is us/,
      {
        residency: [
          { name: 'gdpr', allowed: { fields: [{ field: 'region', operator: 'In', values: ['eu-central', 'eu-west'] }] } },
        ],
      },
    ],
  ]
  for (const [filter, placement, facts, why, more, previous] of cases) {
    const decision = decidePlacement(deployment(), policiesOf(placement, more), [{ ...fleet[0]!, ...facts }], previous)
    const row = verdictOf(decision, 'berlin').filters
    assert.deepEqual([row.at(-1)?.filter, row.at(-1)?.passes], [filter, false], describePlacement(decision))
    assert.match(row.at(-1)!.why, why)
    assert.equal(decision.outcome, 'not placed')
  }
})

test('taints, APIs and cordons leave alone what is there already; residency does not', () => {
  const kept: ClusterFacts = {
    name: 'berlin',
    free: 9,
    cordoned: true,
    apis: new Set(),
    taints: [{ key: 'x', effect: 'NoExecute' }],
  }
  const previous = { replicas: { berlin: 6 } }
  assert.deepEqual(shares(decidePlacement(deployment(), policiesOf({}), [kept], previous)), { berlin: 6 })
  const residency = [{ name: 'eu', selectors, allowed: { labels: { matchLabels: { eu: 'yes' } } } }]
  assert.equal(decidePlacement(deployment(), policiesOf({}, { residency }), [kept], previous).outcome, 'not placed')
  const other = [{ name: 'eu', selectors: [{ apiVersion: 'v1', kind: 'Secret' }], allowed: { names: [], exclude: ['berlin'] } }]
  assert.equal(decidePlacement(deployment(), policiesOf({}, { residency: other }), [kept], previous).outcome, 'placed')
})

test('tolerations open a tainted cluster', () => {
  const tainted = { ...fleet[0]!, taints: [{ key: 'gpu', value: 'only', effect: 'NoSchedule' }] }
  for (const [toleration, opens] of [
    [{ key: 'gpu', operator: 'Exists' }, true],
    [{ operator: 'Exists' }, true],
    [{ key: 'gpu', value: 'only', effect: 'NoSchedule' }, true],
    [{ key: 'gpu', value: 'other' }, false],
    [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }, false],
  ] as const) {
    const decision = decidePlacement(deployment(2), policiesOf({ tolerations: [toleration] }), [tainted])
    assert.equal(decision.outcome === 'placed', opens, JSON.stringify(toleration))
  }
})

test('groups are tried in order, and the one in force first', () => {
  const groups = [
    { name: 'own', fields: [{ field: 'provider', operator: 'In', values: ['own'] }] },
    { name: 'rented', fields: [{ field: 'provider', operator: 'In', values: ['rent'] }] },
  ] as const
  const small = decidePlacement(deployment(5), policiesOf({ groups }), fleet)
  assert.deepEqual([small.group, small.groups.map((each) => each.chosen)], ['own', [true, false]])
  const large = decidePlacement(deployment(12), policiesOf({ groups }), fleet)
  assert.equal(large.group, 'rented')
  assert.match(large.groups[0]!.why, /available replicas 6 are not enough/)
  const later = decidePlacement(deployment(5), policiesOf({ groups }), fleet, { group: 'rented' })
  assert.equal(later.group, 'rented', 'it does not go back by itself')
  assert.match(later.groups[0]!.why, /rented is in force/)
  const fresh = decidePlacement(deployment(5), policiesOf({ groups }), fleet, { group: 'rented', fresh: true })
  assert.equal(fresh.group, 'own')
})

test('who is left out by the spread is told by what', () => {
  const spread = [
    { by: 'region', minGroups: 1, maxGroups: 1 },
    { by: 'cluster', maxGroups: 1 },
  ] as const
  const twin = { ...fleet[3]!, name: 'osaka', free: 1 }
  const decision = decidePlacement(deployment(), policiesOf({ spread }), [...fleet, twin])
  assert.deepEqual(shares(decision), { tokyo: 6 })
  assert.equal(verdictOf(decision, 'paris').why, 'its region eu-west is not among those chosen')
  assert.equal(verdictOf(decision, 'osaka').why, 'it comes after the 1 chosen')
})

test('an autoscaler keeps its replicas', () => {
  const workload = { ...deployment(6), autoscaler: 'web' }
  const first = decidePlacement(workload, policiesOf({}), fleet)
  assert.equal(first.replicas.placed, 6)
  assert.ok(
    first.deliveries.every(({ replicas }) => replicas !== undefined),
    'the first division is ours',
  )
  const decision = decidePlacement(workload, policiesOf({}), fleet, { replicas: { berlin: 9, tokyo: 1 } })
  assert.deepEqual(shares(decision), { berlin: undefined, tokyo: undefined })
  assert.ok(decision.reasons.some((reason) => /left to HorizontalPodAutoscaler web/.test(reason)))
  assert.equal(decision.replicas.moved, 0)
  const copies = decidePlacement(workload, policiesOf({ division: { strategy: 'duplicated' } }), fleet.slice(0, 2), {
    replicas: { berlin: 9 },
  })
  assert.deepEqual(shares(copies), { berlin: undefined, paris: 6 }, 'a cluster that joins gets its copy')
})

test('what has no replicas goes whole to every selected cluster; with none asked, too', () => {
  const config: Workload = { object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'shop' } } }
  const all = policiesOf({})
  const placements = [{ ...all.placements[0]!, selectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }] }]
  assert.deepEqual(shares(decidePlacement(config, { placements }, fleet)), {
    berlin: undefined,
    oslo: undefined,
    paris: undefined,
    tokyo: undefined,
  })
  assert.deepEqual(shares(decidePlacement(deployment(0), all, fleet)), { berlin: 0, oslo: 0, paris: 0, tokyo: 0 })
})

test('suspension holds deliveries, and overrides are listed in the order in which they apply', () => {
  const policies = policiesOf(
    {},
    {
      overrides: [
        { dialect: 'karmada', name: 'z', namespace: 'shop', rules: [{ overriders: {} }] },
        { dialect: 'karmada', name: 'fleet', rules: [{ clusters: { names: ['paris'] }, overriders: {} }] },
        {
          dialect: 'karmada',
          name: 'near',
          namespace: 'shop',
          selectors: [{ ...selectors[0]!, name: 'web' }],
          rules: [{ overriders: {} }],
        },
        { dialect: 'karmada', name: 'elsewhere', namespace: 'other', rules: [{ overriders: {} }] },
        {
          dialect: 'kubefed',
          name: 'own',
          overrides: [{ clusterName: 'paris', clusterOverrides: [{ path: '/spec/replicas', value: 9 }] }],
        },
      ],
    },
  )
  const suspended = { ...policies, placements: [{ ...policies.placements[0]!, suspended: ['paris'] }] }
  const decision = decidePlacement(deployment(), suspended, fleet)
  const paris = decision.deliveries.find(({ cluster }) => cluster === 'paris')!
  assert.deepEqual(paris.overrides, ['own (overrides of paris)', 'fleet', 'shop/z', 'shop/near'])
  assert.match(paris.held!, /suspends deliveries to paris/)
  assert.equal(decision.deliveries.find(({ cluster }) => cluster === 'berlin')!.held, undefined)
})

test("KubeFed's preferences: ready clusters only, and those with none get the object too", () => {
  const division = { strategy: 'kubefed-planner', clusters: { berlin: { weight: 1 }, tokyo: { weight: 2 } } } as const
  const decision = decidePlacement(deployment(9), policiesOf({ division, onlyReady: true }), fleet)
  assert.deepEqual(shares(decision), { berlin: 3, paris: 0, tokyo: 6 })
  assert.match(verdictOf(decision, 'oslo').why, /is not ready/)
  const running = { replicas: { berlin: 3, paris: 0, tokyo: 6 }, running: { berlin: 3, tokyo: 2 }, bearable: { tokyo: 2 } }
  const stuck = decidePlacement(deployment(9), policiesOf({ division, onlyReady: true }), fleet, running)
  assert.deepEqual(shares(stuck), { berlin: 7, paris: 0, tokyo: 2 })
})

test('overrides that are refused hold every delivery, and say why', () => {
  const twice = [{ clusterName: 'paris' }, { clusterName: 'paris' }]
  const decision = decidePlacement(
    deployment(),
    policiesOf({}, { overrides: [{ dialect: 'kubefed', name: 'own', overrides: twice }] }),
    fleet,
  )
  assert.equal(decision.outcome, 'placed')
  for (const { held } of decision.deliveries)
    assert.equal(held, 'the overrides are refused: cluster "paris" appears more than once')
})

test('what fails removes nothing, what is no more chosen is removed', () => {
  const previous = { replicas: { berlin: 3, tokyo: 3 } }
  const gone = decidePlacement(deployment(), policiesOf({ groups: [{ name: 'none', names: ['nowhere'] }] }), fleet, previous)
  assert.deepEqual([gone.outcome, gone.deliveries, gone.removals], ['not placed', [], []])
  const narrowed = decidePlacement(deployment(), policiesOf({ groups: [{ name: 'eu', exclude: ['tokyo'] }] }), fleet, previous)
  assert.deepEqual([narrowed.outcome, narrowed.removals, narrowed.replicas.moved], ['placed', ['tokyo'], 3])
  const unruled = decidePlacement(deployment(), { placements: [] }, fleet, previous)
  assert.deepEqual([unruled.outcome, unruled.removals], ['no policy', []])
})

test('the text says what was decided and why', () => {
  const policies = policiesOf({ groups: [{ name: 'prod', labels: { matchLabels: { env: 'prod' } } }] })
  const losing = { ...policies.placements[0]!, name: 'zeta' }
  const text = describePlacement(decidePlacement(deployment(), { placements: [losing, ...policies.placements] }, fleet))
  for (const line of [
    'Deployment shop/web: placed',
    'Replicas: 6 asked, 6 placed, 0 moved',
    '  shop/spread: won; ranks first of 2: selects all of its kind, priority 0',
    '  shop/zeta: lost; shop/spread ranks higher: all else equal, the lower name comes first',
    '  * prod: takes it',
    '  + berlin: gets 1 replica',
    '      NO labels: has not the labels asked for',
    '  - oslo: has not the labels asked for',
  ])
    assert.ok(text.split('\n').includes(line), `${line}\n${text}`)
})

test('what if a cluster goes, or is cordoned', () => {
  const input = { workload: deployment(6), policies: policiesOf({}), clusters: fleet }
  const lost = whatIf(input, { without: 'tokyo' })
  assert.equal(lost.after.replicas.placed, 6)
  assert.ok(
    lost.differences.some((line) => /^tokyo: \d+ becomes nothing; the cluster is gone$/.test(line)),
    lost.differences.join('\n'),
  )
  assert.deepEqual(whatIf(input, { cordoned: 'tokyo' }).differences, [], 'what runs stays')
  const tight = whatIf({ ...input, workload: deployment(30) }, { without: 'tokyo' })
  assert.deepEqual(tight.after.outcome, 'not placed')
  assert.match(tight.differences[0]!, /^placed becomes not placed: Clusters available replicas/)
})

test('a thousand clusters: the sum is right, the order of input has no say, repeated decisions move nothing', () => {
  const random = createSeededRandom(7)
  const below = (end: number) => Math.floor(random.number() * end)
  const clusters = Array.from(
    { length: 1000 },
    (_, index): ClusterFacts => ({
      name: `c${index}`,
      region: `r${index % 12}`,
      zones: [`z${index % 30}`],
      provider: `p${index % 3}`,
      labels: { rack: String(index % 40) },
      free: below(30),
      price: 1 + below(9),
    }),
  )
  const rules: Placement['division'][] = [
    { strategy: 'dynamic-weights' },
    { strategy: 'aggregated' },
    { strategy: 'static-weights' },
    { strategy: 'cheapest' },
    {
      strategy: 'tiers',
      tiers: [{ name: 'p0', fields: [{ field: 'provider', operator: 'In', values: ['p0'] }] }, { name: 'rest' }],
    },
  ]
  for (const division of rules) {
    const policies = policiesOf({
      division,
      spread: [
        { by: 'region', minGroups: 3, maxGroups: 8 },
        { by: 'cluster', minGroups: 5, maxGroups: 200 },
      ],
    })
    const decision = decidePlacement(deployment(1500), policies, clusters)
    assert.equal(decision.replicas.placed, 1500, division.strategy)
    assert.equal(
      decision.deliveries.reduce((sum, { replicas }) => sum + (replicas ?? 0), 0),
      1500,
    )
    const reversed = decidePlacement(deployment(1500), policies, [...clusters].reverse())
    assert.deepEqual(shares(reversed), shares(decision), division.strategy)
    const previous = { replicas: shares(decision) as Record<string, number> }
    const again = decidePlacement(deployment(1500), policies, clusters, previous)
    assert.deepEqual([again.replicas.moved, again.removals], [0, []], division.strategy)
  }
})

test('a placement that means nowhere withdraws what runs; one that finds no cluster does not', () => {
  const previous = { replicas: { paris: 3 } }
  const meant = decidePlacement(deployment(), policiesOf({ nowhere: 'the list of clusters is empty' }), fleet, previous)
  assert.deepEqual([meant.outcome, meant.removals, meant.deliveries], ['not placed', ['paris'], []])
  assert.equal(verdictOf(meant, 'paris').why, 'the list of clusters is empty')
  const unlucky = decidePlacement(deployment(), policiesOf({ groups: [{ name: 'g', names: ['rome'] }] }), fleet, previous)
  assert.deepEqual([unlucky.outcome, unlucky.removals], ['not placed', []])
})

test('what a group has no room for overflows into others, in their order, and comes back from the last', () => {
  const groups = [
    {
      name: 'own',
      names: ['berlin'],
      overflow: [
        { name: 'near', names: ['paris'] },
        { name: 'far', labels: { matchLabels: { env: 'prod' } } },
      ],
    },
  ]
  const place = (
    replicas: number,
    previous?: Record<string, number>,
    strategy: 'dynamic-weights' | 'aggregated' = 'dynamic-weights',
  ) =>
    decidePlacement(
      deployment(replicas),
      policiesOf({ groups, division: { strategy } }),
      fleet.map((each) => ({ ...each, free: (each.free ?? 0) - (previous?.[each.name] ?? 0) })),
      previous === undefined ? {} : { replicas: previous },
    )
  assert.deepEqual(shares(place(3)), { berlin: 3 })
  assert.deepEqual(shares(place(10)), { berlin: 4, paris: 6 })
  assert.deepEqual(shares(place(15, undefined, 'aggregated')), { berlin: 4, paris: 8, tokyo: 3 })
  assert.deepEqual(shares(place(9, { berlin: 4, paris: 8, tokyo: 3 })), { berlin: 4, paris: 5 })
  const much = place(40)
  assert.deepEqual([much.outcome, much.reasons.at(-1)], ['not placed', 'Clusters available replicas are not enough to schedule.'])
  assert.match(verdictOf(place(3), 'oslo').why, /is not among the clusters named/)
  const settings = decidePlacement(
    { object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'web', namespace: 'shop' } } },
    {
      placements: [
        {
          name: 'all',
          selectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }],
          placement: { groups, division: { strategy: 'dynamic-weights' } },
        },
      ],
    },
    fleet,
  )
  assert.deepEqual(
    settings.deliveries.map(({ cluster }) => cluster),
    ['berlin'],
    'what has no replicas goes to the group itself',
  )
})
