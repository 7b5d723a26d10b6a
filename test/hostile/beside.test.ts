import assert from 'node:assert/strict'
import { request } from 'node:https'
import { after, before, test } from 'node:test'
import { createSeededRandom } from '../../src/base/random.js'
import { ask, type Target } from '../concurrency/ask.js'
import { type ServerProcess, startServer } from '../concurrency/server-process.js'
import { hostileBodies, hostilePaths, mangled } from './bodies.js'
import { formatTimes, measure } from './probe.js'

/** FLOTILLA_LIST_OBJECTS (default 20,000; the goal is for 100,000) and FLOTILLA_P99_MS: 20 is the goal, on a machine that does nothing else. */
const objects = Number(process.env['FLOTILLA_LIST_OBJECTS'] ?? 20_000)
const goalMs = Number(process.env['FLOTILLA_P99_MS'] ?? 2000)
const maps = '/api/v1/namespaces/default/configmaps'
/** Apart from what the fuzzers ask for: this process would be busy with their answers. */
const many = '/api/v1/namespaces/kube-public/configmaps'

let server: ServerProcess
let target: Target
before(async () => {
  server = await startServer()
  target = { port: server.port, token: server.token, agent: server.agent() }
  const small = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'victim' }, data: { a: 'b' } }
  assert.equal((await ask(target, 'POST', maps, { body: small })).code, 201)
  await server.fill('kube-public', objects)
})
after(() => server.stop())

/** Reads an answer to its end and keeps nothing of it; its length. */
function drain(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { port, token } = server
    const headers = { authorization: `Bearer ${token}` }
    const sent = request({ host: '127.0.0.1', port, path, headers, rejectUnauthorized: false, agent: false }, (response) => {
      let length = 0
      response.on('data', (data: Buffer) => {
        length += data.length
      })
      response.on('error', reject)
      response.on('end', () => resolve(length))
    })
    sent.on('error', reject)
    sent.end()
  })
}

test('a small GET is quick while a long LIST runs', { timeout: 200_000 }, async () => {
  await drain(many)
  await server.held()
  const probing = measure({ ...target, agent: server.agent() }, `${maps}/victim`)
  let bytes = 0
  let lists = 0
  for (const start = performance.now(); performance.now() - start < 2500; lists++) bytes += await drain(many)
  const times = await probing.stop()
  const held = await server.held()
  console.log(
    `${lists} LISTs of ${objects} objects (${(bytes / lists / 1048576).toFixed(0)} MiB) one after the other: small GETs beside them ` +
      `${formatTimes(times)}; event loop held up ${held.toFixed(0)} ms at most`,
  )
  assert.ok(times.p99 < goalMs, formatTimes(times))
  assert.ok(held < 150, `held up ${held} ms`)
})

test('a small GET is quick while lists run and others send what is no request', { timeout: 200_000 }, async () => {
  const random = createSeededRandom(1)
  const requests = [...hostileBodies(), ...hostilePaths(random)].filter(({ body = '' }) => body.length < 20_000)
  const probing = measure({ ...target, agent: server.agent() }, `${maps}/victim`)
  await server.held()
  let stopped = false
  let fuzzed = 0
  const fuzzers = Array.from({ length: 4 }, async (_, number) => {
    const mine = { ...target, agent: server.agent() }
    for (let at = number; !stopped; at += 4) {
      const { method, path, type, body, headers } = requests[at % requests.length]!
      if (path.includes('=9')) continue
      const bytes = body === undefined || body.length === 0 ? undefined : mangled(body, random)
      const options = { ...(bytes ? { body: bytes } : {}), ...(type ? { type } : {}), ...(headers ? { headers } : {}) }
      await ask(mine, method, path, options).catch(() => undefined)
      fuzzed++
    }
  })
  for (const start = performance.now(); performance.now() - start < 2500; ) await drain(`${many}?labelSelector=fill`)
  stopped = true
  await Promise.all(fuzzers)
  const times = await probing.stop()
  const held = await server.held()
  console.log(
    `${fuzzed} mangled requests of 4 clients beside LISTs of ${objects}: small GETs ${formatTimes(times)}; held up ${held.toFixed(0)} ms at most`,
  )
  assert.ok(times.p99 < goalMs, formatTimes(times))
  assert.ok(held < 400, `held up ${held} ms`)
  assert.equal((await ask(target, 'GET', '/readyz')).text, 'ok')
})
