import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Outcome } from '../../../delivery/federation/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { reportQuota } from './report-quota.js'

test('what is used in all clusters is summed up, whatever one of them tells', () => {
  const quota: KubeObject = {
    apiVersion: 'policy.karmada.io/v1alpha1',
    kind: 'FederatedResourceQuota',
    metadata: { name: 'q', namespace: 'shop' },
    spec: { overall: { cpu: '10' } },
  }
  const live = (used: Record<string, unknown>): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q', namespace: 'shop' },
    status: { used },
  })
  const cluster = (name: string, used: Record<string, unknown>) => ({
    cluster: name,
    wanted: true,
    result: { state: 'Applied' as const, step: 'none' as const, message: '', since: 0, live: live(used) },
  })
  const outcome = {
    clusters: [cluster('m1', { cpu: '1500m' }), cluster('m2', { cpu: 'plenty', memory: ['x'] }), cluster('m3', { cpu: '2' })],
  } as unknown as Outcome
  const [write] = reportQuota(quota, outcome)
  assert.ok(write?.write === 'status')
  assert.deepEqual((write.patch as { status: { overallUsed: unknown } }).status.overallUsed, { cpu: '3500m' })
})
