import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headersToPass, headersToReturn, judgeRequest, type RequestRules } from './request-rules.js'

const full: RequestRules = { access: 'full', impersonation: true }
const judge = (
  url: string,
  more: { method?: string; headers?: Record<string, string>; rules?: RequestRules; isUpgrade?: boolean } = {},
) =>
  judgeRequest(
    { method: more.method ?? 'GET', url, headers: more.headers ?? {}, isUpgrade: more.isUpgrade ?? false },
    more.rules ?? full,
  )

test('paths that two programs could read differently are refused', () => {
  const refused = [
    'http://elsewhere/api',
    '//elsewhere/api',
    '',
    '*',
    'api',
    '/api/../secrets',
    '/api/./v1',
    '/api/%2e%2e/secrets',
    '/api/%2E./secrets',
    '/api/v1/namespaces/a%2fb',
    '/api/%5c..%5c',
    '/api\\v1',
    '/api//v1',
    '/api/%00',
    '/api/%252e%252e/x',
    '/api/%zz',
    '/api/%c3%28',
    '/api v1',
    '/api\r\nx: y',
    '/api/%0d%0a',
    '/api#fragment',
    `/${'a'.repeat(17_000)}`,
  ]
  for (const url of refused) assert.equal(judge(url)?.code, 400, url.slice(0, 40))
  for (const url of [
    '/api/v1/namespaces/default/pods?labelSelector=a%2Fb&watch=true',
    '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    '/version',
    '/openapi/v3/apis/apps/v1?hash=A//B',
  ])
    assert.equal(judge(url), undefined, url)
  assert.equal(judge('/api', { method: 'CONNECT' })?.code, 400)
  assert.equal(judge('/api', { method: 'TRACE' })?.code, 400)
})

test('the admin of the member bounds what the hub may', () => {
  const read: RequestRules = { access: 'read', impersonation: false }
  assert.equal(judge('/api/v1/pods', { rules: read }), undefined)
  assert.equal(judge('/api/v1/pods', { rules: read, method: 'DELETE' })?.code, 403)
  assert.equal(judge('/api/v1/namespaces/a/pods/b/exec?command=sh', { rules: read })?.code, 403)
  assert.equal(judge('/api/v1/namespaces/a/pods/b/log', { rules: read }), undefined)
  assert.equal(judge('/api/v1/namespaces/a/services/b/proxy/x', { rules: read })?.code, 403)
  assert.equal(judge('/api/v1/pods', { rules: read, isUpgrade: true })?.code, 403)
  const none: RequestRules = { access: 'none', impersonation: false }
  for (const url of ['/version', '/readyz', '/api/v1', '/apis/apps/v1']) assert.equal(judge(url, { rules: none }), undefined, url)
  for (const url of ['/api/v1/pods', '/apis/apps/v1/deployments', '/metrics', '/logs/', '/api/v1/nodes']) {
    assert.equal(judge(url, { rules: none })?.code, 403, url)
  }
  assert.equal(judge('/version', { rules: none, method: 'POST' })?.code, 403)
  const asSomebody = { 'impersonate-user': 'root' }
  assert.equal(judge('/api/v1/pods', { rules: read, headers: asSomebody })?.code, 403)
  assert.equal(judge('/api/v1/pods', { rules: read, headers: { 'impersonate-extra-scopes': 'x' } })?.code, 403)
  assert.equal(judge('/api/v1/pods', { headers: asSomebody }), undefined)
})

test('headers of the connection, and those that a server believes, stay behind', () => {
  const pairs =
    'Host: x|Authorization: Bearer t|authorization: Bearer u|Cookie: c|Connection: X-Drop, keep-alive|X-Drop: 1|' +
    'Transfer-Encoding: chunked|Content-Length: 3|X-Remote-User: root|X-Remote-Group: system:masters|X-Forwarded-For: 1.2.3.4|' +
    'Upgrade: websocket|TE: trailers|Accept: a|Impersonate-Group: g1|Impersonate-Group: g2'
  const raw = pairs.split('|').flatMap((pair) => pair.split(': '))
  assert.deepEqual(headersToPass(raw, { connection: 'X-Drop, keep-alive' }), [
    ['Accept', 'a'],
    ['Impersonate-Group', 'g1'],
    ['Impersonate-Group', 'g2'],
  ])
  assert.deepEqual(headersToReturn(['Connection', 'close', 'Transfer-Encoding', 'chunked', 'Set-Cookie', 'x', 'Warning', 'w']), [
    'Warning',
    'w',
  ])
})

test('what connects is known in other writings, too', () => {
  const rules: RequestRules = { access: 'read', impersonation: false }
  const base = '/api/v1/namespaces/shop'
  for (const url of [
    `${base}/services/web/pr%6fxy/admin`,
    `${base}/pods/web/%65xec?command=sh`,
    '/api/v1/nodes/n1/%70%72%6f%78%79/run',
  ])
    assert.equal(judge(url, { rules })?.code, 403, url)
  assert.equal(judge(`${base}/pods/w%65b`, { rules }), undefined)
})
