import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { type LocalityAnswer, randomLocalityCase, rankCase, tidyAnswer } from '../support/cases/istio-locality-cases.js'
import { askIstio } from '../support/peers/istio-peer.js'
import { findPeer } from '../support/peers/real-apiserver.js'

// Random fleets and settings, ranked by Istio's own code and by us. FLOTILLA_SEEDS=FROM-TO chooses the seeds; FLOTILLA_RECORD=1
// writes the first of Istio's answers down, for the test that runs without it.
const peer = findPeer('istio')
const noPeer = 'path' in peer ? false : `Istio's code cannot be had: ${peer.reason}`
const [from = 1, to = 20_000] = (process.env['FLOTILLA_SEEDS'] ?? '').split('-').filter(Boolean).map(Number)
const recorded = 400

test('endpoints are ranked as by Istio', { skip: noPeer }, () => {
  if (!('path' in peer)) return
  const cases = Array.from({ length: to - from + 1 }, (_, index) => randomLocalityCase(from + index))
  const answers = askIstio<LocalityAnswer & { unread?: string }>(peer.path, cases)
  assert.equal(answers.length, cases.length)
  const priorities = new Set<number>()
  for (const [index, answer] of answers.entries()) {
    assert.equal(answer.unread, undefined)
    const theirs = { groups: answer.groups ?? [] }
    assert.deepEqual(
      tidyAnswer(rankCase(cases[index]!)),
      tidyAnswer(theirs),
      `seed ${from + index}: ${JSON.stringify(cases[index])}`,
    )
    for (const { priority } of theirs.groups) priorities.add(priority)
  }
  assert.ok(priorities.size > 5, 'the cases reach many priorities')
  if (process.env['FLOTILLA_RECORD'] && from === 1) {
    const lines = answers.slice(0, recorded).map((answer) => JSON.stringify(tidyAnswer({ groups: answer.groups ?? [] })))
    writeFileSync('test/differential/recordings/istio-locality.jsonl', `${lines.join('\n')}\n`)
  }
})
