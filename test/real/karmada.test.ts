import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { eventually, explainMissingInputs, type RunningFleet, startRunningFleet } from '../support/worlds/running-fleet.js'

interface Read extends KubeObject {
  spec: Record<string, unknown>
  status: Record<string, unknown> & {
    conditions?: { type: string; reason?: string; status: string }[]
    aggregatedStatus?: { clusterName: string; applied?: boolean; appliedMessage?: string; health?: string }[]
  }
}

const deployment = (name: string, more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop', labels: { app: name } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } },
    ...more,
  },
})
const policy = (kind: string, name: string, spec: object) => ({
  apiVersion: 'policy.karmada.io/v1alpha1',
  kind,
  metadata: { name, ...(kind.startsWith('Cluster') ? {} : { namespace: 'shop' }) },
  spec,
})
const selects = (name: string) => ({ resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name }] })

describe('Karmada on a running fleet, with kubectl', { skip: explainMissingInputs() }, () => {
  let fleet: RunningFleet
  before(async () => {
    fleet = await startRunningFleet({ clusters: 'one,two' })
    await fleet.kubectl('--context hub create namespace shop')
  })
  after(() => fleet?.stop())

  const apply = (...objects: object[]) =>
    fleet.kubectl('--context hub apply -f -', { input: objects.map((each) => JSON.stringify(each)).join('\n---\n') })
  const refused = async (object: object) =>
    (await fleet.kubectl('--context hub apply -f -', { input: JSON.stringify(object), fails: true })).stderr
  const read = async (context: string, what: string) =>
    JSON.parse((await fleet.kubectl(`--context ${context} -n shop get ${what} -o json`)).stdout) as Read
  const gone = async (context: string, what: string) => {
    const { failed, stderr } = await fleet.kubectl(`--context ${context} -n shop get ${what}`, { fails: true })
    assert.ok(failed && /NotFound/.test(stderr), `${context} still has ${what}`)
  }

  test('what a policy selects goes out as it is overridden, runs there and not on the hub, and is whole on the hub', async () => {
    await apply(
      policy('PropagationPolicy', 'web', {
        ...selects('web'),
        placement: {
          clusterAffinity: { clusterNames: ['one', 'two'] },
          replicaScheduling: {
            replicaSchedulingType: 'Divided',
            replicaDivisionPreference: 'Weighted',
            weightPreference: {
              staticWeightList: [
                { targetCluster: { clusterNames: ['one'] }, weight: 2 },
                { targetCluster: { clusterNames: ['two'] }, weight: 1 },
              ],
            },
          },
        },
      }),
      policy('OverridePolicy', 'web', {
        ...selects('web'),
        overrideRules: [
          {
            targetCluster: { clusterNames: ['two'] },
            overriders: { imageOverrider: [{ component: 'Tag', operator: 'replace', value: '2' }] },
          },
        ],
      }),
      deployment('web'),
    )
    await eventually(async () => {
      assert.equal((await read('one', 'deployment web')).spec['replicas'], 2)
      assert.equal((await read('two', 'deployment web')).spec['replicas'], 1)
    })
    const images = await fleet.kubectl(
      '--context two -n shop get deployment web -o jsonpath={.spec.template.spec.containers[0].image}',
    )
    assert.equal(images.stdout, 'nginx:2')
    await eventually(async () => {
      const { status, metadata } = await read('hub', 'deployment web')
      assert.deepEqual([status['readyReplicas'], status['observedGeneration']], [3, metadata.generation])
    })
    const { stdout: pods } = await fleet.kubectl('--context hub -n shop get pods -o name')
    assert.equal(pods, '')
    await eventually(async () => {
      const { stdout } = await fleet.kubectl('--context hub -n shop get rb')
      assert.match(stdout, /NAME +SCHEDULED +FULLYAPPLIED +AGE\nweb-deployment +True +True/)
    })
    await fleet.kubectl('--context hub -n shop rollout status deployment web --timeout=20s')
    const explained = async (what: string) => (await fleet.flotilla(`placement explain ${what} -n shop`)).stdout
    assert.match(await explained('rb web-deployment'), /^Object: +Deployment shop\/web\n/, 'a binding is explained by its object')
    assert.match(await explained('pp/web'), /Deployment shop\/web +karmada shop\/web +placed +3 +one=2 two=1/)
  })

  test('kubectl scale on the hub divides anew; what a cluster changes is put right', async () => {
    await fleet.kubectl('--context hub -n shop scale deployment web --replicas=6')
    await eventually(async () => assert.equal((await read('one', 'deployment web')).spec['replicas'], 4))
    await fleet.kubectl('--context two -n shop scale deployment web --replicas=9')
    await eventually(async () => assert.equal((await read('two', 'deployment web')).spec['replicas'], 2))
  })

  test('policies that contradict themselves are refused in upstream words', async () => {
    const both = { clusterAffinity: {}, clusterAffinities: [{ affinityName: 'a' }] }
    assert.match(
      await refused(policy('PropagationPolicy', 'bad', { ...selects('x'), placement: both })),
      /admission webhook "propagationpolicy\.karmada\.io" denied the request: .*clusterAffinities cannot co-exist with clusterAffinity/,
    )
    assert.match(
      await refused(
        policy('ClusterPropagationPolicy', 'bad', {
          resourceSelectors: [{ apiVersion: 'v1', kind: 'Pod' }],
          preemption: 'Always',
        }),
      ),
      /name cannot be empty if preemption is Always/,
    )
  })

  test('groups are tried in their order, and no fit is told', async () => {
    const groups = (...names: string[]) =>
      policy('PropagationPolicy', 'api', {
        ...selects('api'),
        placement: { clusterAffinities: names.map((name) => ({ affinityName: `in-${name}`, clusterNames: [name] })) },
      })
    await apply(groups('nowhere', 'two'), deployment('api'))
    await eventually(async () =>
      assert.equal((await read('hub', 'rb api-deployment')).status['schedulerObservingAffinityName'], 'in-two'),
    )
    await eventually(async () => assert.equal((await read('two', 'deployment api')).spec['replicas'], 3))
    await gone('one', 'deployment api')
    await apply(groups('nowhere'))
    await eventually(async () => {
      const { status } = await read('hub', 'rb api-deployment')
      assert.equal(status.conditions?.find(({ type }) => type === 'Scheduled')?.reason, 'NoClusterFit')
    })
    assert.equal((await read('two', 'deployment api')).spec['replicas'], 3)
  })

  test("a user's script says how a kind is, and cluster-scoped objects have bindings of their own", async () => {
    const health = async () => (await read('hub', 'rb api-deployment')).status.aggregatedStatus?.map(({ health: each }) => each)
    await eventually(async () => assert.deepEqual(await health(), ['Healthy']))
    await apply({
      apiVersion: 'config.karmada.io/v1alpha1',
      kind: 'ResourceInterpreterCustomization',
      metadata: { name: 'never-well' },
      spec: {
        target: { apiVersion: 'apps/v1', kind: 'Deployment' },
        customizations: { healthInterpretation: { luaScript: 'function InterpretHealth(object) return false end' } },
      },
    })
    await eventually(async () => assert.deepEqual(await health(), ['Unhealthy']))
    await fleet.kubectl('--context hub delete ric never-well')
    await apply(
      policy('ClusterPropagationPolicy', 'roles', {
        resourceSelectors: [{ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', name: 'reader' }],
      }),
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'reader' }, rules: [] },
    )
    await eventually(async () => {
      assert.equal((await read('two', 'clusterrole reader')).metadata.name, 'reader')
      const { spec } = await read('hub', 'crb reader-clusterrole')
      assert.deepEqual(spec['clusters'], [{ name: 'one' }, { name: 'two' }])
    })
  })

  test('a policy that goes leaves what runs; a template that goes takes its copies along, or leaves them', async () => {
    await fleet.kubectl('--context hub -n shop delete propagationpolicy api')
    await fleet.kubectl('--context hub -n shop patch pp web --type=merge -p {"spec":{"preserveResourcesOnDeletion":true}}')
    await eventually(async () => assert.equal((await read('hub', 'rb web-deployment')).spec['preserveResourcesOnDeletion'], true))
    await new Promise((done) => setTimeout(done, 1000))
    assert.equal((await read('two', 'deployment api')).spec['replicas'], 3)
    await fleet.kubectl('--context hub -n shop delete deployment api web')
    await eventually(() => gone('two', 'deployment api'))
    await eventually(async () => {
      const { metadata } = await read('one', 'deployment web')
      assert.equal(metadata.annotations?.['flotilla.dev/federated-by'], undefined)
    })
  })
})
