import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { streamPair } from '../support/fakes/stream-pair.js'
import { adminToken, type EmbeddedApi, startEmbeddedApi } from '../support/worlds/embedded-api.js'
import { topics } from './cases/index.js'
import { differences, type KnownDifference } from './differences.js'
import { differencesPage } from './differences-page.js'
import { judge, stepsOf } from './judge.js'
import { readRecording } from './recordings.js'
import { runTopic } from './run-topic.js'
import { closeConnections, type Target } from './send.js'

let api: EmbeddedApi
let target: Target
/** All topics run at once: some cases wait for seconds. */
const runs = new Map<string, ReturnType<typeof runTopic>>()
const used = new Map<KnownDifference, ReadonlySet<string>[]>()
let compared = 0
let versions: Readonly<Record<string, string>> = {}

before(async () => {
  // The recorded server had no controllers beside it.
  api = await startEmbeddedApi('differential', undefined, [], { quotaStatus: false, issuer: 'https://real.test' })
  // HTTP in full, TLS and sockets are for other tests: they are a third of what thousands of requests cost.
  const connect = () => {
    const [ours, theirs] = streamPair()
    api.front.accept('differential', theirs)
    return ours
  }
  target = { host: '127.0.0.1', port: api.port, token: adminToken, connect }
  for (const [topic, cases] of Object.entries(topics)) {
    const run = runTopic(target, cases)
    run.catch(() => undefined)
    runs.set(topic, run)
  }
})
after(async () => {
  closeConnections()
  await api.close()
})

for (const [topic, cases] of Object.entries(topics)) {
  test(`${topic}: the embedded server answers as the recorded one did`, async () => {
    const recording = readRecording(topic)
    versions = recording.versions
    const answers = await (runs.get(topic) as ReturnType<typeof runTopic>)
    const verdict = judge(topic, cases, recording, answers)
    compared += verdict.compared
    for (const [entry, steps] of verdict.used) used.set(entry, [...(used.get(entry) ?? []), steps])
    const shown = verdict.failures.slice(0, 20).join('\n')
    assert.equal(verdict.failures.length, 0, `${verdict.failures.length} of ${verdict.compared} answers differ:\n${shown}`)
  })
}

test('every known difference is still one', () => {
  const unused = differences.flatMap((entry) => {
    const found = new Set((used.get(entry) ?? []).flatMap((steps) => [...steps]))
    if (entry.steps === undefined) return found.size > 0 ? [] : [`${entry.where} ${entry.path ?? ''}`]
    return [...stepsOf(entry.steps)].filter((step) => !found.has(step)).map((step) => `${entry.where} #${step}`)
  })
  assert.deepEqual(unused, [], 'take these entries out of test/differential/differences.ts')
})

test('the page of differences is up to date', () => {
  const path = 'docs/reference/differences.md'
  const page = differencesPage({ requests: compared, topics: Object.keys(topics).length }, versions)
  if (process.env['FLOTILLA_RECORD']) writeFileSync(path, page)
  assert.equal(readFileSync(path, 'utf8'), page, 'run the test with FLOTILLA_RECORD=1 to write the page')
})
