import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { findCredentials } from './repository-credentials.js'

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
