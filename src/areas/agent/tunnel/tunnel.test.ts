import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createSeededRandom } from '../../../base/random.js'
import { VirtualClock } from '../../../base/virtual-clock.js'
import { encodeFrame, type Frame } from './frames.js'
import { createMemoryLinks } from './memory-link.js'
import { Tunnel, type TunnelLimits } from './tunnel.js'
import type { TunnelStream } from './tunnel-stream.js'

const idle = async () => {
  await turn()
  await turn()
}

function pair(limits: TunnelLimits = {}, onStream: (stream: TunnelStream) => void = echo) {
  const clock = new VirtualClock({ idle })
  const links = createMemoryLinks()
  const hub = new Tunnel({ link: links.hub, side: 'hub', clock, limits, onStream: () => {} })
  const agent = new Tunnel({ link: links.agent, side: 'agent', clock, limits, onStream })
  return { clock, links, hub, agent }
}

function echo(stream: TunnelStream): void {
  stream.pipe(stream)
}

async function readAll(stream: TunnelStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** A hub's tunnel whose other side says what the test says. */
function hostile(limits: TunnelLimits = {}) {
  const clock = new VirtualClock({ idle })
  const links = createMemoryLinks()
  const heard: Uint8Array[] = []
  links.agent.listen({ message: (message) => heard.push(message), drained() {}, closed() {} })
  const hub = new Tunnel({ link: links.hub, side: 'hub', clock, limits, onStream: (stream) => void stream.pause() })
  return { clock, hub, heard, links, say: (frame: Frame) => links.agent.send(encodeFrame(frame)) }
}

test('many streams carry what is written, whole and in order', async () => {
  const { hub, agent } = pair({ windowBytes: 4096, linkBytes: 8192 })
  const random = createSeededRandom(3)
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      const sent = Buffer.from(random.bytes(Math.floor(random.number() * 60_000)))
      const stream = hub.open()
      const reading = readAll(stream)
      stream.end(sent)
      assert.ok((await reading).equals(sent))
    }),
  )
  await idle()
  assert.equal(hub.streamCount + agent.streamCount, 0)
})

test('a stream that nobody reads stops itself alone, within its window', async () => {
  const stuck: TunnelStream[] = []
  const { hub } = pair({ windowBytes: 4096 }, (stream) => {
    if (stuck.length === 0) stuck.push(stream)
    else echo(stream)
  })
  const slow = hub.open()
  let sent = 0
  const chunk = Buffer.alloc(1000)
  for (let index = 0; index < 200; index++) slow.write(chunk, () => (sent += chunk.length))
  await idle()
  // The window, the reader's own buffer of nothing, and the chunk that waits.
  assert.ok(sent <= 5000, `${sent} bytes left`)
  const other = hub.open()
  const reading = readAll(other)
  other.end('quick')
  assert.equal((await reading).toString(), 'quick')
  slow.destroy()
  await idle()
  assert.ok(stuck[0]!.destroyed)
})

test('streams wait while the link is full, and share it in turn', async () => {
  const { hub, links, heard } = hostile({ linkBytes: 40_000 })
  links.hub.hold(true)
  const streams = [hub.open(), hub.open(), hub.open()]
  for (const stream of streams) stream.write(Buffer.alloc(200_000))
  await idle()
  assert.ok(links.hub.waitingBytes < 80_000, `${links.hub.waitingBytes} bytes wait`)
  links.hub.hold(false)
  for (let index = 0; index < 20; index++) await idle()
  const order = heard.filter((message) => message[0] === 2).map((message) => message[4])
  // The first ones were sent before the others had anything.
  assert.deepEqual(order.slice(0, 8), [2, 2, 2, 4, 6, 2, 4, 6])
})

test('a peer that has vanished is noticed by its silence; a quiet one is not', async () => {
  const { hub, agent, clock, links } = pair()
  const open = hub.open()
  let failed: Error | undefined
  open.on('error', (error) => (failed = error))
  for (let index = 0; index < 60; index++) {
    await clock.advance(5000)
    hub.beat()
    agent.beat()
  }
  assert.ok(hub.isOpen && agent.isOpen)
  links.hub.cut()
  for (let index = 0; index < 12 && hub.isOpen; index++) {
    await clock.advance(5000)
    hub.beat()
  }
  assert.match(await hub.closed, /^nothing heard for 4\d s$/)
  await idle()
  assert.match(failed?.message ?? '', /the tunnel is closed/)
  assert.throws(() => hub.open(), { code: 'tunnel-closed' })
})

test('breaches of the rules end the connection and say why', async () => {
  const breaches: [string, readonly Frame[], RegExp][] = [
    ['a stream of the wrong side', [{ type: 'open', stream: 2 }], /open for stream 2/],
    [
      'a stream twice',
      [
        { type: 'open', stream: 3 },
        { type: 'open', stream: 3 },
      ],
      /open for stream 3/,
    ],
    [
      'streams backwards',
      [
        { type: 'open', stream: 5 },
        { type: 'open', stream: 3 },
      ],
      /open for stream 3/,
    ],
    ['data for no stream', [{ type: 'data', stream: 9, bytes: new Uint8Array(1) }], /not open \(9\)/],
    ['data for a stream that the hub never opened', [{ type: 'data', stream: 8, bytes: new Uint8Array(1) }], /not open \(8\)/],
    [
      'data after the end',
      [
        { type: 'open', stream: 1 },
        { type: 'end', stream: 1 },
        { type: 'data', stream: 1, bytes: new Uint8Array(1) },
      ],
      /data after the end/,
    ],
    [
      'more room than there is',
      [
        { type: 'open', stream: 1 },
        { type: 'window', stream: 1, bytes: 1 },
      ],
      /beyond the agreed room/,
    ],
    [
      'more than there is room for',
      [
        { type: 'open', stream: 1 },
        ...Array.from({ length: 5 }, () => ({ type: 'data' as const, stream: 1, bytes: new Uint8Array(1000) })),
      ],
      /more than there is room for/,
    ],
  ]
  for (const [what, frames, why] of breaches) {
    const { hub, say } = hostile({ windowBytes: 4096 })
    for (const frame of frames) say(frame)
    await idle()
    assert.ok(!hub.isOpen, what)
    assert.match(await hub.closed, why, what)
  }
  const { hub, links } = hostile()
  links.agent.send(new Uint8Array([99]))
  assert.match(await hub.closed, /a frame of type 99/)
})

test('streams beyond the limit are refused one by one; frames of streams that have ended are no breach', async () => {
  const { hub, say, heard } = hostile({ theirStreams: 3 })
  for (let id = 1; id <= 11; id += 2) say({ type: 'open', stream: id })
  await idle()
  assert.equal(hub.streamCount, 3)
  assert.equal(heard.filter((message) => message[0] === 4).length, 3)
  say({ type: 'reset', stream: 1, reason: 'enough' })
  say({ type: 'data', stream: 1, bytes: new Uint8Array(10) })
  say({ type: 'data', stream: 11, bytes: new Uint8Array(10) })
  await idle()
  assert.ok(hub.isOpen)
  assert.equal(hub.streamCount, 2)
})

test('a peer that asks and does not read is not remembered for', async () => {
  const { hub, say, links } = hostile({ unreadBytes: 9000 })
  links.hub.hold(true)
  for (let index = 0; index < 1100; index++) say({ type: 'ping', token: index })
  await idle()
  assert.match(await hub.closed, /does not read/)
})

test('our own streams have a limit, too', () => {
  const { hub } = hostile({ streams: 2 })
  hub.open()
  hub.open()
  assert.throws(() => hub.open(), { code: 'tunnel-full' })
})
