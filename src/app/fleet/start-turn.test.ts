import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { freePorts } from '../../../test/support/peers/free-ports.js'
import { planFleet } from './fleet-config.js'
import { takeStartTurn } from './start-turn.js'

const host = '127.0.0.1'

test('fleets that start at the same moment choose different ports', async () => {
  const [port, first] = await freePorts(2)
  const open: { close(): void }[] = []
  const start = async () => {
    const endTurn = await takeStartTurn({ host, port: port! })
    try {
      const wanted = { members: ['a', 'b'], port: undefined, host, nowMs: 0, demo: false, firstPort: first! }
      const { hubPort, gitPort, members } = await planFleet(undefined, wanted)
      const ports = [hubPort, gitPort, ...members.map((member) => member.port)]
      for (const each of ports) {
        const server = createServer()
        open.push(server)
        await new Promise<void>((done, fail) => server.once('error', fail).listen({ host, port: each, exclusive: true }, done))
      }
      return ports
    } finally {
      endTurn()
    }
  }
  const chosen = (await Promise.all(Array.from({ length: 6 }, start))).flat()
  assert.equal(new Set(chosen).size, 24)
  for (const server of open) server.close()
})

test('a stranger at the port of the turns holds up nobody, nor does a start that hangs', async () => {
  for (const answer of ['HTTP/1.1 200 OK\r\n', '', undefined]) {
    const [port] = await freePorts(1)
    const stranger = createServer((socket) => {
      socket.on('error', () => {})
      if (answer !== undefined) socket.end(answer)
    })
    await new Promise<void>((done) => stranger.listen(port, host, done))
    const begun = performance.now()
    const endTurn = await takeStartTurn({ host, port: port!, longestMs: 300 })
    assert.ok(performance.now() - begun < 3000, `a stranger that says ${answer}`)
    endTurn()
    stranger.close()
  }
  const [port] = await freePorts(1)
  const hanging = await takeStartTurn({ host, port: port! })
  const endTurn = await takeStartTurn({ host, port: port!, longestMs: 100 })
  endTurn()
  hanging()
})
