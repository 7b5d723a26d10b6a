import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { readPush } from './read-push.js'

const body = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const push = body({
  repository: { clone_url: 'https://git.test/o/r.git', html_url: 'https://git.test/o/r', ssh_url: 'git@git.test:o/r.git' },
})
const urls = ['https://git.test/o/r.git', 'https://git.test/o/r', 'git@git.test:o/r.git']
const sign = (algorithm: string, secret: string, data: Uint8Array) => createHmac(algorithm, secret).update(data).digest('hex')

test('GitHub: signed as configured', () => {
  const signed = { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${sign('sha256', 's3cret', push)}` }
  assert.deepEqual(readPush(signed, push, { github: 's3cret' }), { kind: 'push', urls })
  assert.deepEqual(
    readPush({ 'x-github-event': 'push', 'x-hub-signature': `sha1=${sign('sha1', 's3cret', push)}` }, push, { github: 's3cret' }),
    { kind: 'push', urls },
  )
  for (const headers of [
    { 'x-github-event': 'push' },
    { ...signed, 'x-hub-signature-256': `sha256=${sign('sha256', 'other', push)}` },
  ]) {
    const answer = readPush(headers, push, { github: 's3cret' })
    assert.equal(answer.kind === 'refused' && answer.status, 401)
  }
  assert.equal(readPush({ 'x-github-event': 'ping' }, push, {}).kind, 'ignored')
})

test('Gitea sends the headers of GitHub too, and is signed its own way', () => {
  const headers = { 'x-gitea-event': 'push', 'x-github-event': 'push', 'x-gitea-signature': sign('sha256', 'g', push) }
  assert.deepEqual(readPush(headers, push, { gitea: 'g', github: 'never asked' }), { kind: 'push', urls })
})

test('GitLab, Bitbucket, Bitbucket Server, Azure DevOps', () => {
  const gitlab = body({ project: { git_http_url: 'https://gl.test/a/b.git', git_ssh_url: 'git@gl.test:a/b.git' } })
  assert.deepEqual(readPush({ 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': 't' }, gitlab, { gitlab: 't' }), {
    kind: 'push',
    urls: ['https://gl.test/a/b.git', 'git@gl.test:a/b.git'],
  })
  assert.equal(readPush({ 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': 'x' }, gitlab, { gitlab: 't' }).kind, 'refused')
  const cloud = body({ repository: { links: { html: { href: 'https://bitbucket.test/a/b' } } } })
  assert.deepEqual(readPush({ 'x-event-key': 'repo:push', 'x-hook-uuid': 'u' }, cloud, { bitbucket: 'u' }), {
    kind: 'push',
    urls: ['https://bitbucket.test/a/b'],
  })
  const server = body({
    repository: { links: { clone: [{ href: 'https://bs.test/scm/a/b.git' }, { href: 'ssh://git@bs.test/a/b.git' }] } },
  })
  assert.deepEqual(
    readPush({ 'x-event-key': 'repo:refs_changed', 'x-hub-signature': `sha256=${sign('sha256', 'k', server)}` }, server, {
      bitbucketServer: 'k',
    }),
    {
      kind: 'push',
      urls: ['https://bs.test/scm/a/b.git', 'ssh://git@bs.test/a/b.git'],
    },
  )
  const azure = body({ resource: { repository: { remoteUrl: 'https://dev.azure.test/o/p/_git/r' } } })
  const headers = { 'x-vss-activityid': '1', authorization: `Basic ${btoa('u:p')}` }
  assert.equal(readPush(headers, azure, { azureDevOps: { username: 'u', password: 'p' } }).kind, 'push')
  assert.equal(readPush(headers, azure, { azureDevOps: { username: 'u', password: 'q' } }).kind, 'refused')
})

test('hostile and empty input is refused, never thrown', () => {
  assert.equal(readPush({}, push, {}).kind, 'refused')
  for (const text of ['', '{', 'null', '[]', '{"repository":{"clone_url":7}}', '{"__proto__":{"clone_url":"x"}}']) {
    const answer = readPush({ 'x-github-event': 'push' }, new TextEncoder().encode(text), {})
    assert.equal(answer.kind === 'refused' && answer.status, 400, text)
  }
})

test('a push that names very many repositories is not followed to all of them', () => {
  const clone = Array.from({ length: 5000 }, (_, index) => ({ href: `https://bs.test/${index}` }))
  const answer = readPush({ 'x-event-key': 'repo:refs_changed' }, body({ repository: { links: { clone } } }), {})
  assert.equal(answer.kind === 'push' && answer.urls.length, 32)
})
