import assert from 'node:assert/strict'
import { Duplex, PassThrough } from 'node:stream'
import { test } from 'node:test'
import { createDeflate, constants as zlib } from 'node:zlib'
import { systemClock } from '../../../../app/system/system-ports.js'
import { spdyDictionary } from './dictionary.js'
import { dataHead, FrameParser, pingFrame, type SpdyFrame, synStreamFrame } from './frames.js'
import { formatHeaderBlock, parseHeaderBlock } from './header-block.js'
import { HeaderDeflater, HeaderInflater } from './header-compression.js'
import { SpdySession } from './session.js'
import type { SpdyStream } from './stream.js'

/** A compressor as clients have it. */
function clientDeflater() {
  const deflate = createDeflate({ dictionary: spdyDictionary, level: 9 })
  let parts: Buffer[] = []
  deflate.on('data', (part: Buffer) => parts.push(part))
  return (headers: Record<string, string>) =>
    new Promise<Buffer>((resolve) => {
      parts = []
      deflate.write(formatHeaderBlock(Object.entries(headers)))
      deflate.flush(zlib.Z_SYNC_FLUSH, () => setImmediate(() => resolve(Buffer.concat(parts))))
    })
}

/** A duplex over two pipes. */
class Joined extends Duplex {
  readonly #from: PassThrough
  readonly #to: PassThrough
  constructor(from: PassThrough, to: PassThrough) {
    super()
    this.#from = from
    this.#to = to
    from.on('data', (chunk) => {
      if (!this.push(chunk)) from.pause()
    })
    from.on('end', () => this.push(null))
  }
  override _read() {
    this.#from.resume()
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void) {
    this.#to.write(chunk)
    done()
  }
}

