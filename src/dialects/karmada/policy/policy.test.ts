import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkOverrideSpec, checkPropagationSpec, formatFault } from './check-policy.js'
import { defaultPropagationSpec } from './default-policy.js'
import { readFailover, readSilence } from './read-failover.js'
import { readOverridePolicy } from './read-override-policy.js'
import { readPropagationPolicy } from './read-propagation-policy.js'

const faults = (spec: object) => checkPropagationSpec(spec as Record<string, unknown>).map(formatFault)

test('a policy in the engine words', () => {
  const read = readPropagationPolicy({
    apiVersion: 'policy.karmada.io/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { name: 'p', namespace: 'shop' },
    spec: {
      resourceSelectors: [
        { apiVersion: 'v1', kind: 'Secret', name: 's' },
        { apiVersion: 'v1', kind: 'Secret', labelSelector: { matchLabels: { a: 'b' } } },
      ],
      priority: 3,
      preemption: 'Always',
      suspension: { dispatchingOnClusters: { clusterNames: ['m1'] } },
      placement: {
        clusterAffinities: [
          { affinityName: 'near', clusterNames: ['m1'] },
          {
            affinityName: 'far',
            exclude: ['m1'],
            fieldSelector: { matchExpressions: [{ key: 'region', operator: 'In', values: ['r'] }] },
          },
        ],
        clusterTolerations: [{ key: 'k', operator: 'Exists' }],
        spreadConstraints: [{ minGroups: 2, maxGroups: 3 }, { spreadByLabel: 'rack' }],
        replicaScheduling: {
          replicaSchedulingType: 'Divided',
          replicaDivisionPreference: 'Weighted',
          weightPreference: { staticWeightList: [{ targetCluster: { clusterNames: ['m2'] }, weight: 4 }] },
        },
      },
    },
  })
  assert.deepEqual(read, {
    name: 'p',
    namespace: 'shop',
    selectors: [
      { apiVersion: 'v1', kind: 'Secret', namespace: 'shop', name: 's' },
      { apiVersion: 'v1', kind: 'Secret', namespace: 'shop', labels: { matchLabels: { a: 'b' } } },
    ],
    priority: 3,
    preempts: true,
    suspended: ['m1'],
    placement: {
      groups: [
        { name: 'near', names: ['m1'] },
        { name: 'far', exclude: ['m1'], fields: [{ field: 'region', operator: 'In', values: ['r'] }] },
      ],
      tolerations: [{ key: 'k', operator: 'Exists' }],
      spread: [
        { by: 'cluster', minGroups: 2, maxGroups: 3 },
        { by: { label: 'rack' }, minGroups: 1 },
      ],
      division: { strategy: 'static-weights', weights: [{ clusters: { names: ['m2'] }, weight: 4 }] },
    },
  })
})

test('how replicas are divided', () => {
  const division = (replicaScheduling?: object) =>
    readPropagationPolicy({
      apiVersion: '',
      kind: '',
      metadata: { name: 'p' },
      spec: { placement: { ...(replicaScheduling && { replicaScheduling }) } },
    }).placement.division
  const divided = { replicaSchedulingType: 'Divided' }
  assert.deepEqual(division(), { strategy: 'duplicated' })
  assert.deepEqual(division({ replicaSchedulingType: 'Duplicated' }), { strategy: 'duplicated' })
  assert.deepEqual(division(divided), { strategy: 'static-weights' })
  assert.deepEqual(division({ ...divided, replicaDivisionPreference: 'Aggregated' }), { strategy: 'aggregated' })
  assert.deepEqual(division({ ...divided, weightPreference: { dynamicWeight: 'AvailableReplicas' } }), {
    strategy: 'dynamic-weights',
  })
})

test('a policy may ask for the rule of rounding before v1.16', () => {
  const division = (rule: string) =>
    readPropagationPolicy({
      apiVersion: '',
      kind: '',
      metadata: { name: 'p', annotations: { 'flotilla.dev/apportionment': rule } },
      spec: { placement: { replicaScheduling: { replicaSchedulingType: 'Divided' } } },
    }).placement.division
  assert.deepEqual(division('largest-remainder'), { strategy: 'static-weights', apportionment: 'largest-remainder' })
  assert.deepEqual(division('dice'), { strategy: 'static-weights' })
})

test('the older form of an override policy is one rule', () => {
  const overriders = { plaintext: [{ path: '/a', operator: 'remove' }] }
  const read = readOverridePolicy({
    apiVersion: '',
    kind: 'ClusterOverridePolicy',
    metadata: { name: 'o' },
    spec: { targetCluster: { clusterNames: ['m1'] }, overriders },
  })
  assert.deepEqual(read.rules, [{ clusters: { names: ['m1'] }, overriders }])
})

test('failover has its defaults, and the older names', () => {
  assert.deepEqual(readFailover(undefined), { cluster: { purge: 'Gracefully', graceSeconds: 600 } })
  assert.deepEqual(readFailover({ application: { decisionConditions: {}, purgeMode: 'Immediately' } }).application, {
    toleratedSeconds: 300,
    purge: 'Directly',
    graceSeconds: 600,
  })
})

