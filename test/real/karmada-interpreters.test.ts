import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Interpretation, interpretCase, tidyInterpretation } from '../support/cases/karmada-answers.js'
import { randomInterpretCase } from '../support/cases/karmada-objects.js'
import { askPeer } from '../support/cases/placement-answers.js'
import { findPeer } from '../support/peers/real-apiserver.js'

const seeds = Array.from({ length: 2800 }, (_, index) => index + 1)

test('health, replicas, dependencies and statuses are read as by Karmada', (context) => {
  const peer = findPeer('karmada')
  if (!('path' in peer)) return context.skip(`Karmada's code cannot be had: ${peer.reason}`)
  const cases = seeds.map(randomInterpretCase)
  const answers = askPeer<{ read: Interpretation; error?: string }>(peer.path, cases)
  assert.equal(answers.length, cases.length)
  // FLOTILLA_RECORD=1 writes the first of the answers down, for the test that runs without Go.
  if (process.env['FLOTILLA_RECORD']) {
    const lines = answers.slice(0, 140).map(({ read }, index) => JSON.stringify(tidyInterpretation(cases[index]!, read)))
    writeFileSync('test/differential/recordings/karmada-interpreters.jsonl', `${lines.join('\n')}\n`)
  }
  for (const [index, { read, error }] of answers.entries()) {
    const asked = cases[index]!
    assert.equal(error, undefined)
    assert.deepEqual(read.errors ?? {}, {})
    assert.deepEqual(
      tidyInterpretation(asked, interpretCase(asked)),
      tidyInterpretation(asked, read),
      `seed ${seeds[index]}: ${JSON.stringify(asked)}`,
    )
  }
})
