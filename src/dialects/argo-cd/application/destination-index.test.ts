import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { FakeKubeClient } from '../../../../test/support/fakes/fake-kube-client.js'
import { silentLog } from '../../../base/log.js'
import { createSeededRandom } from '../../../base/random.js'
import { VirtualClock } from '../../../base/virtual-clock.js'
import { createCaches } from '../../../kube/informer/create-caches.js'
import type { ApplicationSpec } from '../kinds/application.js'
import { applicationType } from '../kinds/resource-types.js'
import { application } from './application-fixture.js'
import { indexDestinations } from './destination-index.js'

test('applications are found by the name and by the server of a cluster, as they stand now', async () => {
  const ending = new AbortController()
  const client = new FakeKubeClient({ types: [applicationType] })
  const add = (name: string, destination: ApplicationSpec['destination']) =>
    client.create(applicationType, application({ destination }, undefined, { metadata: { name, namespace: 'argocd' } }))
  await add('a', { name: 'east' })
  await add('b', { server: 'https://east/' })
  await add('c', { name: 'west' })
  await add('d', {})
  const caches = createCaches({
    client,
    clock: new VirtualClock({ idle: () => new Promise((done) => setImmediate(done)) }),
    random: createSeededRandom(1),
    log: silentLog,
    signal: ending.signal,
  })
  const index = await indexDestinations(caches)
  assert.deepEqual([...index.on({ name: 'east', server: 'https://east' })], ['argocd/a', 'argocd/b'])
  assert.deepEqual([...index.on({ name: 'east', server: undefined })], ['argocd/a'])
  assert.deepEqual([...index.byServer()], ['argocd/b'])
  assert.deepEqual([...index.on({ name: 'nowhere', server: 'https://nowhere' })], [])
  const target = { type: applicationType, namespace: 'argocd', name: 'b' }
  await client.patch(target, { kind: 'merge', body: { spec: { destination: { server: null, name: 'west' } } } })
  await client.delete({ ...target, name: 'c' })
  for (let turn = 0; turn < 10; turn++) await setImmediate()
  assert.deepEqual([...index.byServer()], [])
  assert.deepEqual([...index.on({ name: 'west', server: 'https://west' })], ['argocd/b'])
  ending.abort()
})
