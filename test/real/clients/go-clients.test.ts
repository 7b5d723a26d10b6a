import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { findPeer } from '../../support/peers/real-apiserver.js'
import { type ClientFleet, startClientFleet } from '../../support/worlds/client-fleet.js'

const peer = findPeer('go-clients')
const skip = 'reason' in peer ? peer.reason : false
const path = 'path' in peer ? peer.path : ''

const crd = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.clients.example.com}
spec:
  group: clients.example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {color: {type: string}, size: {type: integer, format: int32}}}
          status:
            type: object
            properties:
              observedGeneration: {type: integer, format: int64}
              conditions:
                type: array
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [type]
                items:
                  type: object
                  required: [type, status, lastTransitionTime, reason, message]
                  properties: {type: {type: string}, status: {type: string}, lastTransitionTime: {type: string, format: date-time}, reason: {type: string}, message: {type: string}, observedGeneration: {type: integer, format: int64}}
`
const widget = (name: string, spec: string) =>
  `apiVersion: clients.example.com/v1\nkind: Widget\nmetadata: {name: ${name}, namespace: clients}\nspec: ${spec}\n`

describe('Go clients against an embedded cluster', { skip }, () => {
  let fleet: ClientFleet
  const kubectl = async (words: string, input?: string) => (await fleet.run('kubectl', words, { ...(input && { input }) })).stdout

  before(async () => {
    fleet = await startClientFleet()
    await kubectl('create namespace clients')
  })
  after(() => fleet.stop())

  test('a typed clientset: Protobuf, patches, apply, scale, eviction, tokens, pages, watch, logs', async () => {
    const { stdout } = await fleet.run(path, 'typed').catch((error) => assert.fail(String(error)))
    assert.equal(stdout.match(/^ok /gm)?.length, 16, stdout)
  })

  test('leader election hands over', async () => {
    assert.match((await fleet.run(path, 'leader')).stdout, /ok election/)
  })

  for (const program of ['informer', 'dynamic', 'metadata'] as const) {
    for (const watchList of ['true', 'false']) {
      test(`informer (${program}, WatchList ${watchList}) sees all changes`, async () => {
        const name = `${program}-${watchList}`
        await kubectl(`create configmap ${name} -n clients --from-literal=value=1`)
        const client = fleet.start(path, program, { KUBE_FEATURE_WatchListClient: watchList })
        await client.saw('synced', 30)
        await client.saw(new RegExp(`add ${name} ${program === 'informer' ? '1' : ''}`))
        await kubectl(`create configmap ${name}-2 -n clients`)
        await client.saw(`add ${name}-2`)
        await kubectl(`patch configmap ${name} -n clients -p '{"data":{"value":"2"}}'`)
        await client.saw(program === 'informer' ? `update ${name} 2` : `update ${name}`)
        await kubectl(`delete configmap ${name} ${name}-2 -n clients`)
        await client.saw(`delete ${name}-2`)
        await client.stop()
      })
    }
  }

  test('a client that would rather have CBOR takes what there is', async () => {
    const client = fleet.start(path, 'dynamic', { KUBE_FEATURE_ClientsAllowCBOR: 'true', KUBE_FEATURE_ClientsPreferCBOR: 'true' })
    await client.saw('synced', 30)
    await kubectl('create configmap cbor -n clients')
    await client.saw('add cbor ConfigMap')
    await client.stop()
  })

  test('controller-runtime: webhooks by URL, reconciler, status, finalizer, leader election', async () => {
    await kubectl('apply -f -', crd)
    await kubectl('wait --for=condition=Established crd/widgets.clients.example.com --timeout=20s')
    const manager = fleet.start(path, 'manager')
    await manager.saw('ready')
    await kubectl('apply -f -', widget('one', '{size: 3}'))
    await kubectl('wait --for=condition=Ready widget/one -n clients --timeout=30s')
    assert.equal(
      await kubectl('get widget one -n clients -o jsonpath={.spec.color}/{.metadata.finalizers[0]}'),
      'grey/clients.example.com/tidy',
    )
    assert.deepEqual(JSON.parse(await kubectl('get cm widget-one -n clients -o jsonpath={.data}')), { color: 'grey', size: '3' })
    const denied = await fleet.run('kubectl', 'apply -f -', { input: widget('bad', '{color: infrared}'), fails: true })
    assert.match(denied.stderr, /admission webhook "validate\.clients\.example\.com" denied the request: nobody sees infrared/)
    const warned = await fleet.run('kubectl', 'apply -f -', { input: widget('one', '{size: 300}') })
    assert.match(warned.stderr, /Warning: that is a large widget/)
    await manager.saw('updated widget-one')
    await kubectl('wait --for=jsonpath={.status.observedGeneration}=2 widget/one -n clients --timeout=20s')
    // What it owns is restored.
    await kubectl('delete cm widget-one -n clients')
    await manager.saw(/created widget-one[\s\S]*created widget-one/)
    await kubectl('delete widget one -n clients --timeout=30s')
    await manager.saw('tidied one')
    await kubectl('wait --for=delete cm/widget-one -n clients --timeout=30s')
    assert.equal(await manager.stop(), 0, manager.text())
    await kubectl('delete mutatingwebhookconfiguration,validatingwebhookconfiguration clients-widgets')
  })

  test('informers and a manager live through a restart of the server', async () => {
    const watchers = ['informer', 'dynamic', 'metadata'].flatMap((program) =>
      ['true', 'false'].map((watchList) => fleet.start(path, program, { KUBE_FEATURE_WatchListClient: watchList })),
    )
    for (const each of watchers) await each.saw('synced')
    await fleet.restart()
    await kubectl('create configmap later -n clients --from-literal=value=1')
    for (const each of watchers) await each.saw('add later', 60)
    await kubectl('delete configmap later -n clients')
    for (const each of watchers) await each.saw('delete later', 60)
    for (const each of watchers) await each.stop()
  })
})
