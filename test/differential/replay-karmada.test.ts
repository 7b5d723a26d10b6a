import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { interpretCase, tidyInterpretation } from '../support/cases/karmada-answers.js'
import { randomInterpretCase } from '../support/cases/karmada-objects.js'

test("objects are read as Karmada's interpreters read them, as recorded", () => {
  const lines = readFileSync('test/differential/recordings/karmada-interpreters.jsonl', 'utf8').trim().split('\n')
  assert.equal(lines.length, 140)
  for (const [index, line] of lines.entries()) {
    const asked = randomInterpretCase(index + 1)
    const ours: unknown = JSON.parse(JSON.stringify(tidyInterpretation(asked, interpretCase(asked))))
    assert.deepEqual(ours, JSON.parse(line), `seed ${index + 1}: ${JSON.stringify(asked)}`)
  }
})
