import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { kubectlIsMissing } from '../support/peers/kubectl-in.js'
import { eventually, type RunningFleet, startRunningFleet } from '../support/worlds/running-fleet.js'

const missing = kubectlIsMissing() ? 'kubectl is not installed' : false

describe('kubectl against all members of an embedded fleet', { skip: missing }, () => {
  let fleet: RunningFleet
  before(async () => {
    fleet = await startRunningFleet({ clusters: 'us-east,eu-west,asia', pods: 'auto' })
    for (const context of ['us-east', 'eu-west'])
      await fleet.kubectl(`--context ${context} create deployment web --image=nginx --replicas=2`)
    await fleet.kubectl('--context asia create deployment only --image=nginx')
    for (const [context, name] of [
      ['us-east', 'web'],
      ['eu-west', 'web'],
      ['asia', 'only'],
    ])
      await fleet.kubectl(`--context ${context} rollout status deployment/${name} --timeout=30s`)
  })
  after(() => fleet?.stop())
  const ask = (args: string, options?: { input?: string; fails?: boolean }) => fleet.kubectl(`--context fleet ${args}`, options)
  const lines = async (args: string) =>
    (await ask(args)).stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/))

  test('get, -A, -o name, selectors, pages', async () => {
    const [header, ...rows] = await lines('get pods -A')
    assert.deepEqual(header, ['NAMESPACE', 'NAME', 'CLUSTER', 'READY', 'STATUS', 'RESTARTS', 'AGE'])
    const counts = (all: string[][]) => {
      const sum: Record<string, number> = {}
      for (const [, , at] of all) sum[at!] = (sum[at!] ?? 0) + 1
      return sum
    }
    assert.deepEqual(counts(rows), { asia: 1, 'eu-west': 2, 'us-east': 2 })
    assert.deepEqual(counts((await lines('get pods -A --chunk-size=2')).slice(1)), { asia: 1, 'eu-west': 2, 'us-east': 2 })
    assert.equal((await lines('get pods -l flotilla.dev/cluster=eu-west --no-headers')).length, 2)
    assert.equal((await lines('get pods --field-selector metadata.cluster!=eu-west,status.phase=Running --no-headers')).length, 3)
    assert.deepEqual((await lines('get deployments -o name')).flat(), [
      'deployment.apps/only@asia',
      'deployment.apps/web@eu-west',
      'deployment.apps/web@us-east',
    ])
    assert.deepEqual(
      (await lines('get all -n default@asia -o name')).flat().filter((name) => /deployment/.test(name)),
      ['deployment.apps/only'],
    )
    assert.match((await ask('version')).stdout, /Server Version: v1\.33/)
    assert.match((await ask('explain deployment.spec.replicas')).stdout, /FIELD: replicas <integer>/)
    assert.match((await ask('api-resources')).stdout, /deployments +deploy +apps\/v1/)
    assert.match((await ask('auth can-i list pods')).stdout, /yes/)
  })

  test('one object: describe, scale, label, wait, rollout, logs, exec, port-forward by name and cluster', async () => {
    const ambiguous = await ask('get deployment web', { fails: true })
    assert.match(
      ambiguous.stderr,
      /\(Conflict\): deployments "web" is in 2 clusters \(eu-west, us-east\).*web@eu-west or web@us-east/,
    )
    assert.match((await ask('describe deployment web@us-east')).stdout, /flotilla.dev\/cluster=us-east[\s\S]*ScalingReplicaSet/)
    await ask('scale deployment web@us-east --replicas=3')
    await ask('rollout status deployment/web@us-east --timeout=30s')
    await ask('wait deployment/only --for=condition=Available --timeout=10s')
    await ask('label deployment only tier=one')
    assert.equal(
      (await fleet.kubectl('--context asia get deployment only -o jsonpath={.metadata.labels}')).stdout,
      '{"app":"only","tier":"one"}',
    )
    const [pod] = (await lines('get pods -l flotilla.dev/cluster=us-east -o name'))[0]!
    assert.equal((await ask(`exec ${pod} -- echo hello`)).stdout, 'hello\n')
    await ask(`logs ${pod}`)
    assert.equal((await ask(`logs ${pod!.replace('@us-east', '@eu-west')}`, { fails: true })).failed, true)
    assert.match(
      (await fleet.kubectl(`--context fleet get --raw /clusters/us-east/api/v1/namespaces/default/pods`)).stdout,
      /"PodList"/,
    )
  })

  test('apply, diff, patch, delete go where the object says', async () => {
    const config = (value: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: placed, labels: {flotilla.dev/cluster: eu-west}}\ndata: {x: "${value}"}\n`
    assert.match((await ask('apply -f -', { input: config('1') })).stdout, /created/)
    assert.match((await ask('apply -f -', { input: config('1') })).stdout, /unchanged/)
    assert.equal((await ask('diff -f -', { input: config('2'), fails: true })).failed, true)
    assert.match((await ask('apply -f -', { input: config('2') })).stdout, /configured/)
    assert.match((await ask('apply --server-side --force-conflicts -f -', { input: config('3') })).stdout, /serverside-applied/)
    assert.equal(
      (await fleet.kubectl('--context eu-west get configmap placed -o jsonpath={.data.x}{.metadata.labels}')).stdout,
      '3',
    )
    assert.match((await ask('create configmap nowhere', { fails: true })).stderr, /does not say in which cluster/)
    await ask('-n default@asia create configmap here')
    await ask('patch configmap here --type=merge -p {"data":{"a":"b"}}')
    assert.match((await ask('delete configmap here placed@eu-west')).stdout, /"here" deleted[\s\S]*"placed@eu-west" deleted/)
  })

  test('a watch tells what happens anywhere, and goes on over a cluster that is cut', async (t) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: fleet.folder, KUBECONFIG: join(fleet.folder, 'state', 'kubeconfig') }
    const watching = spawn('kubectl', ['--context', 'fleet', 'get', 'configmaps', '-l', 'watched', '--watch'], { env })
    t.after(() => watching.kill('SIGKILL'))
    let text = ''
    for (const stream of [watching.stdout, watching.stderr]) stream.on('data', (part: Buffer) => (text += part.toString()))
    const told = (row: RegExp) => eventually(async () => assert.match(text, row))
    const make = async (context: string, name: string) => {
      await fleet.kubectl(`--context ${context} create configmap ${name}`)
      await fleet.kubectl(`--context ${context} label configmap ${name} watched=1`)
    }
    await make('us-east', 'w1')
    await told(/w1 +us-east/)
    await fleet.flotilla('chaos cluster cut eu-west')
    const list = await ask('get configmaps -l watched')
    assert.match(list.stderr, /Warning: cluster eu-west is not in this answer/)
    assert.match(list.stdout, /w1 +us-east/)
    await make('asia', 'w2')
    await fleet.flotilla('chaos heal')
    await make('eu-west', 'w3')
    for (const row of [/w2 +asia/, /w3 +eu-west/]) await told(row)
    await fleet.flotilla('chaos network cut asia')
    assert.match(
      (await ask('get configmaps -l watched')).stderr,
      /Warning: cluster asia is not in this answer: the way to it is cut/,
    )
    await fleet.flotilla('chaos heal')
  })
})
