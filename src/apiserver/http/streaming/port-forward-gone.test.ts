import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { type FakePods, fakePods } from '../../../../test/support/fakes/fake-pod-access.js'
import { type EmbeddedApi, startEmbeddedApi } from '../../../../test/support/worlds/embedded-api.js'
import { makePod, openWebSocket } from '../../../../test/support/worlds/pod-fixture.js'

let api: EmbeddedApi
let pods: FakePods
let goOn: () => void = () => {}
let dialled = 0
before(async () => {
  pods = await fakePods()
  const connect: FakePods['connect'] = async (...to) => {
    dialled++
    await new Promise<void>((done) => {
      goOn = done
    })
    return pods.connect(...to)
  }
  api = await startEmbeddedApi('member', { ...pods, connect })
  await makePod(api, 'web')
})
after(async () => {
  await api.close()
  await pods.stop()
})

test('a client that goes while its pod is dialled leaves no connection behind', { timeout: 10_000 }, async () => {
  const path = '/api/v1/namespaces/default/pods/web/portforward?ports=7'
  const webSocket = openWebSocket(api, path, ['v4.channel.k8s.io'])
  await once(webSocket, 'open')
  await until(() => dialled === 1)
  webSocket.terminate()
  await once(webSocket, 'close')
  await new Promise((done) => setTimeout(done, 100))
  goOn()
  await new Promise((done) => setTimeout(done, 200))
  assert.equal(pods.connections.size, 0)
})

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 300 && !condition(); round++) await new Promise((done) => setTimeout(done, 10))
  assert.ok(condition(), condition.toString())
}
