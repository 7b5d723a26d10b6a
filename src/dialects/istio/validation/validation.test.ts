import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { randomValidationCase, validateCase } from '../../../../test/support/cases/istio-validation-cases.js'

// Verdicts of Istio's own code, written down by test/real/istio-validation.test.ts with FLOTILLA_RECORD=1.
test('objects are refused and warned of as Istio has done it', () => {
  const lines = readFileSync('test/differential/recordings/istio-validation.jsonl', 'utf8').trim().split('\n')
  assert.ok(lines.length >= 1500)
  for (const [index, line] of lines.entries()) {
    const asked = randomValidationCase(index + 1)
    assert.deepEqual(validateCase(asked), JSON.parse(line), `seed ${index + 1}: ${JSON.stringify(asked)}`)
  }
})
