import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { randomLocalityCase, rankCase, tidyAnswer } from '../../../../test/support/cases/istio-locality-cases.js'

// Answers of Istio's own code, written down by test/real/istio-locality.test.ts with FLOTILLA_RECORD=1.
test('endpoints are ranked as Istio has ranked them', () => {
  const lines = readFileSync('test/differential/recordings/istio-locality.jsonl', 'utf8').trim().split('\n')
  assert.ok(lines.length >= 400)
  for (const [index, line] of lines.entries()) {
    const asked = randomLocalityCase(index + 1)
    assert.deepEqual(tidyAnswer(rankCase(asked)), JSON.parse(line), `seed ${index + 1}: ${JSON.stringify(asked)}`)
  }
})
