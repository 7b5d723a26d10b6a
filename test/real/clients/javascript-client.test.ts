import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type ClientFleet, startClientFleet } from '../../support/worlds/client-fleet.js'

/** A script on the public JavaScript client, which is installed for the test only: each line it prints is one thing that worked. */
const script = `
import { AppsV1Api, CoreV1Api, CustomObjectsApi, Exec, KubeConfig, KubernetesObjectApi, Log, PatchStrategy, PortForward, Watch, makeInformer, setHeaderOptions } from '@kubernetes/client-node'
import { PassThrough, Writable } from 'node:stream'
import { createServer, connect } from 'node:net'
import assert from 'node:assert/strict'

const config = new KubeConfig()
config.loadFromDefault()
const core = config.makeApiClient(CoreV1Api)
const apps = config.makeApiClient(AppsV1Api)
const namespace = 'default'
const ok = (what) => console.log('ok ' + what)
const until = async (check) => {
  const end = Date.now() + 30000
  while (!(await check())) {
    if (Date.now() > end) throw new Error('never: ' + check)
    await new Promise((done) => setTimeout(done, 50))
  }
}

const seen = []
const informer = makeInformer(config, '/api/v1/namespaces/default/configmaps', () => core.listNamespacedConfigMap({ namespace }))
for (const verb of ['add', 'update', 'delete']) informer.on(verb, (object) => seen.push(verb + ' ' + object.metadata.name))
informer.on('error', (error) => console.log('informer: ' + error))
await informer.start()
await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'js' }, data: { a: '1' } } })
await until(() => seen.includes('add js'))
await core.patchNamespacedConfigMap({ namespace, name: 'js', body: { data: { b: '2' } } }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch))
await until(() => seen.includes('update js'))
const read = await core.readNamespacedConfigMap({ namespace, name: 'js' })
assert.deepEqual(read.data, { a: '1', b: '2' })
await core.patchNamespacedConfigMap({ namespace, name: 'js', body: [{ op: 'remove', path: '/data/a' }] }, setHeaderOptions('Content-Type', PatchStrategy.JsonPatch))
await core.deleteNamespacedConfigMap({ namespace, name: 'js' })
await until(() => seen.includes('delete js'))
await informer.stop()
ok('informer')

const labels = { app: 'js' }
const spec = { containers: [{ name: 'c', image: 'nginx' }] }
await apps.createNamespacedDeployment({ namespace, body: { metadata: { name: 'js' }, spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } } } })
await until(async () => (await apps.readNamespacedDeployment({ namespace, name: 'js' })).status?.readyReplicas === 1)
await apps.patchNamespacedDeploymentScale({ namespace, name: 'js', body: { spec: { replicas: 2 } } }, setHeaderOptions('Content-Type', PatchStrategy.MergePatch))
await until(async () => (await apps.readNamespacedDeployment({ namespace, name: 'js' })).status?.readyReplicas === 2)
ok('deployment')

const objects = KubernetesObjectApi.makeApiClient(config)
const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied', namespace }, data: { x: 'y' } }
await objects.patch(applied, undefined, undefined, 'js-tests', true, PatchStrategy.ServerSideApply)
assert.equal((await objects.read(applied)).data.x, 'y')
assert.ok((await objects.list('v1', 'ConfigMap', namespace)).items.length >= 2)
await objects.delete(applied)
await assert.rejects(objects.read(applied), (error) => error.code === 404)
ok('objects')

let closed = false
const events = []
const request = await new Watch(config).watch('/api/v1/namespaces/default/pods', { timeoutSeconds: 2, allowWatchBookmarks: true }, (type, object) => events.push(type + object.kind), () => { closed = true })
await until(() => closed)
assert.ok(events.includes('ADDEDPod'), events.join())
ok('watch')

const [pod] = (await core.listNamespacedPod({ namespace, labelSelector: 'app=js' })).items
const name = pod.metadata.name
let text = ''
const out = new Writable({ write(chunk, _encoding, done) { text += chunk; done() } })
const status = await new Promise((done, fail) => new Exec(config).exec(namespace, name, 'c', ['echo', 'from-js'], out, out, null, false, done).catch(fail))
assert.equal(status.status, 'Success')
await until(() => text.includes('from-js'))
ok('exec')

const forward = new PortForward(config)
const server = createServer((socket) => void forward.portForward(namespace, name, [80], socket, null, socket))
await new Promise((done) => server.listen(0, '127.0.0.1', done))
const answer = await new Promise((done, fail) => {
  const socket = connect(server.address().port, '127.0.0.1')
  let got = ''
  socket.on('data', (chunk) => { got += chunk; if (got.includes('nginx')) done(got) }).on('error', fail)
  socket.write('GET / HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\n\\r\\n')
})
assert.match(answer, /200 OK/)
ok('portforward')

let log = ''
const sink = new PassThrough()
sink.on('data', (chunk) => { log += chunk })
await new Log(config).log(namespace, name, 'c', sink, { follow: false })
await until(() => log.includes('GET /'))
ok('log')

const custom = config.makeApiClient(CustomObjectsApi)
const gadgets = { group: 'js.example.com', version: 'v1', plural: 'gadgets', namespace }
await custom.createNamespacedCustomObject({ ...gadgets, body: { apiVersion: 'js.example.com/v1', kind: 'Gadget', metadata: { name: 'one' }, spec: { color: 'red' } } })
assert.equal((await custom.listNamespacedCustomObject(gadgets)).items.length, 1)
await custom.patchNamespacedCustomObject({ ...gadgets, name: 'one', body: [{ op: 'replace', path: '/spec/color', value: 'blue' }] })
assert.equal((await custom.getNamespacedCustomObject({ ...gadgets, name: 'one' })).spec.color, 'blue')
ok('custom')
process.exit(0)
`

const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: gadgets.js.example.com}
spec:
  group: js.example.com
  scope: Namespaced
  names: {plural: gadgets, singular: gadget, kind: Gadget, listKind: GadgetList}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {color: {type: string}}}}}}}]
`

describe('@kubernetes/client-node against an embedded cluster', () => {
  let fleet: ClientFleet
  let missing: string | undefined

  before(async () => {
    fleet = await startClientFleet({ pods: 'auto' })
    fleet.write('package.json', '{"type":"module"}')
    const words = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '@kubernetes/client-node@1.4.0']
    // With the settings of the user, who may have a registry of their own.
    const installed = await promisify(execFile)('npm', words, { cwd: fleet.folder, timeout: 120_000 }).then(
      () => undefined,
      (error: Error) => error.message,
    )
    if (!existsSync(`${fleet.folder}/node_modules/@kubernetes/client-node`)) missing = `no @kubernetes/client-node: ${installed}`
  })
  after(() => fleet.stop())

  test('informer, patches, apply, watch, exec, port-forward, log, custom objects', async (context) => {
    if (missing !== undefined) return context.skip(missing)
    fleet.write('script.mjs', script)
    await fleet.run('kubectl', 'apply -f -', { input: crd })
    await fleet.run('kubectl', 'wait --for=condition=Established crd/gadgets.js.example.com --timeout=20s')
    const client = fleet.start('node', 'script.mjs')
    await client.saw('ok custom', 90)
    assert.deepEqual(client.text().match(/^ok \w+$/gm)?.length, 8, client.text())
  })
})
