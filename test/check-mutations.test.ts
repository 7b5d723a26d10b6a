import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allChecks } from '../src/areas/analysis/checks/all-checks.js'
import { loadFleet } from '../src/areas/analysis/load/load-fleet.js'
import { runChecks } from '../src/areas/analysis/run-checks.js'
import { cleanFleet } from './support/clean-fleet.js'
import { fleetParts, mutants } from './support/fleet-faults.js'

// A sound fleet of every tool, and the same with one thing broken, hundreds of times: the right check says so, and no other.

function findings(files: Readonly<Record<string, string>>): { id: string; text: string }[] {
  const { model, unreadable } = loadFleet(Object.entries(files).map(([path, text]) => ({ path, text })))
  return runChecks(model, allChecks, unreadable).findings.map(({ check, message, sides }) => ({
    id: check.id,
    text: `${check.id} ${sides[0]!.place.file}:${sides[0]!.place.line} ${message}`,
  }))
}

test('nothing is found in a sound fleet, nor in a part of it', () => {
  assert.deepEqual(
    findings(cleanFleet()).map(({ text }) => text),
    [],
  )
  for (const files of fleetParts().values())
    assert.deepEqual(
      findings(files).map(({ text }) => text),
      [],
    )
})

test('what is broken is found by the check for it, and by no other', (context) => {
  const missed: string[] = []
  const wrong: string[] = []
  const all = mutants()
  for (const { name, check, follows, files } of all) {
    const found = findings(files)
    if (!found.some(({ id }) => id === check))
      missed.push(`${check} misses ${name}; found ${found.map(({ id }) => id).join(', ') || 'nothing'}`)
    for (const { id, text } of found) if (id !== check && !follows.includes(id)) wrong.push(`${check}, ${name}: ${text}`)
  }
  const rate = ((all.length - missed.length) / all.length) * 100
  context.diagnostic(
    `${all.length} mutants of ${new Set(all.map(({ check }) => check)).size} checks: ${rate.toFixed(1)} % detected, ${wrong.length} false alarms`,
  )
  for (const text of missed) context.diagnostic(text)
  assert.deepEqual(wrong, [])
  assert.ok(rate >= 95, missed.join('\n'))
})
