import { connect, createServer, type Server, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'

export const backend = '127.251.112.1'
export const portNumber = 9000
const bytes = 512 * 1024 * 1024
const roundTrips = 5000
const dials = 3000

export interface Measured {
  readonly megabytesPerSecond: number
  readonly roundTripUs: number
  readonly dialsPerSecond: number
}

/** First octet: `s` swallows and answers once all has come, `e` echoes. */
function serveEcho(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => {})
    socket.once('data', (first) => {
      if (first[0] === 0x73) socket.on('end', () => socket.end('done')).resume()
      else {
        socket.write(first.subarray(1))
        socket.pipe(socket)
      }
    })
  })
  return new Promise((resolve) => server.listen(portNumber, backend, () => resolve(server)))
}

/** Measures an address from a thread of its own. */
async function measure(address: string): Promise<Measured> {
  const block = Buffer.alloc(256 * 1024)
  const begun = performance.now()
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port: portNumber, host: address, noDelay: true })
    socket.on('error', reject)
    socket.once('data', () => resolve(void socket.destroy()))
    let sent = 0
    const more = () => {
      while (sent < bytes) {
        sent += block.length
        if (!socket.write(block)) return
      }
      socket.end()
    }
    socket.write('s')
    socket.on('drain', more)
    more()
  })
  const megabytesPerSecond = bytes / 1e6 / ((performance.now() - begun) / 1000)
  const socket = await dial(address)
  socket.write('e')
  const times: number[] = []
  for (let round = 0; round < roundTrips; round++) {
    const from = performance.now()
    socket.write('x')
    await new Promise((resolve) => socket.once('data', resolve))
    times.push(performance.now() - from)
  }
  socket.destroy()
  times.sort((a, b) => a - b)
  const dialing = performance.now()
  for (let round = 0; round < dials; round++) {
    const each = await dial(address)
    each.write('ex')
    await new Promise((resolve) => each.once('data', resolve))
    each.resetAndDestroy()
  }
  return {
    megabytesPerSecond,
    roundTripUs: times[roundTrips >> 1]! * 1000,
    dialsPerSecond: dials / ((performance.now() - dialing) / 1000),
  }
}

function dial(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: portNumber, host: address, noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

// As a thread: `echo` is the endpoint, anything else the address to measure.
if (workerData === 'echo') void serveEcho().then(() => parentPort?.postMessage('ready'))
else if (typeof workerData === 'string') void measure(workerData).then((measured) => parentPort?.postMessage(measured))
