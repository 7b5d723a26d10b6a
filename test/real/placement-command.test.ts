import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { parseYaml } from '../../src/formats/yaml/parse-yaml.js'
import { explainMissingInputs, type RunningFleet, startRunningFleet } from '../support/worlds/running-fleet.js'

const web = (replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  labels: {flotilla.dev/placement: web}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "nginx:1"}]}
`
const placement = (spec: string) => `apiVersion: flotilla.dev/v1alpha1
kind: Placement
metadata: {name: web, namespace: shop}
spec: ${spec}
`

describe('placement with kubectl on an embedded fleet', { skip: explainMissingInputs() }, () => {
  let fleet: RunningFleet
  const hub = (args: string, more?: { input?: string; fails?: boolean }) => fleet.kubectl(`--context hub ${args}`, more)
  const read = async (context: string, what: string) =>
    (await fleet.kubectl(`--context ${context} -n shop get ${what} --ignore-not-found`)).stdout
  const replicasIn = (context: string) => read(context, 'deployment web -o jsonpath={.spec.replicas}')

  async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 15_000
    while (!(await holds())) {
      if (Date.now() > end) assert.fail(`not within 15 s: ${what}`)
      await new Promise((done) => setTimeout(done, 200))
    }
  }

  before(async () => {
    fleet = await startRunningFleet({ clusters: 'east,west,lab', pods: 'simulated' })
    await hub('create namespace shop')
  })
  after(() => fleet.stop())

  test('an unknown Placement is told at apply, with the fix', async () => {
    const { stderr } = await hub('apply -f -', { input: web(6) })
    assert.match(stderr, /Warning: flotilla\.dev\/placement: web: there is no Placement web in namespace shop; .*create one/)
    await hub('-n shop delete deployment web')
  })

  test('what a Placement says wrong is refused, with the fix', async () => {
    const { stderr } = await hub('apply -f -', {
      input: placement('{replicas: {strategy: Even, tiers: [{names: [east]}]}}'),
      fails: true,
    })
    assert.match(stderr, /tiers count with strategy Tiers only: remove tiers, or set strategy to Tiers/)
  })

  test('replicas are divided, and the template shows the sum and does not run on the hub', async () => {
    await hub('apply -f -', { input: `${placement('{clusters: {exclude: [lab]}, replicas: {strategy: Even}}')}---\n${web(6)}` })
    await until('three each', async () => (await replicasIn('east')) === '3' && (await replicasIn('west')) === '3')
    await until('all ready', async () => (await read('hub', 'deployment web -o jsonpath={.status.readyReplicas}')) === '6')
    assert.equal(await read('hub', 'pods -o name'), '')
    assert.equal(await read('lab', 'deployment web -o name'), '')
    const { stdout } = await hub('-n shop rollout status deployment/web --timeout=10s')
    assert.match(stdout, /successfully rolled out/)
    await until('counts', async () => /web +2 +1 +1 +True +Applied/.test(await read('hub', 'placements')))
    const decision = parseYaml(await read('hub', 'placementdecision web-0 -o yaml')) as {
      decisions: { clusterProfileRef: { name: string } }[]
    }
    assert.deepEqual(
      decision.decisions.map(({ clusterProfileRef }) => clusterProfileRef.name),
      ['east', 'west'],
    )
  })

  test('explain says who decided, the verdict for each cluster, and what would change', async () => {
    const { stdout } = await fleet.flotilla('placement explain deploy web -n shop --lose east')
    assert.match(stdout, /Decided by: placement: shop\/web/)
    assert.match(stdout, /east +3 +3 +state names taints apis +locality 100 +gets 3 replicas/)
    assert.match(stdout, /lab +- +- +state !names +- +is excluded by name/)
    assert.match(stdout, /If east is lost:\n {2}east: 3 becomes nothing; the cluster is gone\n {2}west: 3 becomes 6/)
    const list = await fleet.flotilla('placement list')
    assert.match(list.stdout, /Deployment shop\/web +placement shop\/web +placed +6 +east=3 west=3/)
    const names = async (args: string) => (await fleet.flotilla(`placement list -o name ${args}`)).stdout.trim()
    assert.equal(await names('-A -l flotilla.dev/placement=web'), 'placement/Deployment.apps/shop/web')
    assert.equal(await names('-l flotilla.dev/placement!=web'), '')
    assert.equal(await names('-n default'), '')
    const slash = await fleet.flotilla('placement explain deploy/web -n shop -o json')
    assert.equal((JSON.parse(slash.stdout) as { decision: { policy: string } }).decision.policy, 'shop/web')
  })

  test('a cordoned cluster keeps what it has and takes nothing new', async () => {
    await fleet.flotilla('cluster cordon lab')
    await hub('apply -f -', { input: placement('{replicas: {strategy: Even}}') })
    await until('lab is told to be cordoned', async () => {
      const { stdout } = await fleet.flotilla('placement explain deploy web -n shop')
      return /lab +- +- +!state +- +is cordoned: it takes nothing new/.test(stdout)
    })
    assert.equal(await read('lab', 'deployment web -o name'), '')
    await until('the list shows it', async () => /lab +Healthy,Cordoned /.test((await fleet.flotilla('cluster list')).stdout))
    await fleet.flotilla('cluster uncordon lab')
    await until('two each', async () => (await replicasIn('lab')) === '2' && (await replicasIn('east')) === '2')
  })

  test('another scheduler decides by PlacementDecision', async () => {
    const decision = (...clusters: string[]) =>
      `apiVersion: multicluster.x-k8s.io/v1alpha1\nkind: PlacementDecision\nmetadata: {name: mine, namespace: shop}\nschedulerName: me\ndecisions: [${clusters.map((name) => `{clusterProfileRef: {name: ${name}}}`).join(', ')}]\n`
    await hub('apply -f -', { input: placement('{decisionFrom: {name: mine}, replicas: {strategy: Even}}') })
    await until('nothing changes without a decision', async () =>
      (await read('hub', 'deployment web -o yaml')).includes('DecisionMissing'),
    )
    assert.equal(await replicasIn('lab'), '2')
    await hub('apply -f -', { input: decision('west') })
    await until('west alone', async () => (await replicasIn('west')) === '6' && (await replicasIn('east')) === '')
  })

  test('what is deleted on the hub goes from the clusters', async () => {
    await hub('-n shop delete deployment web')
    await until('nothing left', async () => (await replicasIn('west')) === '')
  })

  test('our credential plugin serves kubectl, with a short-lived token of a service account', async () => {
    await fleet.kubectl('--context east -n shop create serviceaccount reader')
    await fleet.kubectl('--context east create clusterrolebinding reader --clusterrole=view --serviceaccount=shop:reader')
    const profile = parseYaml((await hub('-n argocd get clusterprofile east -o yaml')).stdout) as {
      status: { accessProviders: { cluster: Record<string, unknown> }[] }
    }
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: [
        join(process.cwd(), 'bin/flotilla.js'),
        'credential-plugin',
        '--data-dir',
        join(fleet.folder, 'state'),
        '--service-account',
        'shop/reader',
      ],
      provideClusterInfo: true,
      interactiveMode: 'Never',
    }
    const path = join(fleet.folder, 'by-plugin')
    writeFileSync(
      path,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'east', cluster: profile.status.accessProviders[0]?.cluster }],
        users: [{ name: 'plugin', user: { exec } }],
        contexts: [{ name: 'east', context: { cluster: 'east', user: 'plugin' } }],
        'current-context': 'east',
      }),
    )
    const ask = (...args: string[]) =>
      new Promise<string>((resolve) => {
        execFile('kubectl', ['--kubeconfig', path, ...args], (_error, stdout, stderr) => resolve(stdout + stderr))
      })
    assert.match(await ask('auth', 'whoami'), /system:serviceaccount:shop:reader/)
    assert.match(await ask('get', 'serviceaccounts', '-n', 'shop'), /reader/)
    assert.match(await ask('get', 'secrets', '-n', 'shop'), /Forbidden/)
  })
})
