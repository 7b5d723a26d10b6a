import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leadsElsewhere, withoutTokens } from './forward.js'

test('members get no bearer tokens by the protocols of a WebSocket', () => {
  assert.equal(withoutTokens('base64url.bearer.authorization.k8s.io.c2VjcmV0, v5.channel.k8s.io'), 'v5.channel.k8s.io')
  assert.equal(withoutTokens('v4.channel.k8s.io,v5.channel.k8s.io'), 'v4.channel.k8s.io, v5.channel.k8s.io')
  assert.equal(withoutTokens('base64url.bearer.authorization.k8s.io.c2VjcmV0'), '')
  assert.equal(withoutTokens(undefined), '')
})

test('members send clients to no other server', () => {
  for (const location of ['https://evil.example/', '//evil.example/x', '/\\evil.example', '\\\\evil.example', 'javascript:1', ''])
    assert.equal(leadsElsewhere(location), true, location)
  for (const location of ['/api/v1/namespaces/shop/pods/web/proxy/login', './login', '../login', '?page=2', undefined])
    assert.equal(leadsElsewhere(location), false, location)
})
