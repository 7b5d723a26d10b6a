import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { silentLog } from '../../../base/log.js'
import { createMemoryLinks } from '../tunnel/memory-link.js'
import type { Keeper } from './keeper.js'
import { runSession } from './run-session.js'

test('an agent that was told to stop while it was connecting ends its session at once', async () => {
  const { agent, hub } = createMemoryLinks()
  let left: string | undefined
  hub.listen({ message() {}, drained() {}, closed: (reason) => (left = reason) })
  const keeper = { isComplete: false, connected() {}, disconnected() {}, take() {} } as unknown as Keeper
  const why = await runSession({
    link: agent,
    keeper,
    apiProxy: createServer(),
    agentVersion: 'test',
    problem: async () => undefined,
    upkeep: async () => {},
    clock: { now: () => 0, after: () => () => {} },
    log: silentLog,
    signal: AbortSignal.abort(),
  })
  assert.equal(why, 'the agent stops')
  await new Promise((done) => setImmediate(done))
  assert.equal(left, 'the agent stops')
})
