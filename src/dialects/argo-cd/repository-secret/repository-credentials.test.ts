import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeKubeClient } from '../../../../test/support/fakes/fake-kube-client.js'
import { silentLog } from '../../../base/log.js'
import { createSeededRandom } from '../../../base/random.js'
import { VirtualClock } from '../../../base/virtual-clock.js'
import { createCaches } from '../../../kube/informer/create-caches.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { createRepositoryCredentials, findCredentials } from './repository-credentials.js'

function secret(type: string, data: Record<string, string>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: data.url!, namespace: 'argocd', labels: { 'argocd.argoproj.io/secret-type': type } },
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')])),
  }
}

const known = [
  secret('repo-creds', { url: 'https://git.test/org', username: 'org', password: 'a' }),
  secret('repo-creds', { url: 'https://git.test/org/team', username: 'team', password: 'b' }),
  secret('repository', { url: 'https://git.test/org/team/app.git', username: 'app', password: 'c' }),
  secret('repository', { url: 'https://git.test/org/plain' }),
  secret('repo-creds', { url: 'git@git.test:org', sshPrivateKey: 'KEY' }),
  secret('repository', { url: 'https://token.test/x', bearerToken: 't' }),
]

test('the own Secret of a repository counts before those of its prefixes, the longest prefix before shorter ones', () => {
  assert.deepEqual(findCredentials(known, 'https://git.test/org/team/app'), { username: 'app', password: 'c' })
  assert.deepEqual(findCredentials(known, 'https://git.test/org/team/other.git'), { username: 'team', password: 'b' })
  assert.deepEqual(findCredentials(known, 'https://git.test/org/else'), { username: 'org', password: 'a' })
})

test('a repository Secret without credentials takes those of its prefix', () => {
  assert.deepEqual(findCredentials(known, 'https://git.test/org/plain'), { username: 'org', password: 'a' })
})

test('a prefix ends at a path segment, and hosts do not mix', () => {
  assert.equal(findCredentials(known, 'https://git.test/organisation/x'), undefined)
  assert.equal(findCredentials(known, 'https://other.test/org/team/app'), undefined)
})

test('keys and tokens', () => {
  assert.deepEqual(findCredentials(known, 'git@git.test:org/app.git'), { sshPrivateKey: 'KEY' })
  assert.deepEqual(findCredentials(known, 'https://token.test/x'), { bearerToken: 't' })
})

test('authorities count by host, and a new one is told for all that is read from there', async () => {
  const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
  const secrets = { ...configMaps, kind: 'Secret', plural: 'secrets' }
  const hub = new FakeKubeClient({ types: [configMaps, secrets] })
  const ending = new AbortController()
  const clock = new VirtualClock({ idle: () => new Promise((done) => setImmediate(done)) })
  const caches = createCaches({ client: hub, clock, random: createSeededRandom(1), log: silentLog, signal: ending.signal })
  const told: string[] = []
  const credentials = await createRepositoryCredentials({ caches, namespace: 'argocd', changed: (url) => told.push(url) })
  assert.equal(credentials.git('https://git.test/a/b.git'), undefined)
  await hub.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'argocd-tls-certs-cm', namespace: 'argocd' },
    data: { 'git.test': 'PEM' },
  })
  await clock.advance(1000)
  assert.deepEqual(credentials.git('https://git.test:8443/a/b.git'), { caPem: 'PEM' })
  assert.deepEqual(credentials.charts('git.test:5000/charts'), { caPem: 'PEM' })
  assert.equal(credentials.git('https://other.test/a/b.git'), undefined)
  assert.deepEqual(told, ['https://git.test/', 'git.test'])
  ending.abort()
})
