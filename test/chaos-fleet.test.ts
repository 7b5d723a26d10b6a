import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { detectLoopback } from '../src/apiserver/members/network/detect-loopback.js'
import { connectKubeconfigFile } from '../src/app/access/kubeconfig-files.js'
import { failCluster, failLink, failNode, healAll, healNode } from '../src/app/chaos/chaos-actions.js'
import { prepareDataDirectory } from '../src/app/fleet/data-directory.js'
import { startEmbeddedFleet } from '../src/app/fleet/embedded-fleet.js'
import { createSystemClientPorts } from '../src/app/system/system-client-ports.js'
import { silentLog } from '../src/base/log.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import { freePorts } from './support/peers/free-ports.js'

const folder = mkdtempSync(join(tmpdir(), 'flotilla-chaos-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const abilities = await detectLoopback()
const skip = abilities.addresses ? false : 'only 127.0.0.1 can be bound here'

const pods = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }
const services = { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true }
const slices = { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice', plural: 'endpointslices', namespaced: true }
type Pod = KubeObject & {
  spec: { nodeName: string }
  status?: { podIP?: string; conditions?: { type: string; status: string }[]; containerStatuses?: { restartCount: number }[] }
}

/** What a GET answers, or the code of its failure. */
function read(address: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    get({ host: address, port, agent: false, timeout: 5000 }, (response) => {
      let text = ''
      response.on('data', (part) => (text += part)).on('end', () => resolve(text))
      response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
  })
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  for (let start = performance.now(); performance.now() - start < 20_000; ) {
    if (await look()) return
    await new Promise((done) => setTimeout(done, 25))
  }
  assert.fail(`${what}: not within 20 s`)
}

test('power, nodes and ways between clusters fail and come back for real traffic', { skip, timeout: 100_000 }, async () => {
  const directory = prepareDataDirectory(join(folder, 'fleet'))
  const [port] = await freePorts(1)
  const fleet = await startEmbeddedFleet({
    directory,
    members: ['one', 'two'],
    port,
    demo: false,
    sync: false,
    pods: 'auto',
    env: { PATH: process.env['PATH'] },
    log: silentLog,
  })
  const clients: KubeClient[] = []
  const connect = async (context: string) => {
    const path = directory.file('kubeconfig')
    const { client } = await connectKubeconfigFile({ path, context, name: context }, createSystemClientPorts({}))
    clients.push(client)
    return client
  }
  try {
    const [hub, one, two] = await Promise.all([connect('hub'), connect('one'), connect('two')])
    const image = 'registry.k8s.io/e2e-test-images/agnhost:2.53'
    const containers = [{ name: 'web', image, args: ['netexec', '--http-port=8080'], ports: [{ containerPort: 8080 }] }]
    const metadata = { name: 'web', namespace: 'default', labels: { app: 'web' } }
    await two.create(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers } })
    const ports = [{ name: 'http', port: 8000, targetPort: 8080 }]
    const nearService = { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: 'web' }, ports } }
    const near = String((await two.create(services, nearService)).spec?.['clusterIP' as never])
    const pod = async () => (await two.get({ type: pods, namespace: 'default', name: 'web' })) as Pod
    const restarts = async () => (await pod()).status?.containerStatuses?.[0]?.restartCount
    await until('the Service answers in its own cluster', async () => /^NOW/.test(await read(near, 8000)))

    // The other cluster imports it, as multi-cluster services do.
    const { podIP = '', conditions } = (await pod()).status ?? {}
    assert.equal(conditions?.find(({ type }) => type === 'Ready')?.status, 'True')
    const importSpec = { ports: [{ name: 'http', port: 8000 }] }
    const imported = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'far', namespace: 'default' }, spec: importSpec }
    const far = String((await one.create(services, imported)).spec?.['clusterIP' as never])
    await one.create(slices, {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: 'far-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'far' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [podIP] }],
      ports: [{ name: 'http', port: 8080 }],
    })
    await until('the Service answers in the other cluster', async () => /^NOW/.test(await read(far, 8000)))

    const namespace = 'argocd'
    await until('the hub has a profile of both', async () =>
      failLink(hub, namespace, ['one', 'two'], { outage: { kind: 'cut' } }).then(
        () => true,
        () => false,
      ),
    )
    await until('the way is cut', async () => (await read(far, 8000)) === 'ECONNRESET')
    assert.match(await read(near, 8000), /^NOW/)
    assert.equal(await healAll(hub, namespace, async () => undefined), 1)
    await until('the way is whole', async () => /^NOW/.test(await read(far, 8000)))

    await failCluster(hub, namespace, 'two', { state: 'stopped' })
    await until('nothing of the cluster listens', async () => {
      const answers = await Promise.all([read(near, 8000), read(podIP, 8080)])
      return answers.every((answer) => answer === 'ECONNREFUSED')
    })
    assert.equal(await read(far, 8000), 'ECONNRESET', 'its pods are unreachable from elsewhere')
    await until('its API is gone', () =>
      pod().then(
        () => false,
        () => true,
      ),
    )
    // Another program takes the port in the meantime: the cluster is back once it lets go.
    const taker = createServer((socket) => socket.destroy())
    const api = new URL(fleet.description.clusters.find(({ name }) => name === 'two')!.server)
    await new Promise<void>((done) => taker.listen(Number(api.port), api.hostname, done))
    await failCluster(hub, namespace, 'two', { state: null })
    await new Promise((done) => setTimeout(done, 300))
    await new Promise((done) => taker.close(done))
    await until('it is back for everybody', async () => {
      const answers = await Promise.all([read(near, 8000), read(far, 8000)])
      return answers.every((answer) => /^NOW/.test(answer))
    })
    await until('its API tells of one restart', async () => (await restarts().catch(() => -1)) === 1)

    await failNode(two, (await pod()).spec.nodeName, { state: 'crashed', graceSeconds: 0 })
    await until('the process is gone with its node', async () => (await read(podIP, 8080)) === 'ECONNREFUSED')
    await until('the Service leads nowhere', async () => /^ECONN/.test(await read(near, 8000)))
    await healNode(two, (await pod()).spec.nodeName)
    await until('it is back with its node', async () => /^NOW/.test(await read(near, 8000)))
    await until('its API tells of two restarts', async () => (await restarts()) === 2)
  } finally {
    for (const client of clients) client.close()
    await fleet.stop()
  }
})
