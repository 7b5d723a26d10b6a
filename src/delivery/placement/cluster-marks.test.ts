import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTaints, parseTaints, readClusterMarks } from './cluster-marks.js'

test('labels say where a cluster is, annotations what keeps workloads away', () => {
  const labels = { 'topology.kubernetes.io/region': 'eu-west-1', zone: 'a', provider: 'aws' }
  const annotations = {
    'flotilla.dev/cordoned': 'true',
    'flotilla.dev/taints': 'gpu=yes:NoSchedule,drain:NoExecute',
    'flotilla.dev/price': '0.5',
  }
  assert.deepEqual(readClusterMarks({ labels, annotations }), {
    labels,
    region: 'eu-west-1',
    zones: ['a'],
    provider: 'aws',
    taints: [
      { key: 'gpu', value: 'yes', effect: 'NoSchedule' },
      { key: 'drain', effect: 'NoExecute' },
    ],
    cordoned: true,
    price: 0.5,
  })
  assert.deepEqual(readClusterMarks({}), { labels: {} })
})

test('what cannot be read says nothing', () => {
  const annotations = {
    'flotilla.dev/cordoned': 'yes',
    'flotilla.dev/taints': 'a=b,:NoSchedule,x:Never,,',
    'flotilla.dev/price': '',
  }
  assert.deepEqual(readClusterMarks({ annotations }), { labels: {} })
  assert.equal(formatTaints(parseTaints(' a:NoExecute , b=c:NoSchedule ')), 'a:NoExecute,b=c:NoSchedule')
})
