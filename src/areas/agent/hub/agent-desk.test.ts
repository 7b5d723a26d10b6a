import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { silentLog } from '../../../base/log.js'
import { AgentDesk, type AgentDeskOptions } from './agent-desk.js'
import type { ConnectedAgent } from './connected-agents.js'
import type { WorkWriter } from './work-writer.js'
import type { Works } from './works.js'

test('an agent that tells of ever more copies waits until they are written', async (t) => {
  const there = new Set<string>()
  const written = new Set<string>()
  const options = {
    works: { get: (_: string, name: string) => (there.has(name) ? {} : undefined), list: () => [...there] } as unknown as Works,
    writer: { write: (_: string, name: string) => written.add(name), pending: () => undefined } as unknown as WorkWriter,
    log: silentLog,
  } as unknown as AgentDeskOptions
  const server = new AgentDesk(options).serve({ cluster: 'edge' } as ConnectedAgent)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  t.after(() => server.close())
  const tell = async (from: number, count: number) => {
    const result = { state: 'Unknown', step: 'none', message: '', since: 0 }
    const reports = Array.from({ length: count }, (_, index) => ({ id: `id-${from + index}`, generation: 0, result }))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/reports`
    return (await fetch(url, { method: 'POST', body: JSON.stringify({ reports }) })).status
  }
  assert.equal(await tell(0, 60_000), 200)
  assert.equal(written.size, 50_000, 'no cluster has more Works')
  assert.equal(await tell(60_000, 1), 429, 'nothing of it is written yet')
  for (const name of [...written].slice(0, 46_000)) there.add(name)
  assert.equal(await tell(0, 1), 200)
  assert.equal(await tell(70_000, 10), 200)
  assert.equal(written.size, 50_000)
})
