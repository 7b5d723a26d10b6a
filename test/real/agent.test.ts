// Three real kube-apiservers on etcd: a hub, a member that the hub pushes to, and one that is reached by its agent alone.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connectKubeconfigFile } from '../../src/app/access/kubeconfig-files.js'
import { createToken } from '../../src/app/agent/agent-tokens.js'
import { approveCluster } from '../../src/app/agent/approve-cluster.js'
import { createFileStore } from '../../src/app/agent/file-store.js'
import { startAgent } from '../../src/app/agent/start-agent.js'
import { serveFleetApi } from '../../src/app/fleet-view/serve-fleet-api.js'
import { startHub } from '../../src/app/hub/hub.js'
import { installHub } from '../../src/app/hub/install-hub.js'
import { createSystemClientPorts } from '../../src/app/system/system-client-ports.js'
import { systemClock, systemRandom } from '../../src/app/system/system-ports.js'
import { clusterNamespace, workType } from '../../src/areas/agent/resource-types.js'
import { silentLog } from '../../src/base/log.js'
import { createMemoryRepositories } from '../../src/delivery/source/memory-repositories.js'
import { formatClusterSecret } from '../../src/dialects/argo-cd/cluster-secret/format-cluster-secret.js'
import { createHttpClient } from '../../src/kube/client/http-client.js'
import { findPeer, startRealApiServer } from '../support/peers/real-apiserver.js'
import { until } from '../support/worlds/agent-fleet.js'

const namespace = 'argocd'
const secrets = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }
const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const namespaces = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }
const placements = { group: 'flotilla.dev', version: 'v1alpha1', kind: 'Placement', plural: 'placements', namespaced: true }

