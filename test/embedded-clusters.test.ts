import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connectKubeconfigFile } from '../src/app/access/kubeconfig-files.js'
import { type EmbeddedCluster, embeddedClusterType } from '../src/app/embedded-clusters/embedded-cluster.js'
import { openDataDirectory, prepareDataDirectory } from '../src/app/fleet/data-directory.js'
import { startEmbeddedFleet } from '../src/app/fleet/embedded-fleet.js'
import { createSystemClientPorts } from '../src/app/system/system-client-ports.js'
import { silentLog } from '../src/base/log.js'
import { isNotFound } from '../src/kube/object/status-error.js'
import { freePorts } from './support/peers/free-ports.js'

const folder = mkdtempSync(join(tmpdir(), 'embedded-clusters-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const namespaces = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }
const nodes = { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false }
const secrets = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }

async function start(port: number | undefined) {
  const directory = prepareDataDirectory(join(folder, 'fleet'))
  const fleet = await startEmbeddedFleet({
    directory,
    members: ['first'],
    port,
    demo: false,
    sync: false,
    env: {},
    log: silentLog,
  })
  const connect = async (context: string) =>
    (await connectKubeconfigFile({ path: directory.file('kubeconfig'), context, name: context }, createSystemClientPorts({})))
      .client
  return { fleet, connect }
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((done) => setTimeout(done, 25))
  }
  return assert.fail(what)
}

test('clusters come and go while the fleet runs, and a restart has those that were left', { timeout: 60_000 }, async () => {
  const [port] = await freePorts(1)
  const { fleet, connect } = await start(port)
  const hub = await connect('hub')
  const make = (name: string, spec: EmbeddedCluster['spec']) =>
    hub.create<EmbeddedCluster>(embeddedClusterType, {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'EmbeddedCluster',
      metadata: { name },
      spec: spec ?? {},
    })
  const condition = (name: string, status: string) =>
    until(`${name} is not Ready=${status}`, async () => {
      const cluster = await hub.get<EmbeddedCluster>({ type: embeddedClusterType, name })
      return cluster.status?.conditions?.some((each) => each.type === 'Ready' && each.status === status) ? cluster : undefined
    })
  assert.equal((await condition('first', 'True')).status?.server, fleet.description.clusters[0]?.server)

  await make('second', { nodes: '2xm5.large', labels: { env: 'dev' } })
  await make('plain', { profile: 'bare' })
  await condition('second', 'True')
  await condition('plain', 'True')
  const second = await connect('second')
  await until('second has no nodes', async () => ((await second.list(nodes)).items.length === 2 ? true : undefined))
  assert.equal((await second.list(nodes)).items[0]?.metadata.labels?.['node.kubernetes.io/instance-type'], 'm5.large')
  const secret = await hub.get({ type: secrets, namespace: 'argocd', name: 'cluster-second' })
  assert.equal(secret.metadata.labels?.['env'], 'dev')
  assert.equal((await (await connect('plain')).list(nodes)).items.length, 0)
  await second.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kept' } })

  await assert.rejects(make('odd', { version: '1.20' }), { code: 'invalid' })
  await assert.rejects(
    hub.patch({ type: embeddedClusterType, name: 'second' }, { kind: 'merge', body: { spec: { nodes: '5' } } }),
    /nodes cannot be changed/,
  )
  await make('hub', {})
  assert.match((await condition('hub', 'False')).status?.conditions?.[0]?.message ?? '', /is the name of the hub/)
  await hub.delete({ type: embeddedClusterType, name: 'hub' })

  await hub.delete({ type: embeddedClusterType, name: 'plain' })
  await until('plain stays', () =>
    hub.get({ type: embeddedClusterType, name: 'plain' }).then(
      () => undefined,
      (error: unknown) => isNotFound(error) || undefined,
    ),
  )
  await assert.rejects(hub.get({ type: secrets, namespace: 'argocd', name: 'cluster-plain' }), isNotFound)
  await assert.rejects(connect('plain'))
  await fleet.stop()

  const config = JSON.parse(readFileSync(openDataDirectory(join(folder, 'fleet')).file('fleet.json'), 'utf8')).config
  assert.deepEqual(
    config.members.map((member: { name: string }) => member.name),
    ['first', 'second'],
  )
  const again = await start(port)
  assert.deepEqual(
    again.fleet.description.clusters.map((each) => each.name),
    ['first', 'second'],
  )
  assert.equal((await (await again.connect('second')).get({ type: namespaces, name: 'kept' })).metadata.name, 'kept')
  await again.fleet.stop()
})
