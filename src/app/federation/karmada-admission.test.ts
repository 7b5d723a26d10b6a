import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AdmissionRequest } from '../../apiserver/admission/contract.js'
import { createSeededRandom } from '../../base/random.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { createKarmadaAdmission } from './karmada-admission.js'

const plugin = createKarmadaAdmission('hub')

interface Asked {
  readonly object?: KubeObject
  readonly previous?: KubeObject
  readonly groupResource: string
  readonly operation?: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly cluster?: string
  readonly policies?: readonly KubeObject[]
}

function requestOf({ object, previous, groupResource, operation = 'CREATE', cluster = 'hub', policies = [] }: Asked) {
  const warnings: string[] = []
  const request = {
    operation,
    groupResource,
    subresource: '',
    namespace: (object ?? previous)?.metadata.namespace ?? '',
    object,
    previous,
    storage: { cluster },
    ports: { random: createSeededRandom(1) },
    warn: (text: string) => warnings.push(text),
    findKind: (_apiVersion: string, kind: string) => ({
      namespaced: kind === 'PropagationPolicy',
      get: () => undefined,
      list: () => policies.filter((each) => each.kind === kind),
    }),
  } as unknown as AdmissionRequest
  return { request, warnings }
}

const policy = (spec: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'policy.karmada.io/v1alpha1',
  kind: 'PropagationPolicy',
  metadata: { name: 'web', namespace: 'shop', uid: 'u', ...metadata },
  spec: { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }], ...spec },
})
const policies = 'propagationpolicies.policy.karmada.io'
const deployment = (metadata: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', ...metadata },
})

test('policies get their defaults and an id that stays', () => {
  const object = policy({})
  plugin.mutate?.(requestOf({ object, groupResource: policies }).request)
  const id = object.metadata.labels?.['propagationpolicy.karmada.io/permanent-id']
  assert.match(id ?? '', /^[0-9a-f-]{36}$/)
  assert.deepEqual(object['spec'], { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop' }] })
  const later = policy({})
  plugin.mutate?.(requestOf({ object: later, previous: object, operation: 'UPDATE', groupResource: policies }).request)
  assert.equal(later.metadata.labels?.['propagationpolicy.karmada.io/permanent-id'], id)
})

test('policies that contradict themselves are refused, protected objects are kept, what has no effect is told', () => {
  const bad = policy({ placement: { clusterAffinity: {}, clusterAffinities: [] } })
  assert.throws(
    () => plugin.validate?.(requestOf({ object: bad, groupResource: policies }).request),
    /admission webhook "propagationpolicy\.karmada\.io" denied the request: spec\.placement: Invalid value/,
  )
  const kept = deployment({ labels: { 'resourcetemplate.karmada.io/deletion-protected': 'Always' } })
  const deletion = requestOf({ previous: kept, operation: 'DELETE', groupResource: 'deployments.apps' }).request
  assert.throws(() => plugin.validate?.(deletion), /This resource is protected/)
  const groupResource = 'federatedresourcequotas.policy.karmada.io'
  const quota = (spec: object) => requestOf({ object: { ...deployment(), spec }, groupResource })
  const whole = quota({ overall: { cpu: '2' } })
  plugin.validate?.(whole.request)
  assert.equal(whole.warnings.length, 1)
  const part = (hard: object) => ({
    overall: { cpu: '2' },
    staticAssignments: [
      { clusterName: 'a', hard },
      { clusterName: 'b', hard },
    ],
  })
  const halves = quota(part({ cpu: '1' }))
  plugin.validate?.(halves.request)
  assert.equal(halves.warnings.length, 0)
  assert.throws(
    () => plugin.validate?.(quota(part({ cpu: '1001m' })).request),
    /"federatedresourcequota\.karmada\.io" denied the request: spec\.overall\[cpu\]: Invalid value: "2": overall is less than assignments/,
  )
  assert.throws(
    () => plugin.validate?.(quota(part({ pods: '1' })).request),
    /hard\[pods\]: Invalid value: "pods": assignment resourceName/,
  )
})

test('what a policy selects is claimed before it is stored, on the hub alone, and a claim is not lost by a replacement', () => {
  const holder = policy({}, { labels: { 'propagationpolicy.karmada.io/permanent-id': 'id' } })
  const stored = deployment()
  plugin.mutate?.(requestOf({ object: stored, groupResource: 'deployments.apps', policies: [holder] }).request)
  assert.deepEqual(stored.metadata.labels, {
    'propagationpolicy.karmada.io/permanent-id': 'id',
    'flotilla.dev/template': 'true',
  })
  const higher = policy({ priority: 9 }, { name: 'other' })
  const replaced = deployment()
  plugin.mutate?.(
    requestOf({
      object: replaced,
      previous: stored,
      operation: 'UPDATE',
      groupResource: 'deployments.apps',
      policies: [holder, higher],
    }).request,
  )
  assert.equal(replaced.metadata.annotations?.['propagationpolicy.karmada.io/name'], 'web')
  assert.equal(plugin.handles(requestOf({ object: stored, groupResource: 'deployments.apps', cluster: 'm1' }).request), false)
})