const started = await Promise.all([startRealApiServer(), startRealApiServer(), startRealApiServer()])
const failed = started.find((each) => typeof each === 'string')
const kubectl = findPeer('kubectl')
const [hubServer, pushServer, pullServer] = started
if (
  typeof failed === 'string' ||
  typeof hubServer !== 'object' ||
  typeof pushServer !== 'object' ||
  typeof pullServer !== 'object'
) {
  test('a hub and members on real kube-apiservers', { skip: String(failed) }, () => {})
} else {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-agent-'))
  const stopping = new AbortController()
  after(async () => {
    stopping.abort()
    for (const each of started) if (typeof each === 'object') await each.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a placed object arrives in a pushed member and in a pulled one; kubectl through the hub reaches the pulled one', async () => {
    const clientPorts = createSystemClientPorts({})
    const ports = { clock: systemClock, random: systemRandom, log: silentLog }
    const open = (name: string, path: string) => connectKubeconfigFile({ name, path }, clientPorts)
    const hub = await open('hub', hubServer.kubeconfig)
    const push = await open('push', pushServer.kubeconfig)
    const pull = await open('pull', pullServer.kubeconfig)
    await installHub(hub.client, { namespace })
    await hub.client.create(secrets, formatClusterSecret({ name: 'push', namespace, connection: push.connection }))
    const running = await startHub({
      hub: hub.client,
      namespace,
      openRepositories: () => createMemoryRepositories({ clock: systemClock }),
      connect: (cluster, connection) => createHttpClient({ name: cluster.name, connection, ports: clientPorts }),
      agents: { listen: { host: '127.0.0.1', port: 0 } },
      ports,
      signal: stopping.signal,
    })

    // Joining, with a token and an approval.
    const { text: token, front } = await createToken({ hub: hub.client, namespace }, { ttlSeconds: 600, approves: false })
    const waiting: string[] = []
    const agent = startAgent({
      name: 'pull',
      place: { url: front.url, caHash: front.caHash },
      token,
      store: createFileStore(join(folder, 'state')),
      client: pull.client,
      connection: pull.connection,
      clientPorts,
      rules: { access: 'full', impersonation: true },
      ports,
      signal: stopping.signal,
      onWait: (message) => waiting.push(message),
    })
    agent.catch(() => {})
    await until('the agent waits', () => waiting.length > 0)
    await approveCluster(hub.client, 'pull', /sha256:\w+/.exec(waiting[0]!)![0])
    await until('it is here', () => running.inventory.state('pull').health === 'Healthy', 20_000)

    // The hub holds no credential of the member.
    const { items } = await hub.client.list(secrets)
    assert.ok(!JSON.stringify(items).includes(Buffer.from(pullServer.token).toString('base64')))

    // A placed object arrives in both, and a change as well.
    await until('placements are served', () =>
      hub.client.create(placements, {
        apiVersion: 'flotilla.dev/v1alpha1',
        kind: 'Placement',
        metadata: { name: 'everywhere', namespace: 'default' },
        spec: {},
      }),
    )
    const placed = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'placed', namespace: 'default', labels: { 'flotilla.dev/placement': 'everywhere' } },
      data: { text: 'hello' },
    }
    const sentAt = performance.now()
    await hub.client.create(configMaps, placed)
    const textOn = async ({ client }: typeof push) =>
      ((await client.get({ type: configMaps, namespace: 'default', name: 'placed' }))['data'] as { text: string }).text
    await until('pushed', async () => (await textOn(push)) === 'hello', 20_000)
    const pushedMs = performance.now() - sentAt
    await until('pulled', async () => (await textOn(pull)) === 'hello', 20_000)
    const tookMs = performance.now() - sentAt
    const change = { kind: 'merge' as const, body: { data: { text: 'changed' } } }
    await hub.client.patch({ type: configMaps, namespace: 'default', name: 'placed' }, change)
    await until('the change is pulled', async () => (await textOn(pull)) === 'changed', 20_000)
    await until('which is told', async () => {
      const works = (await hub.client.list(workType, { namespace: clusterNamespace('pull') })).items
      return (works[0]?.['status'] as { state?: string } | undefined)?.state === 'Applied'
    })
    await pull.client.patch(
      { type: configMaps, namespace: 'default', name: 'placed' },
      { kind: 'merge', body: { data: { text: 'drift' } } },
    )
    await until('drift is put right by the agent', async () => (await textOn(pull)) === 'changed', 20_000)

    // kubectl, through the hub.
    if ('reason' in kubectl) return
    const kubeconfig = join(folder, 'fleet')
    const served = await serveFleetApi({
      hub: hub.client,
      connection: hub.connection,
      inventory: running.inventory,
      address: { address: '127.0.0.1', port: 0 },
      open: (cluster) => running.agents?.forward(cluster),
      env: {},
      ports,
    })
    try {
      const config = (path: string) => ({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'one',
        clusters: [{ name: 'one', cluster: { server: served.url + path, 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'one', user: { token: hubServer.token } }],
        contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
      })
      writeFileSync(kubeconfig, JSON.stringify(config('/clusters/pull')), { mode: 0o600 })
      assert.equal(await run(kubectl.path, ['get', 'cm', 'placed', '-o', 'jsonpath={.data.text}'], kubeconfig), 'changed')
      await run(kubectl.path, ['create', 'ns', 'through-the-hub'], kubeconfig)
      await pull.client.get({ type: namespaces, name: 'through-the-hub' })
      writeFileSync(kubeconfig, JSON.stringify(config('')), { mode: 0o600 })
      const table = await run(kubectl.path, ['get', 'cm'], kubeconfig)
      assert.match(table, /placed\s+pull/)
      assert.match(table, /placed\s+push/)
    } finally {
      await served.close()
    }
    assert.ok(tookMs < 20_000)
    console.log(`# placed after ${Math.round(pushedMs)} ms where it is pushed, ${Math.round(tookMs)} ms where it is pulled`)
  })
}

function run(program: string, args: readonly string[], kubeconfig: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { PATH: process.env['PATH'], KUBECONFIG: kubeconfig, HOME: '/tmp' } })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.once('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${args.join(' ')}: ${err}`))))
  })
}
