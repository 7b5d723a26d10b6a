import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeKubeClient } from '../../../test/support/fakes/fake-kube-client.js'
import { kubeFedClusterType } from '../../dialects/kubefed/resource-types.js'
import { secretType } from '../system/core-types.js'
import { cordonCluster, parseTaintEdits, taintCluster } from './mark-cluster.js'

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'cluster-east', namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': 'cluster' } },
  stringData: { name: 'east', server: 'https://east.example', config: '{}' },
}
const federated = {
  apiVersion: 'core.kubefed.io/v1beta1',
  kind: 'KubeFedCluster',
  metadata: { name: 'west', namespace: 'kube-federation-system' },
}

async function fleet() {
  const hub = new FakeKubeClient({ types: [secretType, kubeFedClusterType] })
  await hub.create(secretType, secret)
  await hub.create(kubeFedClusterType, federated)
  return { hub, namespace: 'argocd' }
}

test('a mark stands on what the cluster came from', async () => {
  const east = await fleet()
  assert.equal(await cordonCluster(east, 'east', true), 'cluster east cordoned (Secret argocd/cluster-east)')
  assert.equal(await cordonCluster(east, 'east', true), 'cluster east already cordoned')
  assert.equal(await cordonCluster(east, 'east', false), 'cluster east uncordoned (Secret argocd/cluster-east)')
  assert.equal(await cordonCluster(east, 'west', true), 'cluster west cordoned (KubeFedCluster kube-federation-system/west)')
  await assert.rejects(cordonCluster(east, 'in-cluster', true), /nothing on the hub says that there is a cluster in-cluster/)
})

test('taints are set, replaced and removed as those of nodes', async () => {
  const east = await fleet()
  const where = 'cluster east tainted (Secret argocd/cluster-east)'
  assert.equal(
    await taintCluster(east, 'east', ['gpu=a:NoSchedule', 'drain:NoExecute']),
    `${where}: gpu=a:NoSchedule,drain:NoExecute`,
  )
  assert.equal(await taintCluster(east, 'east', ['gpu=b:NoSchedule']), `${where}: drain:NoExecute,gpu=b:NoSchedule`)
  assert.match(await taintCluster(east, 'east', ['drain-']), /untainted .*: gpu=b:NoSchedule$/)
  await assert.rejects(taintCluster(east, 'east', ['gpu:NoExecute-']), /has no taint gpu:NoExecute/)
  assert.equal(await taintCluster(east, 'east', ['gpu-']), 'cluster east untainted (Secret argocd/cluster-east)')
})

test('what is no taint is refused', () => {
  for (const text of ['gpu', 'gpu=a', 'gpu:Never', 'a:NoSchedule,b:NoSchedule', '=x:NoSchedule', ':NoSchedule-', '-'])
    assert.throws(() => parseTaintEdits([text]), /is no taint/, text)
})
