import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeKubeClient } from '../../../../test/support/fake-kube-client.js'
import { silentLog } from '../../../base/log.js'
import { createSeededRandom } from '../../../base/random.js'
import { VirtualClock } from '../../../base/virtual-clock.js'
import { createCaches } from '../../../kube/informer/create-caches.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { builtInResources } from '../../../kube/schema/resources.js'
import { parseRepositorySecret } from './parse-repository-secret.js'
import { createRepositorySecrets } from './repository-secrets.js'

const secretType = builtInResources.find((type) => type.kind === 'Secret')!
const base64 = (text: string) => Buffer.from(text).toString('base64')

function secret(name: string, kind: string, data: Record<string, string>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': kind } },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
  }
}

test('the repository`s own Secret wins, then the longest template', async () => {
  const hub = new FakeKubeClient({ types: [secretType] })
  const clock = new VirtualClock({ idle: async () => {} })
  const stopping = new AbortController()
  const caches = createCaches({ client: hub, clock, random: createSeededRandom(1), log: silentLog, signal: stopping.signal })
  const secrets = createRepositorySecrets()
  assert.equal(secrets.credentials('https://git.example/team/app'), undefined)
  const all = [
    secret('all', 'repo-creds', { url: 'https://git.example', username: 'all', password: 'a' }),
    secret('team', 'repo-creds', { url: 'https://git.example/team', username: 'team', password: 't' }),
    secret('app', 'repository', { url: 'https://git.example/team/app.git', username: 'app', password: 'p', insecure: 'true' }),
    secret('known', 'repository', { url: 'https://git.example/team/known' }),
    secret('helm', 'repository', { url: 'https://git.example/charts', type: 'helm', username: 'h' }),
    secret('ssh', 'repository', { url: 'git@git.example:team/app.git', sshPrivateKey: 'KEY' }),
  ]
  for (const one of all) await hub.create(secretType, one)
  await secrets.watch(caches, 'argocd')
  assert.deepEqual(secrets.credentials('https://git.example/team/app'), { username: 'app', password: 'p', insecure: true })
  assert.equal(secrets.credentials('https://git.example/team/known')?.username, 'team')
  assert.equal(secrets.credentials('https://git.example/team-two/app')?.username, 'all')
  assert.equal(secrets.credentials('https://git.example/charts')?.username, 'all')
  assert.equal(secrets.credentials('https://git.example.evil/team/app'), undefined)
  assert.equal(secrets.credentials('ssh://git@git.example/team/app')?.sshPrivateKey, 'KEY')
  const told: string[] = []
  secrets.onChange((url) => told.push(url))
  await hub.create(secretType, secret('new', 'repository', { url: 'https://other.example/x', bearerToken: 'T' }))
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done))
  assert.deepEqual(told, ['https://other.example/x'])
  assert.deepEqual(secrets.credentials('https://other.example/x.git'), { bearerToken: 'T' })
  stopping.abort()
})

test('Secrets that are broken or about something else give nothing', () => {
  assert.equal(parseRepositorySecret(secret('x', 'cluster', { url: 'https://x' })), undefined)
  assert.equal(parseRepositorySecret(secret('x', 'repository', {})), undefined)
  assert.equal(parseRepositorySecret({ ...secret('x', 'repository', {}), data: { url: '%%%' } }), undefined)
  assert.equal(parseRepositorySecret({ ...secret('x', 'repository', {}), data: 'text' }), undefined)
})
