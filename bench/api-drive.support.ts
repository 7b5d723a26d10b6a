import { connect, type TLSSocket } from 'node:tls'

/** What the driver, a process of its own, is told to do: the same for every API server. */
export interface DriveOrder {
  readonly port: number
  readonly token: string
  readonly operation: DriveOperation
  /** Requests in flight: connections, each with one request at a time. */
  readonly connections: number
  /** Requests in all. */
  readonly count: number
  /** Objects `bench-0` to `bench-N` that are there (or are to be made). */
  readonly objects: number
  /** Fan-out: watches of the ConfigMaps that see every create. */
  readonly watchers?: number
}

export type DriveOperation = 'create' | 'get' | 'update' | 'patch' | 'apply' | 'list-500' | 'list-all' | 'delete' | 'watch'

export interface DriveResult {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly bytes: number
  /** Answers that were no success, with the first of them. */
  readonly failures: number
  readonly failure?: string
}

const path = '/api/v1/namespaces/default/configmaps'

/** About 2 KB, as a ConfigMap of an application is. */
function body(index: number, mark: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: `bench-${index}`, namespace: 'default', labels: { app: 'bench', part: `p${index % 10}` } },
    data: { mark, text: 'x'.repeat(1600), key: 'value' },
  })
}

function requestOf(order: DriveOrder, index: number): string {
  const object = index % order.objects
  const send = (method: string, to: string, type?: string, content?: string) =>
    `${method} ${to} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nAuthorization: Bearer ${order.token}\r\n` +
    (content === undefined ? '\r\n' : `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`)
  switch (order.operation) {
    case 'create':
      return send('POST', path, 'application/json', body(index, 'new'))
    case 'get':
      return send('GET', `${path}/bench-${object}`)
    case 'update':
      return send('PUT', `${path}/bench-${object}`, 'application/json', body(object, `u${index}`))
    case 'patch': {
      const patch = JSON.stringify({ data: { mark: `m${index}` } })
      return send('PATCH', `${path}/bench-${object}`, 'application/merge-patch+json', patch)
    }
    case 'apply': {
      const to = `${path}/bench-${object}?fieldManager=bench&force=true`
      return send('PATCH', to, 'application/apply-patch+yaml', body(object, `a${index}`))
    }
    case 'list-500':
      return send('GET', `${path}?limit=500`)
    case 'list-all':
      return send('GET', path)
    case 'watch':
    case 'delete':
      return send('DELETE', `${path}/bench-${index}`)
  }
}

/** Reads one answer after the other off a connection: status, length or chunks. */
class AnswerReader {
  #buffer: Buffer = Buffer.alloc(0)
  #state: 'head' | 'length' | 'chunks' = 'head'
  #missing = 0
  status = 0
  bytes = 0

