import assert from 'node:assert/strict'
import { Socket } from 'node:dgram'
import { test } from 'node:test'
import { openNameServer } from './name-server.js'

test('a datagram without a port to answer to is left alone', async (t) => {
  const bind = t.mock.method(Socket.prototype, 'bind')
  const server = await openNameServer({ address: '127.0.0.1', port: 25_353 }, (message) => message)
  t.after(() => server.close())
  const socket = bind.mock.calls[0]!.this as Socket
  // Whoever may open raw sockets may send it; sending an answer there throws.
  const from = { address: '127.0.0.1', port: 0, family: 'IPv4', size: 12 }
  assert.doesNotThrow(() => socket.emit('message', Buffer.alloc(12), from))
})
