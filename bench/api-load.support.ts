import { connect, type TLSSocket } from 'node:tls'

/** What the load generator, a process of its own, is told to do. */
export interface LoadOrder {
  readonly port: number
  readonly caPem: string
  readonly certPem: string
  readonly keyPem: string
  /** The request, as it goes over the wire, up to its empty line. */
  readonly request: string
  readonly connections: number
  /** Requests: answers a second over this long, after a second of warming up. Watches: until so many lines came. */
  readonly seconds?: number
  readonly lines?: number
}

const connectTo = (order: LoadOrder): TLSSocket =>
  connect({ host: '127.0.0.1', port: order.port, ca: order.caPem, cert: order.certPem, key: order.keyPem })

function load(order: LoadOrder): void {
  let count = 0
  const text = `${order.request}\r\n\r\n`
  for (let index = 0; index < order.connections; index++) {
    const socket = connectTo(order)
    let missing = -1
    socket.on('secureConnect', () => socket.write(text))
    socket.on('data', (data: Buffer) => {
      if (missing < 0) {
        const end = data.indexOf('\r\n\r\n')
        missing = end + 4 + Number(/content-length: (\d+)/i.exec(data.toString('latin1', 0, end))?.[1] ?? 0)
      }
      missing -= data.length
      if (missing > 0) return
      missing = -1
      count++
      socket.write(text)
    })
  }
  setTimeout(() => {
    count = 0
    const start = performance.now()
    setTimeout(() => process.send?.({ perSecond: (count * 1000) / (performance.now() - start) }), (order.seconds ?? 2) * 1000)
  }, 1000)
}

function watch(order: LoadOrder, lines: number): void {
  let open = 0
  let done = 0
  for (let index = 0; index < order.connections; index++) {
    const socket = connectTo(order)
    let seen = -1
    socket.on('secureConnect', () => socket.write(`${order.request}\r\n\r\n`))
    socket.on('data', (data: Buffer) => {
      if (seen < 0) {
        seen = 0
        if (++open === order.connections) process.send?.('open')
      }
      for (let at = data.indexOf('"type":"ADDED"'); at >= 0; at = data.indexOf('"type":"ADDED"', at + 1)) seen++
      if (seen < lines) return
      seen = Number.NEGATIVE_INFINITY
      if (++done === order.connections) process.send?.('done')
    })
  }
}

process.on('message', (order: LoadOrder) => {
  if (order.lines === undefined) load(order)
  else watch(order, order.lines)
})
