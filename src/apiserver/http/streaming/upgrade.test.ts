import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { after, before, test } from 'node:test'
import type { Exchange } from '../exchange.js'
import { answerUpgrade, switchProtocols } from './upgrade.js'

let serve: (request: IncomingMessage, response: ServerResponse, exchange: Exchange) => void
let port: number
const server = createServer()
server.on('upgrade', (asked, socket, head) => {
  const upgrade = { socket: socket as Socket, head }
  const response = answerUpgrade(asked, upgrade)
  serve(asked, response, { request: asked, response, upgrade } as unknown as Exchange)
})
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
after(() => {
  server.close()
  server.closeAllConnections()
})

function ask(): Promise<{ head: IncomingMessage; socket?: Socket }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, headers: { connection: 'Upgrade', upgrade: 'x' } })
    sent.on('upgrade', (head, socket) => resolve({ head, socket: socket as Socket }))
    sent.on('response', (head) => {
      head.resume()
      resolve({ head })
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('a refused upgrade is answered, and its response closes as any other', async () => {
  const closed = new Promise<boolean>((resolve) => {
    serve = (_request, response) => {
      response.once('close', () => resolve(response.writableFinished))
      response.writeHead(403)
      response.end('no')
    }
  })
  const { head } = await ask()
  assert.deepEqual([head.statusCode, head.headers.connection], [403, 'close'])
  assert.equal(await closed, true)
})

test('the response of a granted upgrade closes with its connection', async () => {
  const closed = new Promise<number>((resolve) => {
    serve = (_request, response, exchange) => {
      response.once('close', () => resolve(response.statusCode))
      const socket = switchProtocols(exchange, { Connection: 'Upgrade', Upgrade: 'x', 'X-Many': ['a', 'b'] })
      // A server's connections stay half open until somebody closes them.
      socket.once('end', () => socket.destroy())
      socket.resume()
    }
  })
  const { head, socket } = await ask()
  assert.deepEqual([head.statusCode, head.headers.upgrade, head.headers['x-many']], [101, 'x', 'a, b'])
  socket!.destroy()
  assert.equal(await closed, 101)
})
