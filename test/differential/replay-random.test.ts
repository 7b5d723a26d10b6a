// Random sequences of writes, generated from seeds, and custom resources: what a real server answered is kept, and replayed here
// without the order of causes, which upstream leaves to chance.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { adminToken, type EmbeddedApi, startEmbeddedApi } from '../support/worlds/embedded-api.js'
import type { Case } from './case.js'
import { compareAnswers } from './compare.js'
import { customResourceCases } from './custom-resources/index.js'
import { describeDifference, inOrder, prepareWidgets } from './random/compare-case.js'
import { recordedCases } from './random/recorded-cases.js'
import { askedOf, readRecording } from './recordings.js'
import { runCase } from './run-case.js'
import { closeConnections, type Target } from './send.js'

let api: EmbeddedApi
let target: Target

before(async () => {
  api = await startEmbeddedApi('differential')
  target = { host: '127.0.0.1', port: api.port, token: adminToken }
  await prepareWidgets(target)
})
after(async () => {
  closeConnections()
  await api.close()
})

const kept = { random: recordedCases(), 'custom-resources': customResourceCases }

for (const [topic, cases] of Object.entries(kept)) {
  test(`${topic}: the embedded server answers as the recorded one did`, () => replay(topic, cases))
}

async function replay(topic: string, cases: readonly Case[]): Promise<void> {
  const recording = readRecording(topic)
  const failures: string[] = []
  for (const wanted of cases) {
    const recorded = recording.cases[wanted.name]
    assert.equal(recorded?.asked, askedOf(wanted), `${wanted.name}: the requests are not those of the recording; record anew`)
    for (const [index, answer] of (await runCase(target, wanted)).entries()) {
      const real = recorded?.answers[index]
      if (answer === undefined || !real) continue
      const differences = compareAnswers(real, inOrder(answer))
      if (differences.length === 0) continue
      failures.push(describeDifference(wanted, { index, step: wanted.steps[index]!, differences }))
      // What comes after depends on it, where requests are by chance.
      if (topic === 'random') break
    }
  }
  assert.equal(failures.length, 0, `${failures.length} sequences differ:\n${failures.slice(0, 5).join('\n')}`)
}
