import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { LogicalCluster } from '../../contract.js'
import type { ClusterQueue, Work } from '../contract.js'
import { createKubelet } from './kubelet.js'

const queue: ClusterQueue = { add() {}, addSoon() {} }
const podOf = (name: string, podIP?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: name },
  spec: { nodeName: 'n', containers: [{ name: 'c', image: 'web:1' }] },
  ...(podIP === undefined ? {} : { status: { podIP } }),
})

test('a cluster whose addresses are all taken holds up nobody; the next pod gets one that is given back', async () => {
  const kubelet = createKubelet()
  const hear = (type: 'ADDED' | 'DELETED', object: KubeObject) =>
    kubelet.watches['pods']!({ cluster: 'm1', groupResource: 'pods', type, object }, queue)
  for (let high = 0; high < 256; high++)
    for (let low = 1; low < 255; low++) hear('ADDED', podOf(`p-${high}-${low}`, `10.244.${high}.${low}`))
  const next = podOf('next')
  const addresses: (string | undefined)[] = []
  const write = {
    async status(_before: KubeObject, after: KubeObject) {
      addresses.push((after['status'] as { podIP?: string }).podIP)
      return after
    },
  }
  const cluster = { name: 'm1', peek: (resource: string) => (resource === 'pods' ? next : undefined), peekAll: () => [] }
  const work = {
    cluster: cluster as unknown as LogicalCluster,
    key: 'default/next',
    write,
    now: () => 0,
    nowText: () => '2026-01-01T00:00:00Z',
  } as unknown as Work
  await kubelet.reconcile(work)
  hear('DELETED', podOf('p-7-9', '10.244.7.9'))
  await kubelet.reconcile(work)
  assert.deepEqual(addresses, [undefined, '10.244.7.9'])
})
