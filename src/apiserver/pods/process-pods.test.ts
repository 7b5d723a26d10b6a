import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { silentLog } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { LogicalCluster, LogicalClusters } from '../contract.js'
import type { PodWriter, ProcessPods } from './contract.js'
import { createFakeLauncher } from './fake-launcher.js'
import { createImageTable } from './image-table.js'
import type { Pod } from './pod-types.js'
import { createProcessPods } from './process-pods.js'

const directory = mkdtempSync(join(tmpdir(), 'flotilla-process-pods-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const cluster = { name: 'm1', peek: () => undefined, peekAll: () => [] } as unknown as LogicalCluster

/** Three addresses, and nobody but the test who hears and writes. */
function createBench(mostProcesses = 64) {
  const launcher = createFakeLauncher()
  const pods = createProcessPods({
    clusters: { get: () => undefined } as unknown as LogicalClusters,
    clock: new VirtualClock({ idle: turn }),
    random: createSeededRandom(1),
    log: silentLog,
    images: createImageTable([]),
    networkOf: () => ({
      serviceRange: '127.9.0.0/21',
      podRange: '127.9.16.0/30',
      nodeRange: '127.9.8.0/23',
      loadBalancerRange: '127.9.10.0/23',
    }),
    launcher,
    directory: join(directory, String(mostProcesses)),
    mostProcesses,
    boundPort: (port) => port,
    boundPortsAnnotation: 'ports',
  })
  return { launcher, pods }
}

async function turn(): Promise<void> {
  for (let count = 0; count < 5; count++) await new Promise((resolve) => setImmediate(resolve))
}

function podOf(name: string, podIP?: string): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}` },
    spec: { restartPolicy: 'Never', automountServiceAccountToken: false, containers: [{ name, image: 'busybox' }] },
    ...(podIP === undefined ? {} : { status: { phase: 'Running', podIP } }),
  } as unknown as Pod
}

const tell = (pods: ProcessPods, type: 'ADDED' | 'DELETED', pod: KubeObject) =>
  pods.hear({ cluster: 'm1', groupResource: 'pods', type, object: pod })

/** The pod as its status was written last. */
async function look(pods: ProcessPods, pod: Pod, written: (pod: Pod) => void = () => {}): Promise<Pod> {
  let result = pod
  const write: PodWriter = {
    async status(_before, after) {
      result = after as unknown as Pod
      written(result)
      return after
    },
    async delete() {},
  }
  pods.placeOf('m1', pod)
  await pods.reconcile(cluster, pod, write)
  for (let tries = 0; tries < 5; tries++) await turn()
  return result
}

test('addresses of pods that are no processes any more are given back with them', async () => {
  const { pods } = createBench()
  const left = [1, 2, 3].map((number) => podOf(`left-${number}`, `127.9.16.${number}`))
  for (const pod of left) tell(pods, 'ADDED', pod)
  for (const pod of left) tell(pods, 'DELETED', pod)
  assert.equal((await look(pods, podOf('next'))).status?.podIP, '127.9.16.1')
  await pods.stop()
})

test('a pod whose processes have ended for good holds no address', async () => {
  const { pods, launcher } = createBench()
  for (const name of ['one', 'two', 'three']) {
    const pod = await look(pods, podOf(name))
    launcher.last(name).end(0)
    await turn()
    assert.equal((await look(pods, pod)).status?.phase, 'Succeeded')
  }
  assert.equal((await look(pods, podOf('four'))).status?.podIP, '127.9.16.1')
  await pods.stop()
})

test('a pod that is deleted while its end is written counts once', async () => {
  const { pods, launcher } = createBench(1)
  const pod = await look(pods, podOf('short'))
  launcher.last('short').end(0)
  await turn()
  const last = await look(pods, pod, (written) => tell(pods, 'DELETED', written))
  assert.equal(last.status?.phase, 'Succeeded')
  assert.deepEqual(
    ['next', 'more'].map((name) => pods.placeOf('m1', podOf(name))),
    ['process', 'simulated'],
  )
  await pods.stop()
})

test('a cluster that is back at once keeps the addresses of its pods, and nobody else gets them', async () => {
  const { pods, launcher } = createBench()
  const pod = await look(pods, podOf('stays'))
  assert.equal(pod.status?.podIP, '127.9.16.1')
  pods.forget('m1')
  const known = podOf('stays', '127.9.16.1')
  tell(pods, 'ADDED', known)
  await turn()
  assert.equal((await look(pods, podOf('other', '127.9.16.1'))).status?.podIP, '127.9.16.2')
  assert.equal((await look(pods, known)).status?.podIP, '127.9.16.1')
  assert.deepEqual(
    launcher.containers.map((each) => each.signals.length),
    [1, 0, 0],
  )
  await pods.stop()
})
