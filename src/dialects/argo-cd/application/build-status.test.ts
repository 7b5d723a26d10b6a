import assert from 'node:assert/strict'
import { test } from 'node:test'
import { application, comparisonOf, objectState } from './application-fixture.js'
import { buildStatus, type Observation } from './build-status.js'

const now = 1_767_225_600_000

function observe(more: Partial<Observation> = {}): Observation {
  return {
    application: application(),
    comparison: comparisonOf([
      objectState('b'),
      objectState('a', { group: 'apps', kind: 'Deployment', health: { status: 'Healthy' }, wave: 2 }),
    ]),
    sources: [application().spec.source!],
    multiple: false,
    revisions: ['r1'],
    types: ['Kustomize'],
    objects: [],
    conditions: [],
    operationState: undefined,
    history: undefined,
    controlNamespace: 'argocd',
    refreshed: false,
    nowMs: now,
    ...more,
  }
}

test('the status has the fields that people and tools read', () => {
  assert.deepEqual(buildStatus(observe()), {
    sync: {
      status: 'Synced',
      revision: 'r1',
      comparedTo: { destination: { name: 'east', namespace: 'shop' }, source: application().spec.source },
    },
    health: { status: 'Healthy', lastTransitionTime: '2026-01-01T00:00:00Z' },
    resources: [
      { version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'b', status: 'Synced' },
      {
        group: 'apps',
        version: 'v1',
        kind: 'Deployment',
        namespace: 'shop',
        name: 'a',
        status: 'Synced',
        health: { status: 'Healthy' },
        syncWave: 2,
      },
    ],
    sourceType: 'Kustomize',
    summary: {},
    controllerNamespace: 'argocd',
    reconciledAt: '2026-01-01T00:00:00Z',
  })
})

test('the time of the look moves only with something else, or when it was asked for', () => {
  const first = buildStatus(observe())
  const seen = application({}, first)
  assert.deepEqual(buildStatus(observe({ application: seen, nowMs: now + 60_000 })), first)
  assert.equal(
    buildStatus(observe({ application: seen, nowMs: now + 60_000, refreshed: true })).reconciledAt,
    '2026-01-01T00:01:00Z',
  )
  const changed = buildStatus(observe({ application: seen, nowMs: now + 60_000, revisions: ['r2'] }))
  assert.equal(changed.reconciledAt, '2026-01-01T00:01:00Z')
  assert.equal(changed.health?.lastTransitionTime, '2026-01-01T00:00:00Z', 'health is since when it is so')
})

test('what is not known now keeps what was known, marked as unknown', () => {
  const seen = application({}, buildStatus(observe()))
  const failing = buildStatus(
    observe({
      application: seen,
      comparison: undefined,
      revisions: [],
      types: [],
      conditions: [{ type: 'ComparisonError', message: 'no such repository' }],
    }),
  )
  assert.equal(failing.sync?.status, 'Unknown')
  assert.equal(failing.health?.status, 'Healthy')
  assert.equal(failing.sourceType, 'Kustomize')
  assert.deepEqual(
    failing.resources?.map((row) => row.status),
    ['Unknown', 'Unknown'],
  )
  const later = buildStatus(
    observe({
      application: application({}, failing),
      comparison: undefined,
      revisions: [],
      types: [],
      conditions: [{ type: 'ComparisonError', message: 'no such repository' }],
      nowMs: now + 5000,
    }),
  )
  assert.deepEqual(later.conditions, failing.conditions, 'a condition that holds on keeps its time')
})

test('several sources are told in the plural', () => {
  const status = buildStatus(observe({ multiple: true, revisions: ['r1', 'r2'], types: ['Kustomize', 'Directory'] }))
  assert.deepEqual(status.sync?.revisions, ['r1', 'r2'])
  assert.deepEqual(status.sourceTypes, ['Kustomize', 'Directory'])
  assert.equal(status.sync?.revision, undefined)
})
