import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

/** Below the ports that connections out of this machine get, which could be any of those, and above those that programs like. */
const [first, end] = [20_000, 32_000]

/**
 * Ports of 127.0.0.1 that are free for TCP and UDP. They stay so until somebody listens there: no connection gets them, and who else
 * asks for some gets others but by a chance of one in thousands.
 */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = []
  for (let tries = 0; found.length < count; tries++) {
    if (tries > 1000) throw new Error(`no free ports between ${first} and ${end}`)
    const port = randomInt(first, end)
    if (!found.includes(port) && (await isFreeForTcp(port)) && (await isFreeForUdp(port))) found.push(port)
  }
  return found
}

function isFreeForTcp(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => done(true)))
  })
}

function isFreeForUdp(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = createSocket('udp4')
    socket.once('error', () => {
      socket.close()
      done(false)
    })
    socket.bind({ address: '127.0.0.1', port, exclusive: true }, () => socket.close(() => done(true)))
  })
}
