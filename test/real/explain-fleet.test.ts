import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually, explainMissingInputs, type RunningFleet, startRunningFleet } from '../support/worlds/running-fleet.js'

const manifest = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: flotilla.dev/v1alpha1
kind: Placement
metadata: {name: web, namespace: shop}
spec: {replicas: {strategy: Even}, clusters: {names: [east, west]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {flotilla.dev/placement: web}}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "nginx:1"}]}}
---
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: lost, namespace: argocd}
spec:
  project: default
  destination: {name: eats, namespace: shop}
  source: {repoURL: "https://git.invalid/fleet", path: web, targetRevision: main}
`

describe('explain with kubectl on an embedded fleet', { skip: explainMissingInputs() }, () => {
  let fleet: RunningFleet
  before(async () => {
    fleet = await startRunningFleet({ clusters: 'east,west', pods: 'simulated' })
    await fleet.kubectl('--context hub apply -f -', { input: manifest })
  })
  after(() => fleet.stop())

  test('a placed Deployment: who decided, each cluster, its copies', async () => {
    await eventually(async () => {
      const { stdout } = await fleet.flotilla('explain deploy/web -n shop')
      assert.match(stdout, /^Deployment shop\/web: placed, 4 of 4 replicas/)
      assert.match(stdout, /decided by +placement: shop\/web/)
      assert.match(stdout, /ok east +gets 2 replicas; Healthy\n +ok west +gets 2 replicas; Healthy/)
      assert.match(stdout, /Waits for nothing\.\n$/)
    }, 20)
    const copy = await fleet.flotilla('explain deploy web -n shop --cluster east')
    assert.match(copy.stdout, /delivered by +placement\/Deployment\.apps\/shop\/web/)
    assert.match((await fleet.flotilla('explain placement/web -n shop')).stdout, /rules 1 object/)
  })

  test('an Application without a cluster, in words and as data', async () => {
    await eventually(async () => {
      const { stdout } = await fleet.flotilla('explain application/lost -o json')
      const { waitsFor, steps } = JSON.parse(stdout) as { waitsFor: string[]; steps: { what: string; state: string }[] }
      assert.deepEqual(waitsFor, ['a cluster eats in the fleet, or another destination'])
      assert.ok(steps.some(({ what, state }) => what === 'InvalidSpecError' && state === 'bad'))
    }, 20)
  })

  test('clusters, marks, services', async () => {
    await fleet.flotilla('cluster cordon east')
    await eventually(async () => {
      const { stdout } = await fleet.flotilla('explain cluster/east')
      assert.match(stdout, /^cluster east: Healthy, cordoned/)
      assert.match(stdout, /placed +1: Deployment shop\/web=2/)
    }, 20)
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n'
    const service =
      'apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n---\n'
    const shared = 'apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: ServiceExport\nmetadata: {name: web, namespace: shop}\n'
    await fleet.kubectl('--context west apply -f -', { input: `${namespace}${service}${shared}` })
    const own = await fleet.flotilla('explain service/kubernetes --cluster west')
    assert.match(own.stdout, /^Service default\/kubernetes: /)
    await eventually(async () => {
      const { stdout } = await fleet.flotilla('explain service/web -n shop')
      assert.match(stdout, /^service shop\/web: answered, offered by 1 cluster/)
      assert.match(stdout, /from east +answered by west/)
    }, 20)
  })

  test('what is not there: exit codes and the nearest name', async () => {
    const said = async (args: string) => (await fleet.flotilla(`explain ${args}`, { fails: true })).stderr
    assert.match(await said('deploymnt/web'), /there is no kind "deploymnt": did you mean deployment\?/)
    assert.match(await said('deploy/wep -n shop'), /there is no Deployment wep in namespace shop of hub: did you mean web\?/)
    assert.match(await said('deploy/web'), /There is one in namespace shop: add -n shop\./)
    assert.match(await said('cluster/weest'), /there is no cluster weest in the fleet: did you mean west\?/)
  })
})
