import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Behavior, decide, noteScaling, type ScalingHistory } from './scaling-rules.js'

const fresh = (): ScalingHistory => ({ recommendations: [], ups: [], downs: [] })
const ask = (history: ScalingHistory, current: number, desired: number, nowMs = 0, behavior?: Behavior) =>
  decide({ current, desired, min: 1, max: 100, behavior, nowMs }, history)

test('without a behavior it at most doubles, and shrinks after five minutes', () => {
  const history = fresh()
  assert.deepEqual([ask(history, 1, 9).replicas, ask(fresh(), 10, 50).replicas], [4, 20])
  assert.equal(ask(fresh(), 10, 50).limited.reason, 'ScaleUpLimit')
  const shrink = fresh()
  shrink.recommendations.push({ replicas: 10, atMs: 0 })
  const held = ask(shrink, 10, 2, 60_000)
  assert.deepEqual([held.replicas, held.ableToScale.reason], [10, 'ScaleDownStabilized'])
  assert.equal(ask(shrink, 10, 2, 301_000).replicas, 2)
  assert.equal(shrink.recommendations.length, 2)
})

test('most and least bound it, and say so', () => {
  assert.deepEqual(decide({ current: 8, desired: 20, min: 1, max: 9, behavior: undefined, nowMs: 0 }, fresh()).limited, {
    isLimited: true,
    reason: 'TooManyReplicas',
    message: 'the desired replica count is more than the maximum replica count',
  })
  assert.equal(decide({ current: 3, desired: 1, min: 2, max: 9, behavior: undefined, nowMs: 0 }, fresh()).replicas, 2)
})

test('policies bound the rate over their periods; Min and Disabled choose', () => {
  const policies = [
    { type: 'Pods', value: 2, periodSeconds: 60 },
    { type: 'Percent', value: 100, periodSeconds: 60 },
  ]
  const rules = (selectPolicy: string): Behavior => ({
    scaleUp: { stabilizationWindowSeconds: 0, selectPolicy, policies },
    scaleDown: { stabilizationWindowSeconds: 0, selectPolicy, policies },
  })
  assert.equal(ask(fresh(), 5, 50, 0, rules('Max')).replicas, 10)
  assert.equal(ask(fresh(), 5, 50, 0, rules('Min')).replicas, 7)
  assert.equal(ask(fresh(), 5, 50, 0, rules('Disabled')).replicas, 5)
  assert.equal(ask(fresh(), 50, 5, 0, rules('Min')).replicas, 48)
  const history = fresh()
  noteScaling(history, rules('Max'), { from: 5, to: 10, nowMs: 0 })
  assert.equal(ask(history, 10, 50, 30_000, rules('Max')).replicas, 10, 'the period began with 5')
  assert.equal(ask(history, 10, 50, 61_000, rules('Max')).replicas, 20)
})

test('a window of its own steadies the way up', () => {
  const behavior: Behavior = {
    scaleUp: { stabilizationWindowSeconds: 60, policies: [{ type: 'Pods', value: 100, periodSeconds: 15 }] },
    scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 100, periodSeconds: 15 }] },
  }
  const history = fresh()
  history.recommendations.push({ replicas: 3, atMs: 0 })
  const held = ask(history, 3, 9, 30_000, behavior)
  assert.deepEqual([held.replicas, held.ableToScale.reason], [3, 'ScaleUpStabilized'])
  assert.equal(ask(history, 3, 9, 91_000, behavior).replicas, 9)
})
