import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { test } from 'node:test'
import { createRelay } from './relay.js'

test('questions on their way are bounded, and those after them are answered again', async () => {
  const server = createSocket('udp4')
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  const held: (() => void)[] = []
  server.on('message', (message, from) => held.push(() => server.send(message, from.port, from.address)))
  try {
    const relay = createRelay({ address: '127.0.0.1', port: server.address().port })
    const question = Buffer.alloc(12)
    const asked = Array.from({ length: 256 }, () => relay(question, false))
    await assert.rejects(relay(question, false), /too many questions/)
    for (let tries = 0; held.length < 256 && tries < 200; tries++) await new Promise((done) => setTimeout(done, 5))
    for (const answer of held.splice(0)) answer()
    assert.equal((await Promise.all(asked)).length, 256)
    server.on('message', () => held.pop()?.())
    assert.equal((await relay(question, false)).length, 12)
  } finally {
    server.close()
  }
})