/** A connection whose far end the test holds. */
function connect(onStream: (stream: SpdyStream) => void) {
  const toServer = new PassThrough()
  const fromServer = new PassThrough()
  const session = new SpdySession(new Joined(toServer, fromServer), { clock: systemClock, onStream })
  const parser = new FrameParser()
  const frames: SpdyFrame[] = []
  let wake = () => {}
  fromServer.on('data', (chunk: Buffer) => {
    parser.push(chunk)
    for (let frame = parser.next(); frame; frame = parser.next()) frames.push(frame)
    wake()
  })
  const next = async (wanted: (frame: SpdyFrame) => boolean): Promise<SpdyFrame> => {
    for (;;) {
      const at = frames.findIndex(wanted)
      if (at >= 0) return frames.splice(at, 1)[0]!
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  return { session, toServer, next, frames }
}

test('header blocks go through zlib with the dictionary of the protocol, one stream for all', async () => {
  const compress = clientDeflater()
  const inflater = new HeaderInflater()
  for (const port of ['80', '8080']) {
    const block = await compress({ streamType: 'data', port, requestID: '0' })
    const headers = parseHeaderBlock(await inflater.inflate(block))
    assert.deepEqual([...headers.keys()], ['streamtype', 'port', 'requestid'])
    assert.deepEqual(headers.get('port'), [port])
  }
  inflater.close()
  const deflater = new HeaderDeflater()
  const back = new HeaderInflater()
  for (const pair of [
    ['a', '1'],
    ['b', '2'],
  ] as const) {
    const headers = parseHeaderBlock(await back.inflate(deflater.deflate(formatHeaderBlock([pair]))))
    assert.deepEqual(headers.get(pair[0]), [pair[1]])
  }
  back.close()
})

test('a block that grows, breaks off or is no zlib ends the compression', async () => {
  const compress = clientDeflater()
  const bomb = new HeaderInflater()
  const grown = await compress({ a: 'x'.repeat(1_000_000) })
  assert.ok(grown.length < 10_000)
  await assert.rejects(bomb.inflate(grown), /more than 64 KiB/)
  await assert.rejects(bomb.inflate(Buffer.alloc(4)), /more than 64 KiB/)
  const noise = new HeaderInflater()
  await assert.rejects(noise.inflate(Buffer.from('not zlib at all')), /does not inflate/)
  const empty = new HeaderInflater()
  assert.throws(() => parseHeaderBlock(Buffer.alloc(0)), /cut short/)
  assert.equal((await empty.inflate(Buffer.alloc(0))).length, 0)
  empty.close()
})

test('streams carry data both ways, half-close and reset', async () => {
  const opened: SpdyStream[] = []
  const { session, toServer, next } = connect((stream) => opened.push(stream))
  const compress = clientDeflater()
  toServer.write(synStreamFrame(1, await compress({ streamType: 'stdin' })))
  await next((frame) => frame.type === 'syn-reply' && frame.streamId === 1)
  const stream = opened[0]!
  assert.equal(stream.header('streamtype'), 'stdin')
  toServer.write(dataHead(1, 5, false))
  toServer.write('he')
  toServer.write('llo')
  toServer.write(dataHead(1, 0, true))
  let got = ''
  stream.on('data', (chunk) => {
    got += String(chunk)
  })
  await new Promise((resolve) => stream.once('end', resolve))
  assert.equal(got, 'hello')
  stream.end('bye')
  const said = await next((frame) => frame.type === 'data' && frame.data.length > 0)
  assert.ok(said.type === 'data' && said.data.toString() === 'bye')
  await next((frame) => frame.type === 'data' && frame.fin)
  toServer.write(pingFrame(7))
  assert.deepEqual(await next((frame) => frame.type === 'ping'), { type: 'ping', id: 7 })
  toServer.write(synStreamFrame(3, await compress({ streamType: 'data' })))
  await next((frame) => frame.type === 'syn-reply')
  opened[1]!.destroy()
  assert.deepEqual(await next((frame) => frame.type === 'rst-stream'), { type: 'rst-stream', streamId: 3, code: 5 })
  toServer.end()
  await session.closed
  assert.ok(opened.every((each) => each.destroyed))
})

test('a stream that nobody reads stops the connection, not the process', async () => {
  const opened: SpdyStream[] = []
  const { session, toServer, next } = connect((stream) => opened.push(stream))
  const compress = clientDeflater()
  toServer.write(synStreamFrame(1, await compress({ streamType: 'stdin' })))
  await next((frame) => frame.type === 'syn-reply')
  const piece = Buffer.alloc(16_384, 1)
  let sent = 0
  for (; sent < 200; sent++) {
    toServer.write(dataHead(1, piece.length, false))
    if (!toServer.write(piece))
      await Promise.race([new Promise((r) => toServer.once('drain', r)), new Promise((r) => setTimeout(r, 20))])
    if (toServer.writableLength > 65_536) break
  }
  assert.ok(sent < 200, 'the writer was slowed down')
  assert.ok(opened[0]!.readableLength <= 512 * 1024)
  let read = 0
  opened[0]!.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  toServer.write(dataHead(1, 0, true))
  await new Promise((resolve) => opened[0]!.once('end', resolve))
  assert.equal(read, (sent + 1) * piece.length)
  session.close()
  toServer.end()
  await session.closed
})

test('what is no SPDY/3.1 ends the connection: versions, lengths, stream numbers, cut frames', async () => {
  const compress = clientDeflater()
  const block = await compress({ streamType: 'data' })
  const hostile: Buffer[] = [
    Buffer.from('GET / HTTP/1.1\r\n\r\n').map((byte, at) => (at === 0 ? 0x80 : byte)) as Buffer,
    Buffer.from([0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff]),
    Buffer.from([0x80, 3, 0, 1, 0, 0, 0, 2, 0, 0]),
    synStreamFrame(2, block),
    synStreamFrame(1, Buffer.from('noise')),
    Buffer.concat([synStreamFrame(1, block), synStreamFrame(1, block)]),
  ]
  for (const bytes of hostile) {
    const { session, toServer } = connect(() => {})
    toServer.write(bytes)
    await session.closed
  }
})

test('noise of any kind neither throws nor hangs', async () => {
  let seed = 1
  const random = () => (seed = (seed * 48271) % 0x7fffffff)
  const compress = clientDeflater()
  const start = synStreamFrame(1, await compress({ streamType: 'data' }))
  for (let round = 0; round < 300; round++) {
    const { session, toServer } = connect((stream) => {
      if (round % 3 === 0) throw new Error('refused')
      stream.resume()
    })
    if (round % 2 === 0) toServer.write(start)
    const noise = Buffer.alloc(40 + (random() % 200))
    for (let at = 0; at < noise.length; at++) noise[at] = random() & 0xff
    if (round % 4 < 2) {
      noise.writeUInt16BE(0x8003, 0)
      noise.writeUInt16BE(random() % 12, 2)
      noise.writeUIntBE(random() % 64, 5, 3)
    }
    toServer.end(noise)
    await session.closed
  }
})

test('a client that asks and does not read is not listened to until it does', async () => {
  const fromClient = new PassThrough()
  let release = () => {}
  const transport = new (class extends Duplex {
    override _read() {}
    // Nothing is taken until the client reads.
    override _write(_chunk: Buffer, _encoding: string, done: () => void) {
      release = done
    }
  })()
  fromClient.on('data', (chunk) => transport.push(chunk))
  const session = new SpdySession(transport, { clock: systemClock, onStream: () => {} })
  const ping = Buffer.concat(Array.from({ length: 5000 }, (_, index) => pingFrame(index * 2 + 1)))
  for (let count = 0; count < 40; count++) fromClient.write(ping)
  await new Promise((done) => setTimeout(done, 100))
  const held = transport.writableLength
  assert.ok(held > 0 && held < 700_000, `${held} bytes wait`)
  for (let count = 0; count < 300_000 && transport.writableLength > 0; count++) release()
  await new Promise((done) => setTimeout(done, 20))
  assert.ok(transport.writableLength > 0, 'it is listened to again')
  session.close()
  transport.destroy()
  await session.closed
})
