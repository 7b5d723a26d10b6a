import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdmissionRequest } from '../../apiserver/admission/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { createPlacementWarnings } from './placement-warnings.js'

const plugin = createPlacementWarnings({ hub: 'hub', quietUsers: [] })

function told(object: KubeObject, groupResource: string): string[] {
  const warnings: string[] = []
  const profile = { apiVersion: 'x', kind: 'ClusterProfile', metadata: { name: 'east' }, spec: { displayName: 'us-east' } }
  plugin.validate?.({
    object,
    groupResource,
    storage: { scan: () => [profile] },
    findKind: (_version: string, kind: string) => (kind === 'Widget' ? undefined : {}),
    warn: (text: string) => warnings.push(text),
  } as unknown as AdmissionRequest)
  return warnings
}

test('a policy is told of kinds and clusters that there are not, and of kinds that no policy sends', () => {
  const policy = {
    apiVersion: 'policy.karmada.io/v1alpha1',
    kind: 'ClusterPropagationPolicy',
    metadata: { name: 'p' },
    spec: {
      resourceSelectors: [
        { apiVersion: 'v1', kind: 'Namespace' },
        { apiVersion: 'v1', kind: 'Node' },
        { apiVersion: 'example.com/v1', kind: 'Widget' },
        { apiVersion: 'v1', kind: 'ConfigMap' },
      ],
      placement: { clusterAffinity: { clusterNames: ['us-east', 'us-eats'] } },
    },
  }
  assert.deepEqual(told(policy, 'clusterpropagationpolicies.policy.karmada.io'), [
    'spec.resourceSelectors[0]: a Namespace is sent by no policy: it is made, with its labels, in every cluster where something in it goes',
    'spec.resourceSelectors[1]: Node of v1 is a kind that stays on the hub; it selects nothing',
    'spec.resourceSelectors[2]: the hub serves no kind Widget of example.com/v1; it selects nothing',
    'spec.placement.clusterAffinity.clusterNames: no cluster of the fleet is called us-eats (did you mean us-east?); it counts once it has joined',
  ])
})

test('a quota is told of clusters that there are not', () => {
  const quota = { apiVersion: 'policy.karmada.io/v1alpha1', kind: 'FederatedResourceQuota', metadata: { name: 'q' } }
  const staticAssignments = [
    { clusterName: 'us-east', hard: {} },
    { clusterName: 'us-eats', hard: {} },
  ]
  const [only, ...more] = told(
    { ...quota, spec: { overall: {}, staticAssignments } },
    'federatedresourcequotas.policy.karmada.io',
  )
  assert.match(only ?? '', /^spec\.staticAssignments\[1\]\.clusterName: no cluster of the fleet is called us-eats/)
  assert.equal(more.length, 0)
})

test('a rule of residency is told of clusters that there are not', () => {
  const rule = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'ResidencyRule', metadata: { name: 'r' } }
  const spec = { namespaces: ['shop'], clusters: { exclude: ['west'], regions: ['eu'] } }
  assert.equal(told({ ...rule, spec }, 'residencyrules.flotilla.dev').length, 1)
})
