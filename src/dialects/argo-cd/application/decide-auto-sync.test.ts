import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTime } from '../../../base/clock.js'
import type { Application, ApplicationSpec, OperationState } from '../kinds/application.js'
import { application, comparisonOf, objectState } from './application-fixture.js'
import { decideAutoSync } from './decide-auto-sync.js'

const now = 1_767_225_600_000
const source = application().spec.source!
const out = objectState('a', { sync: 'OutOfSync' })
const extra = objectState('b', { sync: 'OutOfSync', requiresPrune: true })

const state = (more: Partial<OperationState> = {}, healed?: number): OperationState => ({
  operation: { sync: { revision: 'r1', ...(healed === undefined ? {} : { selfHealAttemptsCount: healed }) } },
  phase: 'Succeeded',
  startedAt: formatTime(now - 60_000),
  finishedAt: formatTime(now - 60_000),
  syncResult: { revision: 'r1', source },
  ...more,
})

function decide(
  automated: NonNullable<ApplicationSpec['syncPolicy']>['automated'],
  objects = [out],
  options: { operationState?: OperationState; revision?: string; more?: Partial<Application>; sync?: 'Unknown' } = {},
) {
  return decideAutoSync({
    application: application(
      { syncPolicy: { ...(automated ? { automated } : {}), syncOptions: ['CreateNamespace=true'] } },
      options.operationState ? { operationState: options.operationState } : undefined,
      options.more,
    ),
    comparison: comparisonOf(objects, options.sync ? { sync: options.sync } : {}),
    sources: [source],
    multiple: false,
    revisions: [options.revision ?? 'r1'],
    nowMs: now,
  })
}

test('a new revision is synced once, with the options of the policy', () => {
  assert.deepEqual(decide({ prune: true }), {
    kind: 'sync',
    operation: {
      sync: { revision: 'r1', prune: true, syncOptions: ['CreateNamespace=true'] },
      initiatedBy: { automated: true },
      retry: { limit: 5 },
    },
  })
  assert.equal(decide({}, [out], { operationState: state() }).kind, 'none', 'drift without self-healing stays')
  assert.equal(decide({}, [out], { operationState: state(), revision: 'r2' }).kind, 'sync')
  const other = state({ syncResult: { revision: 'r1', source: { ...source, path: 'other' } } })
  assert.equal(decide({}, [out], { operationState: other }).kind, 'sync', 'other parameters are something new')
  const renamed = state({ syncResult: { revision: 'r1', source: { ...source, targetRevision: 'v1' } } })
  assert.equal(decide({}, [out], { operationState: renamed }).kind, 'none', 'another name for the same commit is not')
})

test('nothing happens without policy, when in sync, unknown, busy or going', () => {
  assert.equal(decide(undefined).kind, 'none')
  assert.equal(decide({ enabled: false }).kind, 'none')
  assert.equal(decide({}, [objectState('a')]).kind, 'none')
  assert.equal(decide({}, [out], { sync: 'Unknown' }).kind, 'none')
  assert.equal(decide({}, [out], { more: { operation: { sync: {} } } }).kind, 'none')
  assert.equal(decide({}, [out], { operationState: state({ phase: 'Running' }) }).kind, 'none')
  const going = { metadata: { name: 'web', namespace: 'argocd', deletionTimestamp: formatTime(now) } }
  assert.equal(decide({}, [out], { more: going }).kind, 'none')
})

test('a failed revision is not tried again, and says so', () => {
  const decision = decide({ selfHeal: true }, [out], { operationState: state({ phase: 'Failed', message: 'bad image' }) })
  assert.deepEqual(decision, { kind: 'refused', message: 'Failed last sync attempt to r1: bad image' })
})

test('pruning alone is nothing without prune; pruning everything is refused without allowEmpty', () => {
  assert.equal(decide({}, [objectState('a'), extra]).kind, 'none')
  assert.equal(decide({ prune: true }, [objectState('a'), extra]).kind, 'sync')
  assert.match((decide({ prune: true }, [extra]) as { message: string }).message, /auto-sync will wipe out all resources/)
  assert.equal(decide({ prune: true, allowEmpty: true }, [extra]).kind, 'sync')
})

test('healing takes the objects that drifted, with growing pauses', () => {
  const healing = decide({ selfHeal: true }, [out, objectState('fine'), extra], { operationState: state() })
  assert.equal(healing.kind, 'sync')
  assert.deepEqual(healing.kind === 'sync' && healing.operation.sync?.resources, [
    { kind: 'ConfigMap', name: 'a', namespace: 'shop' },
  ])
  assert.equal(healing.kind === 'sync' && healing.operation.sync?.selfHealAttemptsCount, 1)
  const just = (healed: number, agoMs: number) =>
    decide({ selfHeal: true }, [out], { operationState: state({ finishedAt: formatTime(now - agoMs) }, healed) })
  assert.deepEqual(just(1, 0), { kind: 'later', at: now + 2_000 })
  assert.deepEqual(just(2, 1_000), { kind: 'later', at: now + 5_000 })
  assert.equal(just(2, 6_000).kind, 'sync')
  assert.deepEqual(just(9, 0), { kind: 'later', at: now + 300_000 })
  const forgotten = just(9, 331_000)
  assert.equal(forgotten.kind === 'sync' && forgotten.operation.sync?.selfHealAttemptsCount, 1)
})
