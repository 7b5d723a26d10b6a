import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { answerKarmada, answerKubefed, tidyKarmada } from '../support/cases/placement-answers.js'
import { randomKarmadaCase, randomKubefedCase } from '../support/cases/placement-cases.js'

// Answers of KubeFed's and Karmada's own code, written by test/real/placement.test.ts with FLOTILLA_RECORD=1.

function recordings(name: string): unknown[] {
  const lines = readFileSync(`test/differential/recordings/${name}.jsonl`, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as unknown)
}

test("replicas are planned as KubeFed's planner did", () => {
  const answers = recordings('placement-kubefed')
  assert.equal(answers.length, 1000)
  for (const [index, answer] of answers.entries())
    assert.deepEqual(answerKubefed(randomKubefedCase(index + 1)), answer, `seed ${index + 1}`)
})

test('clusters are chosen, replicas divided and objects overridden as Karmada did', () => {
  const answers = recordings('placement-karmada')
  assert.equal(answers.length, 1000)
  for (const [index, answer] of answers.entries()) {
    const asked = randomKarmadaCase(index + 1)
    if (answer === 'panic') continue
    assert.deepEqual(tidyKarmada(asked, answerKarmada(asked)), answer, `seed ${index + 1}: ${JSON.stringify(asked)}`)
  }
})
