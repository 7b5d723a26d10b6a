import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { eventually, explainMissingInputs, type RunningFleet, startRunningFleet } from '../support/worlds/running-fleet.js'

interface Read extends KubeObject {
  spec: Record<string, unknown>
  status: { clusters?: { name: string; status?: string }[]; conditions?: { type: string; reason?: string; status: string }[] }
}

const federated = (kind: string, name: string, spec: object, namespace = 'shop') => ({
  apiVersion: 'types.kubefed.io/v1beta1',
  kind,
  metadata: { name, namespace },
  spec,
})
const deployment = {
  metadata: { labels: { app: 'web' } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } },
  },
}

describe('KubeFed on a running fleet, with kubectl', { skip: explainMissingInputs() }, () => {
  let fleet: RunningFleet
  before(async () => {
    fleet = await startRunningFleet({ clusters: 'one,two' })
    await fleet.kubectl('--context hub create namespace shop')
  })
  after(() => fleet?.stop())

  const apply = (...objects: object[]) =>
    fleet.kubectl('--context hub apply -f -', { input: objects.map((each) => JSON.stringify(each)).join('\n---\n') })
  const read = async (context: string, what: string) =>
    JSON.parse((await fleet.kubectl(`--context ${context} -n shop get ${what} -o json`)).stdout) as Read
  const gone = async (context: string, what: string) => {
    const { failed, stderr } = await fleet.kubectl(`--context ${context} -n shop get ${what}`, { fails: true })
    assert.ok(failed && /NotFound/.test(stderr), `${context} still has ${what}`)
  }
  const codes = async (what: string) =>
    (await read('hub', what)).status.clusters?.map(({ name, status }) => `${name} ${status ?? 'ok'}`)

  test('without a FederatedNamespace nothing goes anywhere; with one it does', async () => {
    const { stderr } = await apply(
      federated('FederatedDeployment', 'web', { template: deployment, placement: { clusterSelector: {} } }),
    )
    assert.match(stderr, /NoClusters: it goes nowhere: no FederatedNamespace shop/)
    await eventually(async () => {
      const { status } = await read('hub', 'federateddeployment web')
      assert.equal(status.conditions?.[0]?.reason, 'NamespaceNotFederated')
    })
    await apply(federated('FederatedNamespace', 'shop', { placement: { clusterSelector: {} } }))
    await eventually(async () => assert.deepEqual(await codes('federateddeployment web'), ['one ok', 'two ok']))
    assert.equal((await read('one', 'deployment web')).spec['replicas'], 2)
  })

  test('what a cluster adds of annotations stays, what it changes is put right, and replicas can be left to it', async () => {
    await fleet.kubectl('--context one -n shop annotate deployment web local=yes')
    await fleet.kubectl('--context one -n shop scale deployment web --replicas=7')
    await eventually(async () => assert.equal((await read('one', 'deployment web')).spec['replicas'], 2))
    assert.equal((await read('one', 'deployment web')).metadata.annotations?.['local'], 'yes')
    await fleet.kubectl('--context hub -n shop patch federateddeployment web --type=merge -p {"spec":{"retainReplicas":true}}')
    await eventually(async () => {
      await fleet.kubectl('--context one -n shop scale deployment web --replicas=4')
      await new Promise((done) => setTimeout(done, 500))
      assert.equal((await read('one', 'deployment web')).spec['replicas'], 4)
    })
    await fleet.kubectl('--context hub -n shop patch federateddeployment web --type=merge -p {"spec":{"retainReplicas":null}}')
    await eventually(async () => assert.equal((await read('one', 'deployment web')).spec['replicas'], 2))
  })

  test('a preference divides replicas and writes placement and overrides', async () => {
    await apply({
      apiVersion: 'scheduling.kubefed.io/v1alpha1',
      kind: 'ReplicaSchedulingPreference',
      metadata: { name: 'web', namespace: 'shop' },
      spec: {
        targetKind: 'FederatedDeployment',
        totalReplicas: 9,
        rebalance: true,
        clusters: { one: { weight: 2 }, two: { weight: 1 } },
      },
    })
    await eventually(async () => {
      assert.equal((await read('one', 'deployment web')).spec['replicas'], 6)
      assert.equal((await read('two', 'deployment web')).spec['replicas'], 3)
    })
    assert.deepEqual((await read('hub', 'federateddeployment web')).spec['placement'], {
      clusterSelector: {},
      clusters: [{ name: 'one' }, { name: 'two' }],
    })
    await fleet.kubectl('--context hub -n shop delete replicaschedulingpreference web')
  })

  test('overrides that cannot be are told at once and for each cluster', async () => {
    const overrides = [{ clusterName: 'one', clusterOverrides: [{ path: '/metadata/name', value: 'x' }] }]
    const spec = { template: { data: { a: 'b' } }, placement: { clusterSelector: {} }, overrides }
    const { stderr } = await apply(federated('FederatedConfigMap', 'odd', spec))
    assert.match(stderr, /ApplyOverridesFailed: override\[0\] for cluster "one" has an invalid path/)
    await eventually(async () =>
      assert.deepEqual(await codes('federatedconfigmap odd'), ['one ApplyOverridesFailed', 'two ApplyOverridesFailed']),
    )
  })

  test('an object that says so is let be, and one that is there is taken over', async () => {
    await fleet.kubectl('--context one -n shop create configmap mine')
    await fleet.kubectl('--context one -n shop label configmap mine kubefed.io/managed=false')
    await fleet.kubectl('--context two -n shop create configmap mine')
    await apply(federated('FederatedConfigMap', 'mine', { template: { data: { a: 'b' } }, placement: { clusterSelector: {} } }))
    await eventually(async () => assert.deepEqual(await codes('federatedconfigmap mine'), ['one ManagedLabelFalse', 'two ok']))
    assert.deepEqual((await read('two', 'configmap mine'))['data'], { a: 'b' })
    assert.equal((await read('one', 'configmap mine'))['data'], undefined)
  })

  test('clusters taken out lose their copy; an empty list is nowhere', async () => {
    const spec = (clusters: string[]) => ({ template: {}, placement: { clusters: clusters.map((name) => ({ name })) } })
    await apply(federated('FederatedConfigMap', 'moved', spec(['one', 'two'])))
    await eventually(async () => assert.deepEqual(await codes('federatedconfigmap moved'), ['one ok', 'two ok']))
    await apply(federated('FederatedConfigMap', 'moved', spec(['two'])))
    await eventually(() => gone('one', 'configmap moved'))
    await apply(federated('FederatedConfigMap', 'moved', spec([])))
    await eventually(() => gone('two', 'configmap moved'))
  })

  test('deletion takes the copies along, unless they are to stay', async () => {
    await fleet.flotilla('kubefed orphaning-deletion enable federatedconfigmaps mine -n shop --host-cluster-context hub')
    await fleet.kubectl('--context hub -n shop delete federatedconfigmap mine --timeout=20s')
    const left = await read('two', 'configmap mine')
    assert.equal(left.metadata.labels?.['kubefed.io/managed'], undefined)
    await fleet.kubectl('--context hub -n shop delete federateddeployment web --timeout=20s')
    await eventually(() => gone('one', 'deployment web'))
  })

  test('a kind is enabled, federated and disabled', async () => {
    const host = '--host-cluster-context hub'
    await fleet.flotilla(`kubefed enable statefulsets.apps ${host}`)
    await eventually(async () => {
      const spec = { template: { spec: { ...deployment.spec, serviceName: 'db' } }, placement: { clusters: [{ name: 'one' }] } }
      await apply(federated('FederatedStatefulSet', 'db', spec))
      assert.deepEqual(await codes('federatedstatefulset db'), ['one ok'])
    })
    await fleet.kubectl('--context hub -n shop delete federatedstatefulset db --timeout=20s')
    await fleet.flotilla(`kubefed disable statefulsets.apps --delete-crd ${host}`)
    await apply(federated('FederatedSecret', 'later', { template: { stringData: { a: 'b' } } }))
    await fleet.kubectl('--context hub -n kube-federation-system delete federatedtypeconfig secrets')
    const { stderr } = await apply(federated('FederatedSecret', 'never', { template: {} }))
    assert.match(stderr, /TypeNotEnabled: no FederatedTypeConfig in kube-federation-system enables FederatedSecret/)
  })

  test('a cluster joins by its account, and leaves', async () => {
    await fleet.flotilla('cluster remove two')
    await fleet.flotilla('kubefed join two --host-cluster-context hub')
    await eventually(async () => {
      const { stdout } = await fleet.kubectl('--context hub -n kube-federation-system get kubefedclusters')
      assert.match(stdout, /two\s+\S+\s+True\s+v1\./)
    })
    await apply(federated('FederatedConfigMap', 'joined', { template: {}, placement: { clusters: [{ name: 'two' }] } }))
    await eventually(() => fleet.kubectl('--context two -n shop get configmap joined'))
    await fleet.flotilla('kubefed unjoin two --host-cluster-context hub')
    await fleet.kubectl('--context two -n shop get configmap joined')
    await eventually(async () => assert.deepEqual(await codes('federatedconfigmap joined'), []))
  })
})
