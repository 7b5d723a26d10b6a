import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { WrittenObjects } from './written-objects.js'

const importOf = (uid: string, labels: Record<string, string>): KubeObject => ({
  apiVersion: 'multicluster.x-k8s.io/v1beta1',
  kind: 'ServiceImport',
  metadata: { name: 'api', namespace: 'shop', uid, generation: 1, labels },
})
const body = '{"metadata":{"labels":{"team":"a"}}}'

test('a patch is in vain only while the object is as it came of it', () => {
  const written = new WrittenObjects()
  // The server has taken a part of it only.
  const result = importOf('one', { team: 'b' })
  assert.equal(written.isInVain(result, body), false)
  written.notePatch(result, body)
  assert.equal(written.isInVain(result, body), true)
  assert.equal(written.isInVain(result, '{}'), false)
  assert.equal(written.isInVain(importOf('one', {}), body), false, 'metadata have changed, which no generation tells')
  assert.equal(written.isInVain(importOf('two', { team: 'b' }), body), false, 'it was made again')
})

test('what is deleted with its owner is forgotten', () => {
  const written = new WrittenObjects()
  const result = importOf('one', { team: 'b' })
  written.notePatch(result, body)
  written.isNews({ type: 'DELETED', object: result })
  assert.equal(written.isInVain(result, body), false)
})
