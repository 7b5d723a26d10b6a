import assert from 'node:assert/strict'
import { Socket } from 'node:dgram'
import { test } from 'node:test'
import type { BackendPicker } from './backend-picker.js'
import { Links } from './links.js'
import { openUdpFront } from './udp-front.js'

test('a datagram without a port to answer to begins no exchange', async (t) => {
  const bind = t.mock.method(Socket.prototype, 'bind')
  const asked: string[] = []
  const picker = { front: { backends: [] }, pick: (source: string) => void asked.push(source) } as unknown as BackendPicker
  const clock = { now: () => 0, after: () => () => {} }
  const place = { address: '127.0.0.1', port: 25_354 }
  const front = await openUdpFront(picker, place, clock, (port) => port, new Links())
  t.after(() => front.close())
  const socket = bind.mock.calls[0]!.this as Socket
  // Whoever may open raw sockets may send it; sending an answer there throws.
  socket.emit('message', Buffer.alloc(12), { address: '127.0.0.1', port: 0, family: 'IPv4', size: 12 })
  assert.deepEqual(asked, [])
  socket.emit('message', Buffer.alloc(12), { address: '127.0.0.1', port: 1, family: 'IPv4', size: 12 })
  assert.deepEqual(asked, ['127.0.0.1'])
})
