import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

const timeoutMs = 4000
/** Questions on their way at the same time: each has a socket, and the process has use for sockets elsewhere. */
const mostWaiting = 256

/** Hands messages on to another name server as they are, and back what it answers. Rejects when it does not answer. */
export function createRelay(server: {
  readonly address: string
  readonly port: number
}): (message: Uint8Array, stream: boolean) => Promise<Uint8Array> {
  let waiting = 0
  return async (message, stream) => {
    if (waiting >= mostWaiting) throw new Error('too many questions wait for an answer')
    waiting++
    try {
      return await (stream ? overTcp(server, message) : overUdp(server, message))
    } finally {
      waiting--
    }
  }
}

function overUdp(server: { address: string; port: number }, message: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(server.address.includes(':') ? 'udp6' : 'udp4')
    let ended = false
    const timer = setTimeout(() => end(new Error('no answer in time')), timeoutMs)
    const end = (result: Error | Uint8Array) => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      socket.close()
      if (result instanceof Error) reject(result)
      else resolve(result)
    }
    // A number of our own: the client's may be one that somebody can guess.
    const question = Buffer.from(message)
    const id = randomInt(65_536)
    question.writeUInt16BE(id, 0)
    socket.once('error', end)
    socket.on('message', (answer) => {
      if (answer.length < 12 || answer.readUInt16BE(0) !== id) return
      answer.set(message.subarray(0, 2), 0)
      end(answer)
    })
    socket.connect(server.port, server.address, () => socket.send(question, (error) => error && end(error)))
  })
}

function overTcp(server: { address: string; port: number }, message: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: server.address, port: server.port })
    let received = Buffer.alloc(0)
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no answer in time')))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the server ended the connection')))
    socket.on('data', (part) => {
      received = Buffer.concat([received, part])
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
      resolve(received.subarray(2, 2 + received.readUInt16BE(0)))
      socket.destroy()
    })
    const length = Buffer.alloc(2)
    length.writeUInt16BE(message.length)
    socket.write(Buffer.concat([length, message]))
  })
}
