import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  answerKarmada,
  answerKubefed,
  askPeer,
  type KarmadaAnswer,
  type KubefedAnswer,
  tidyKarmada,
} from '../support/cases/placement-answers.js'
import { randomKarmadaCase, randomKubefedCase } from '../support/cases/placement-cases.js'
import { findPeer } from '../support/peers/real-apiserver.js'

// Random questions, answered by KubeFed's planner, by Karmada's scheduler and override manager, and by us.
// FLOTILLA_SEEDS=FROM-TO chooses the seeds; FLOTILLA_RECORD=1 writes the first of their answers down, for the test that runs
// without Go.
const [from = 1, to = 10_000] = (process.env['FLOTILLA_SEEDS'] ?? '').split('-').filter(Boolean).map(Number)
const seeds = Array.from({ length: to - from + 1 }, (_, index) => from + index)
const recorded = 1000

function record(name: string, answers: readonly unknown[]): void {
  if (!process.env['FLOTILLA_RECORD'] || from !== 1) return
  const lines = answers.slice(0, recorded).map((answer) => JSON.stringify(answer))
  writeFileSync(`test/differential/recordings/${name}.jsonl`, `${lines.join('\n')}\n`)
}

test("replicas are planned as by KubeFed's planner", (context) => {
  const peer = findPeer('kubefed-planner')
  if (!('path' in peer)) return context.skip(`KubeFed's code cannot be had: ${peer.reason}`)
  const cases = seeds.map(randomKubefedCase)
  const answers = askPeer<KubefedAnswer>(peer.path, cases)
  assert.equal(answers.length, cases.length)
  record('placement-kubefed', answers)
  for (const [index, answer] of answers.entries()) {
    const asked = cases[index]!
    assert.deepEqual(answerKubefed(asked), answer, `seed ${from + index}: ${JSON.stringify(asked)}`)
  }
})

test('clusters are chosen, replicas divided and objects overridden as by Karmada', (context) => {
  const peer = findPeer('karmada')
  if (!('path' in peer)) return context.skip(`Karmada's code cannot be had: ${peer.reason}`)
  const cases = seeds.map(randomKarmadaCase)
  const answers = askPeer<KarmadaAnswer>(peer.path, cases)
  assert.equal(answers.length, cases.length)
  record(
    'placement-karmada',
    answers.map((answer, index) => tidyKarmada(cases[index]!, answer)),
  )
  const seen = new Map<string, number>()
  for (const [index, answer] of answers.entries()) {
    const asked = cases[index]!
    const theirs = tidyKarmada(asked, answer)
    const kind = `${asked.op}${theirs === 'error' ? ' error' : ''}`
    seen.set(kind, (seen.get(kind) ?? 0) + 1)
    // It divides by the number of clusters of a region with room, which may be none.
    if (theirs === 'panic') continue
    assert.deepEqual(
      tidyKarmada(asked, answerKarmada(asked)),
      theirs,
      `seed ${from + index}: ${JSON.stringify(asked)} ${answer.error ?? ''}`,
    )
  }
  for (const kind of ['assign', 'assign error', 'select', 'select error', 'override', 'override error', 'matches', 'priority'])
    assert.ok((seen.get(kind) ?? 0) > 0, `no case reached ${kind}`)
})
