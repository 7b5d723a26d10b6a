import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectKubeconfigFile } from '../../src/app/access/kubeconfig-files.js'
import { createSystemClientPorts } from '../../src/app/system/system-client-ports.js'
import { formatClusterSecret } from '../../src/dialects/argo-cd/cluster-secret/format-cluster-secret.js'
import { builtInResources } from '../../src/kube/schema/resources.js'
import { kubectlIn, kubectlIsMissing } from '../support/peers/kubectl-in.js'
import { findPeer, startRealApiServer } from '../support/peers/real-apiserver.js'
import { startClientFleet } from '../support/worlds/client-fleet.js'
import { eventually } from '../support/worlds/running-fleet.js'

const missing = kubectlIsMissing() ? 'kubectl is not installed' : false

const peer = findPeer('go-clients')
const noClients = missing || ('reason' in peer ? peer.reason : false)

test('informers of client-go, by pages and by WatchList, know all members apart', { skip: noClients }, async () => {
  const path = 'path' in peer ? peer.path : ''
  const fleet = await startClientFleet()
  try {
    const kubectl = (words: string) => fleet.run('kubectl', words)
    await kubectl('config use-context fleet')
    await kubectl('--context one create namespace clients')
    await kubectl('--context one -n clients create configmap same --from-literal=value=1')
    for (const watchList of ['true', 'false']) {
      const client = fleet.start(path, 'informer', { KUBE_FEATURE_WatchListClient: watchList })
      await client.saw('synced', 30)
      await client.saw(/add same@one \d/)
      await kubectl(`-n clients create configmap later-${watchList}@one`)
      await client.saw(`add later-${watchList}@one`)
      await kubectl(`-n clients patch configmap same@one -p '{"data":{"value":"${watchList === 'true' ? 2 : 3}"}}'`)
      await client.saw(`update same@one ${watchList === 'true' ? 2 : 3}`)
      await kubectl(`-n clients delete configmap later-${watchList}`)
      await client.saw(`delete later-${watchList}@one`)
      await client.stop()
    }
  } finally {
    await fleet.stop()
  }
})

test('flotilla hub serves it beside a real kube-apiserver, to its users by its rules', { skip: missing }, async (t) => {
  const real = await startRealApiServer()
  if (typeof real === 'string') return t.skip(real)
  const home = mkdtempSync(join(tmpdir(), 'flotilla-fleet-api-'))
  const kubeconfig = join(home, 'fleet.kubeconfig')
  const args = ['bin/flotilla.js', 'hub', '--kubeconfig', real.kubeconfig, '--install', '--log-level', 'warn']
  args.push('--fleet-api', '0', '--fleet-api-kubeconfig', kubeconfig, '--audit-log-path', join(home, 'audit.log'))
  const hub = spawn(process.execPath, args, { env: { PATH: process.env.PATH, HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [hub.stdout, hub.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()))
  const { client, connection } = await connectKubeconfigFile({ path: real.kubeconfig, name: 'real' }, createSystemClientPorts({}))
  const kubectl = kubectlIn(home)
  const ask = (text: string, options?: { fails?: boolean; input?: string }) =>
    kubectl(['--kubeconfig', kubeconfig, ...text.split(' ')], options)
  try {
    const end = Date.now() + 30_000
    while (!said.includes('Hub running')) {
      assert.ok(Date.now() < end && hub.exitCode === null, said)
      await new Promise((done) => setTimeout(done, 50))
    }
    // One API server under two names: what it answers is real, and everything is there twice.
    const secrets = builtInResources.find((type) => type.group === '' && type.plural === 'secrets')!
    for (const name of ['one', 'two'])
      await client.create(secrets, formatClusterSecret({ name, namespace: 'argocd', connection, labels: {}, project: '' }))
    for (let index = 0; index < 5; index++) await kubectl(['--kubeconfig', real.kubeconfig, 'create', 'configmap', `c${index}`])
    const rows = await eventually(async () => {
      const all = (await ask('get configmaps --field-selector metadata.name!=kube-root-ca.crt --no-headers')).stdout
      const lines = all.trim().split('\n')
      assert.equal(lines.length, 10, all)
      return lines
    })
    const paged = (await ask('get configmaps --field-selector metadata.name!=kube-root-ca.crt --no-headers --chunk-size=3'))
      .stdout
    assert.deepEqual(
      paged
        .trim()
        .split('\n')
        .map((row) => row.split(/\s+/).slice(0, 2).join(' ')),
      rows.map((row) => row.split(/\s+/).slice(0, 2).join(' ')),
    )
    assert.match((await ask('get configmap c1', { fails: true })).stderr, /is in 2 clusters \(one, two\)/)
    assert.match((await ask('get configmap c1@two')).stdout, /c1 +two/)
    await ask('label configmap c1@two a=b')
    await ask('wait configmap/c1@one --for=jsonpath={.metadata.labels.a}=b --timeout=10s')
    assert.match(
      (await ask('apply -f -', { input: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made@one}\ndata: {a: b}\n' })).stdout,
      /made@one created/,
    )
    const watching = ask('get configmaps --watch-only --request-timeout=10s', { fails: true })
    await kubectl(['--kubeconfig', real.kubeconfig, 'create', 'configmap', 'seen'])
    let watched = ''
    const over = watching.then(({ stdout }) => (watched = stdout))
    // Whoever begins to watch only later is told of the next change.
    for (let turn = 0; watched === ''; turn++) {
      await kubectl(['--kubeconfig', real.kubeconfig, 'annotate', 'configmap', 'seen', `turn=${turn}`, '--overwrite'])
      await Promise.race([over, new Promise((done) => setTimeout(done, 500))])
    }
    assert.match(watched, /seen +one/)
    assert.match(watched, /seen +two/)
    assert.match((await ask('auth whoami')).stdout, /Username/)
    // Whoever may nothing there may nothing here.
    const nobody = await ask('get configmaps --as=nobody', { fails: true })
    assert.match(nobody.stderr, /configmaps is forbidden: User "nobody" cannot list resource "configmaps"/)
  } finally {
    hub.kill('SIGINT')
    await new Promise((done) => hub.once('exit', done))
    client.close()
    await real.stop()
    rmSync(home, { recursive: true, force: true })
  }
})
