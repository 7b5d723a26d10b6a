import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../../base/log.js'
import { createSeededRandom } from '../../../base/random.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import type { LogicalCluster } from '../../contract.js'
import type { ClusterQueue, Work, Writer } from '../contract.js'
import { createScheduler } from './scheduler.js'

const queue: ClusterQueue = { add() {}, addSoon() {} }
const podOf = (uid: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default', uid },
  spec: { containers: [{ name: 'c', image: 'web:1' }] },
})
const node: KubeObject = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n' },
  spec: {},
  status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' }, conditions: [{ type: 'Ready', status: 'True' }] },
}

for (const outcome of ['succeeds', 'fails'] as const) {
  test(`a pod that is made again while the binding of the one before ${outcome} gets a node`, async () => {
    const scheduler = createScheduler()
    let pod = podOf('one')
    const hear = (type: 'ADDED' | 'DELETED', groupResource: string, object: KubeObject) =>
      scheduler.watches[groupResource]!({ cluster: 'm1', groupResource, type, object }, queue)
    const bound: (string | undefined)[] = []
    const write = {
      async bind(object: KubeObject) {
        bound.push(object.metadata.uid)
        if (object.metadata.uid !== 'one') return
        hear('DELETED', 'pods', pod)
        pod = podOf('two')
        hear('ADDED', 'pods', pod)
        if (outcome === 'fails') throw statusErrors.notFound({ resource: 'pods', group: '', name: 'p' })
      },
      async record() {},
      async warn() {},
    } as unknown as Writer
    const cluster = {
      name: 'm1',
      peek: (resource: string) => (resource === 'pods' ? pod : resource === 'nodes' ? node : undefined),
      peekAll: () => [],
    } as unknown as LogicalCluster
    const work = {
      cluster,
      key: 'cycle',
      write,
      random: createSeededRandom(1),
      log: silentLog,
      now: () => 0,
      nowText: () => '2026-01-01T00:00:00Z',
    } as unknown as Work
    hear('ADDED', 'nodes', node)
    hear('ADDED', 'pods', pod)
    await scheduler.reconcile(work)
    await scheduler.reconcile(work)
    assert.deepEqual(bound, ['one', 'two'])
  })
}
