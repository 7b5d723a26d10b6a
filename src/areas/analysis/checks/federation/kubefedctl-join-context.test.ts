import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consistsOf } from './kubefedctl-join-context.js'

test('names with variables in them are matched in one pass', () => {
  assert.ok(consistsOf('workload-cluster-1', ['workload-cluster-', '']))
  assert.ok(!consistsOf('workload-cluster-', ['workload-cluster-', '']))
  assert.ok(consistsOf('a-1-b-2', ['a-', '-b-', '']))
  assert.ok(!consistsOf('a--b-', ['a-', '-b-', '']))
  assert.ok(consistsOf('east', ['east']) && !consistsOf('east1', ['east']))
  assert.ok(consistsOf('xaya', ['x', 'a']) && !consistsOf('xa', ['x', 'a']))
  const hostile = [...Array.from({ length: 60 }, () => 'a'), 'b']
  assert.ok(!consistsOf('a'.repeat(253), hostile))
})
