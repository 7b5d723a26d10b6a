import assert from 'node:assert/strict'
import { test } from 'node:test'
import { candidatesOf, parseResolvConf, resolvConfOf } from './resolv-conf.js'

const pod = { namespace: 'shop', domain: 'cluster.local', nameServer: '127.0.32.10' }

test('the resolv.conf of a pod', () => {
  assert.equal(
    resolvConfOf(pod),
    'search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 127.0.32.10\noptions ndots:5\n',
  )
  assert.equal(resolvConfOf({ ...pod, policy: 'Default' }), undefined)
  assert.equal(resolvConfOf({ ...pod, hostNetwork: true }), undefined)
  assert.match(resolvConfOf({ ...pod, hostNetwork: true, policy: 'ClusterFirstWithHostNet' }) ?? '', /nameserver 127\.0\.32\.10/)
  const config = {
    nameservers: ['192.0.2.1'],
    searches: ['a.example'],
    options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
  }
  assert.equal(
    resolvConfOf({ ...pod, policy: 'None', config }),
    'search a.example\nnameserver 192.0.2.1\noptions ndots:2 edns0\n',
  )
  assert.equal(
    resolvConfOf({ ...pod, config }),
    'search shop.svc.cluster.local svc.cluster.local cluster.local a.example\nnameserver 127.0.32.10\nnameserver 192.0.2.1\noptions ndots:2 edns0\n',
  )
})

test('reading it', () => {
  assert.deepEqual(parseResolvConf(resolvConfOf(pod)!, 10_053), {
    servers: [{ address: '127.0.32.10', port: 10_053 }],
    search: ['shop.svc.cluster.local', 'svc.cluster.local', 'cluster.local'],
    ndots: 5,
    timeoutMs: 5000,
    attempts: 2,
  })
  const odd = parseResolvConf(
    '# a comment\nsearch a. b\nsearch c\noptions ndots:99 timeout:0 attempts:x rotate\nnonsense\nnameserver\n',
  )
  assert.deepEqual(odd, { servers: [], search: ['c'], ndots: 15, timeoutMs: 1000, attempts: 2 })
})

test('what is asked for a name', () => {
  const config = { search: ['a.x', 'x'], ndots: 2 }
  assert.deepEqual(candidatesOf('web', config), ['web.a.x', 'web.x', 'web'])
  assert.deepEqual(candidatesOf('web.shop.svc', config), ['web.shop.svc', 'web.shop.svc.a.x', 'web.shop.svc.x'])
  assert.deepEqual(candidatesOf('web.', config), ['web'])
})
