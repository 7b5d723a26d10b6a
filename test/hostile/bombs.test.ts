import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ask, type Target } from '../concurrency/ask.js'
import { type ServerProcess, startServer } from '../concurrency/server-process.js'
import { type HostileRequest, hostileBodies } from './bodies.js'
import { bombDefinitions, bombs } from './bombs.js'

/** FLOTILLA_BOMB_MS: how long the event loop may be held up by one input (default 2,000: the largest bodies on slow machines). */
const mostMs = Number(process.env['FLOTILLA_BOMB_MS'] ?? 2000)

let server: ServerProcess
let target: Target
before(async () => {
  server = await startServer()
  target = { port: server.port, token: server.token, agent: server.agent() }
  for (const { body } of bombDefinitions()) {
    const answer = await ask(target, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body })
    assert.equal(answer.code, 201, answer.text.slice(0, 500))
  }
})
after(() => server.stop())

/** How long the event loop was held up, and the answer's code. */
async function weigh({ method, path, type, body, headers }: HostileRequest): Promise<{ held: number; code: number }> {
  await server.held()
  const options = { ...(body === undefined ? {} : { body }), ...(type ? { type } : {}), ...(headers ? { headers } : {}) }
  const { code } = await ask(target, method, path, options).catch(() => ({ code: 0 }))
  // The look at the clock comes every 2 ms.
  await new Promise((done) => setTimeout(done, 5))
  return { held: await server.held(), code }
}

test('no input holds up the others for long', { timeout: 120_000 }, async () => {
  const weights: { name: string; held: number; code: number }[] = []
  const requests = [...bombs(), ...hostileBodies().filter(({ body = '' }) => body.length > 150_000)]
  for (const request of requests) {
    weights.push({ name: request.name, ...(await weigh(request)) })
  }
  weights.sort((a, b) => b.held - a.held)
  const heaviest = weights.slice(0, 8).map(({ name, held, code }) => `${name} ${held.toFixed(0)} ms (${code})`)
  console.log(`${weights.length} inputs; the event loop was held up longest by: ${heaviest.join(', ')}`)
  assert.deepEqual(
    weights.filter(({ held }) => held > mostMs),
    [],
  )
  for (const { name, code } of weights) assert.ok(code < 500, `${name}: ${code}`)
  assert.equal((await ask(target, 'GET', '/readyz')).text, 'ok')
})
