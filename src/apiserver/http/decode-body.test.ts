import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInResources } from '../../kube/schema/resources.js'
import { decodeObject } from './decode-body.js'

const configMaps = builtInResources.find(({ plural }) => plural === 'configmaps')!

test('where problems stand is told of short paths, and costs little of long ones', () => {
  const decode = (text: string) => decodeObject(Buffer.from(text), 'application/json', configMaps, true)
  const start = '{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"1","a":"2"}'
  const { problems, places } = decode(`${start},"wrong":1}`)
  assert.deepEqual(problems, ['duplicate field "data.a"'])
  const order = ['duplicate field "data.a"', 'unknown field "wrong"'].map((problem) => places?.get(problem) ?? -1)
  assert.ok(order[0]! > 0 && order[1]! > order[0]!)
  // One long name above many: together their paths would be gigabytes.
  const many = Array.from({ length: 20_000 }, (_, index) => `"k${index}":1`).join(',')
  const held = [...(decode(`${start},"${'x'.repeat(500_000)}":{${many}}}`).places ?? [])]
  assert.ok(held.reduce((sum, [problem]) => sum + problem.length, 0) < 2_000_000)
})
