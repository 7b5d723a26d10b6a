import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { splice } from './splice.js'

const closing: (() => unknown)[] = []
after(() => {
  for (const close of closing) close()
})

/** Both ends of a connection. */
async function pair(): Promise<{ here: Socket; there: Socket }> {
  const server = createServer({ allowHalfOpen: true })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const there = connect({ port: (server.address() as { port: number }).port, allowHalfOpen: true })
  const [here] = (await once(server, 'connection')) as [Socket]
  server.close()
  closing.push(() => here.destroy() && there.destroy())
  there.on('error', () => {})
  return { here, there }
}

test('a client that is cut off after it has said all takes the connection to its server along', { timeout: 5000 }, async () => {
  const [client, server] = [await pair(), await pair()]
  const ended = new Promise((done) => splice(client.here, server.here, done))
  client.there.end('all')
  server.there.resume()
  await once(server.there, 'end')
  client.here.destroy()
  const gone = once(server.there, 'close')
  assert.deepEqual(await ended, { toServer: 3, toClient: 0 })
  server.there.end()
  await gone
})