  /** True when an answer has ended. */
  push(data: Buffer): boolean {
    this.bytes += data.length
    let rest = this.#buffer.length === 0 ? data : Buffer.concat([this.#buffer, data])
    this.#buffer = Buffer.alloc(0)
    for (;;) {
      if (this.#state === 'head') {
        const end = rest.indexOf('\r\n\r\n')
        if (end < 0) break
        const head = rest.toString('latin1', 0, end)
        this.status = Number(head.slice(9, 12))
        const length = /content-length: (\d+)/i.exec(head)
        this.#state = length === null ? 'chunks' : 'length'
        this.#missing = length === null ? 0 : Number(length[1])
        rest = rest.subarray(end + 4)
      } else if (this.#state === 'length') {
        if (rest.length < this.#missing) {
          this.#missing -= rest.length
          return false
        }
        this.#state = 'head'
        return true
      } else {
        // Chunks: skip what is missing of this one (and its line end), then read the next size.
        if (this.#missing > 0) {
          const skip = Math.min(this.#missing, rest.length)
          this.#missing -= skip
          rest = rest.subarray(skip)
          if (this.#missing > 0) return false
        }
        const end = rest.indexOf('\r\n')
        if (end < 0) break
        const size = Number.parseInt(rest.toString('latin1', 0, end), 16)
        rest = rest.subarray(end + 2)
        if (size === 0) {
          this.#state = 'head'
          return true
        }
        this.#missing = size + 2
      }
    }
    this.#buffer = rest
    return false
  }
}

function drive(order: DriveOrder, done: (result: DriveResult) => void): void {
  const times: number[] = []
  const sockets: TLSSocket[] = []
  let next = 0
  let finished = 0
  let failures = 0
  let failure: string | undefined
  let bytes = 0
  let open = 0
  let start = 0
  const begin = () => {
    start = performance.now()
    for (const socket of sockets) socket.emit('go')
  }
  const end = () => {
    const seconds = (performance.now() - start) / 1000
    for (const socket of sockets) socket.destroy()
    times.sort((a, b) => a - b)
    const at = (part: number) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0
    done({
      perSecond: order.count / seconds,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      bytes,
      failures,
      ...(failure === undefined ? {} : { failure }),
    })
  }
  for (let index = 0; index < order.connections; index++) {
    const socket = connect({ host: '127.0.0.1', port: order.port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    const reader = new AnswerReader()
    let sent = 0
    const send = () => {
      if (next >= order.count) return
      sent = performance.now()
      socket.write(requestOf(order, next++))
    }
    socket.on('secureConnect', () => {
      if (++open === order.connections) begin()
    })
    socket.on('go', send)
    socket.on('data', (data: Buffer) => {
      if (!reader.push(data)) return
      times.push(performance.now() - sent)
      bytes += reader.bytes
      reader.bytes = 0
      if (reader.status >= 300) {
        failures++
        failure ??= `${reader.status} ${data.toString('utf8').slice(0, 400)}`
      }
      if (++finished === order.count) end()
      else send()
    })
    sockets.push(socket)
  }
}

/** Opens the watches, then creates; the time counts from the first create to the last event at the last watcher. */
function fanOut(order: DriveOrder, watchers: number, done: (result: DriveResult) => void): void {
  const get =
    `GET ${path}?watch=true&resourceVersion=0&labelSelector=app%3Dfan HTTP/1.1\r\nHost: bench\r\n` +
    `Accept: application/json\r\nAuthorization: Bearer ${order.token}\r\n\r\n`
  const sockets: TLSSocket[] = []
  let open = 0
  let full = 0
  let start = 0
  for (let index = 0; index < watchers; index++) {
    const socket = connect({ host: '127.0.0.1', port: order.port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    let seen = 0
    let opened = false
    socket.on('secureConnect', () => socket.write(get))
    socket.on('data', (data: Buffer) => {
      if (!opened) {
        opened = true
        if (++open === watchers) create()
      }
      for (let at = data.indexOf('"type":"ADDED"'); at >= 0; at = data.indexOf('"type":"ADDED"', at + 1)) seen++
      if (seen < order.count) return
      seen = Number.NEGATIVE_INFINITY
      if (++full < watchers) return
      const seconds = (performance.now() - start) / 1000
      for (const each of sockets) each.destroy()
      done({ perSecond: (watchers * order.count) / seconds, p50Ms: 0, p99Ms: 0, bytes: 0, failures: 0 })
    })
    sockets.push(socket)
  }
  const create = () => {
    const socket = connect({ host: '127.0.0.1', port: order.port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    const reader = new AnswerReader()
    let next = 0
    const send = () => {
      const content = body(next, 'fan').replaceAll('bench-', 'fan-').replace('"app":"bench"', '"app":"fan"')
      next++
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${order.token}\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${Buffer.byteLength(content)}\r\n\r\n${content}`,
      )
    }
    sockets.push(socket)
    socket.on('secureConnect', () => {
      start = performance.now()
      send()
    })
    socket.on('data', (data: Buffer) => {
      if (reader.push(data) && next < order.count) send()
    })
  }
}

process.on('message', (order: DriveOrder) => {
  const answer = (result: DriveResult) => process.send?.(result)
  if (order.watchers === undefined) drive(order, answer)
  else fanOut(order, order.watchers, answer)
})
