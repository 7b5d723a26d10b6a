import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startEmbeddedApi, userTokens } from '../../../test/support/worlds/embedded-api.js'
import { defaultAuditPolicy } from '../audit/audit-policy.js'

const maps = '/api/v1/namespaces/default/configmaps'

test('refusals are written down with the one who was refused; anonymous requests where they may come', async () => {
  const lines: string[] = []
  const audit = { policy: defaultAuditPolicy, sink: (line: string) => void lines.push(line) }
  const api = await startEmbeddedApi('member', undefined, [], { audit, anonymous: (path) => path === '/healthz' })
  /** The one event of a request. */
  const eventOf = async (answer: { headers: Record<string, unknown> }) => {
    const id = String(answer.headers['audit-id'])
    for (let tries = 0; tries < 2000; tries++) {
      const found = lines.map((line) => JSON.parse(line)).filter((event) => event.auditID === id)
      if (found.length > 0) return found[0]
      await new Promise((done) => setTimeout(done, 5))
    }
    throw new Error('no event')
  }
  try {
    const masters = { 'impersonate-user': 'x', 'impersonate-group': 'system:masters' }
    const impersonated = await api.ask('GET', maps, { token: userTokens.jane, headers: masters })
    assert.equal(impersonated.code, 403)
    const event = await eventOf(impersonated)
    assert.equal(event.user.username, 'jane')
    assert.equal(event.impersonatedUser, undefined)
    assert.equal(event.responseStatus.code, 403)

    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', ...masters }
    const exec = `/api/v1/namespaces/default/pods/web/exec?command=id`
    const upgraded = await api.ask('GET', exec, { token: userTokens.jane, headers: upgrade })
    assert.equal(upgraded.code, 403)
    assert.equal((await eventOf(upgraded)).user.username, 'jane')

    const unknown = await api.ask('GET', maps, { token: 'nobody' })
    assert.equal(unknown.code, 401)
    assert.equal((await eventOf(unknown)).user.username, '')
    assert.ok(!lines.join('').includes('nobody"'), 'tokens are not written')

    assert.equal((await api.ask('GET', '/healthz', { token: null })).code, 200)
    for (const path of ['/version', '/healthz/', '/healthz/ping', maps]) {
      assert.equal((await api.ask('GET', path, { token: null })).code, 401, path)
    }
    assert.equal((await api.ask('GET', '/version', { token: null, headers: { 'impersonate-user': 'admin' } })).code, 401)
  } finally {
    await api.close()
  }
})