test('what contradicts itself is told with field and value', () => {
  assert.deepEqual(faults({ placement: { clusterAffinity: {} } }), [])
  assert.deepEqual(faults({ placement: { clusterAffinity: {}, clusterAffinities: [{ affinityName: 'a' }] } }), [
    'spec.placement: Invalid value: {"clusterAffinity":{},"clusterAffinities":[{"affinityName":"a"}]}: clusterAffinities cannot co-exist with clusterAffinity',
  ])
  assert.match(
    faults({ placement: { clusterAffinities: [{ affinityName: 'a' }, { affinityName: 'a' }] } })[0] ?? '',
    /must have a unique name/,
  )
  assert.match(
    faults({ placement: { spreadConstraints: [{ spreadByField: 'region' }] } })[0] ?? '',
    /cluster spread constraint must/,
  )
  assert.match(
    faults({ placement: { spreadConstraints: [{ spreadByField: 'cluster', minGroups: 3, maxGroups: 2 }] } })[0] ?? '',
    /maxGroups lower than minGroups/,
  )
  assert.match(faults({ failover: { application: {} } })[0] ?? '', /propagateDeps must be true/)
  const statePreservation = { rules: [{ aliasLabelName: 'no label', jsonPath: '{.x}' }] }
  assert.match(
    faults({ failover: { cluster: { statePreservation } } })[0] ?? '',
    /^spec\.failover\.cluster\.statePreservation\.rules\[0\]\.aliasLabelName: Invalid value: "no label"/,
  )
  assert.match(faults({ preemption: 'Always', resourceSelectors: [{ kind: 'Pod' }] })[0] ?? '', /name cannot be empty/)
  const selector = { matchExpressions: [{ key: 'rack', operator: 'In' }] }
  assert.match(faults({ placement: { clusterAffinity: { fieldSelector: selector } } })[0] ?? '', /unsupported key "rack"/)
  assert.match(checkOverrideSpec({ targetCluster: {}, overrideRules: [] }).map(formatFault)[0] ?? '', /can't co-exist/)
  assert.deepEqual(faults({ placement: 7, failover: 'x', resourceSelectors: {} }), [])
})

test('what upstream fills in', () => {
  const spec: Record<string, unknown> = {
    resourceSelectors: [{ apiVersion: 'v1', kind: 'Secret' }],
    placement: { spreadConstraints: [{}], replicaScheduling: { replicaSchedulingType: 'Divided' } },
  }
  defaultPropagationSpec(spec, 'shop')
  assert.deepEqual(spec, {
    resourceSelectors: [{ apiVersion: 'v1', kind: 'Secret', namespace: 'shop' }],
    placement: {
      spreadConstraints: [{ spreadByField: 'cluster', minGroups: 1 }],
      replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Weighted' },
    },
  })
})

test('a silent cluster is put up with as taint policies and tolerations say', () => {
  const policy = (conditionType: string, effect: string) => ({
    apiVersion: '',
    kind: 'ClusterTaintPolicy',
    metadata: { name: 't' },
    spec: {
      addOnConditions: [{ conditionType, operator: 'NotIn', statusValues: ['True'] }],
      taints: [{ key: 'down', effect }],
    },
  })
  const down = policy('Ready', 'NoExecute')
  assert.equal(readSilence([], []), undefined)
  assert.equal(readSilence([policy('Ready', 'NoSchedule'), policy('Other', 'NoExecute')], []), undefined)
  assert.deepEqual(readSilence([down], []), { toleratedSeconds: 30 })
  assert.deepEqual(readSilence([down], [{ key: 'down', operator: 'Exists', tolerationSeconds: 60 }]), { toleratedSeconds: 90 })
  assert.equal(readSilence([down], [{ operator: 'Exists' }]), undefined)
})

test('groups may overflow where replicas are divided by room, and are checked', () => {
  const term = {
    affinityName: 'own',
    clusterNames: ['m1'],
    overflowAffinities: [{ affinityName: 'cloud', labelSelector: { matchLabels: { kind: 'cloud' } } }],
  }
  const spec = (terms: object[], replicaScheduling: object) => ({ placement: { clusterAffinities: terms, replicaScheduling } })
  const byRoom = { replicaSchedulingType: 'Divided', weightPreference: { dynamicWeight: 'AvailableReplicas' } }
  const policy = { apiVersion: '', kind: '', metadata: { name: 'p' }, spec: spec([term], byRoom) }
  assert.deepEqual(readPropagationPolicy(policy).placement.groups, [
    { name: 'own', names: ['m1'], overflow: [{ name: 'cloud', labels: { matchLabels: { kind: 'cloud' } } }] },
  ])
  const details = (terms: object[], scheduling: object) =>
    checkPropagationSpec(spec(terms, scheduling)).map(({ detail }) => detail)
  assert.deepEqual(details([term], byRoom), [])
  assert.deepEqual(details([term], { replicaSchedulingType: 'Duplicated' }), [
    'overflowAffinities can only be used together with dynamic weight or aggregated scheduling',
  ])
  const { clusterNames: _, ...bare } = term
  assert.match(details([bare], byRoom)[0] ?? '', /together with the inline ClusterAffinity/)
  const twice = { ...term, overflowAffinities: [{ affinityName: 'own', clusterNames: ['m2'] }] }
  assert.match(details([twice], byRoom)[0] ?? '', /must be unique/)
})
