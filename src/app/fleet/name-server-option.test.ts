import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readNameServerOption } from './name-server-option.js'

test('a name server by its address', () => {
  assert.equal(readNameServerOption(undefined), undefined)
  assert.deepEqual(readNameServerOption('192.0.2.53'), { address: '192.0.2.53', port: 53 })
  assert.deepEqual(readNameServerOption('192.0.2.53:5353'), { address: '192.0.2.53', port: 5353 })
  for (const text of ['', 'dns.example', '192.0.2', '192.0.2.999', '192.0.2.1:0', '192.0.2.1:99999', '::1', '1.1.1.1:53x'])
    assert.throws(() => readNameServerOption(text), { code: 'bad-name-server' }, text)
})
