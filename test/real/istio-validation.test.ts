import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  randomValidationCase,
  readVerdict,
  type ValidationAnswer,
  validateCase,
} from '../support/cases/istio-validation-cases.js'
import { askIstio } from '../support/peers/istio-peer.js'
import { findPeer } from '../support/peers/real-apiserver.js'

// Random objects, some of them wrong, validated by Istio's own code and by us. FLOTILLA_SEEDS=FROM-TO chooses the seeds;
// FLOTILLA_RECORD=1 writes the first of Istio's answers down, for the test that runs without it.
const peer = findPeer('istio')
const noPeer = 'path' in peer ? false : `Istio's code cannot be had: ${peer.reason}`
const [from = 1, to = 20_000] = (process.env['FLOTILLA_SEEDS'] ?? '').split('-').filter(Boolean).map(Number)
const recorded = 1500

test('objects are refused and warned of as by Istio', { skip: noPeer }, () => {
  if (!('path' in peer)) return
  const cases = Array.from({ length: to - from + 1 }, (_, index) => randomValidationCase(from + index))
  const answers = askIstio<ValidationAnswer>(peer.path, cases)
  const seen = { refused: 0, fine: 0, messages: new Set<string>() }
  for (const [index, answer] of answers.entries()) {
    assert.equal(answer.unread, undefined, `seed ${from + index}`)
    const theirs = readVerdict(answer)
    assert.deepEqual(validateCase(cases[index]!), theirs, `seed ${from + index}: ${JSON.stringify(cases[index], null, 1)}`)
    if (theirs.errors.length > 0) seen.refused++
    else seen.fine++
    for (const message of theirs.errors) seen.messages.add(message.replace(/"[^"]*"|\d+/g, '_'))
  }
  console.log(`${seen.fine} fine, ${seen.refused} refused, ${seen.messages.size} different messages`)
  if (process.env['FLOTILLA_RECORD'] && from === 1) {
    const lines = answers.slice(0, recorded).map((answer) => JSON.stringify(readVerdict(answer)))
    writeFileSync('test/differential/recordings/istio-validation.jsonl', `${lines.join('\n')}\n`)
  }
})
