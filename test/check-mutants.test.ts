import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allChecks } from '../src/areas/analysis/checks/all-checks.js'
import { loadFleet } from '../src/areas/analysis/load/load-fleet.js'
import { runChecks } from '../src/areas/analysis/run-checks.js'
import { createSeededRandom } from '../src/base/random.js'
import { accessPart } from './mutants/access.js'
import { appsPart } from './mutants/apps.js'
import { deliveryPart } from './mutants/delivery.js'
import { lifecyclePart } from './mutants/lifecycle.js'
import { meshPart, submarinerPart } from './mutants/mesh.js'
import type { Fault, Part } from './mutants/part.js'
import { trafficPart } from './mutants/traffic.js'

// A second fleet beside that of check-mutations.test.ts, whose faults have no consequences: broken in one place at a time, the check that
// the place is for fires, and no other at all. A few places for each fault, chosen by a seed; MUTANTS=all takes every place.

const parts: readonly Part[] = [meshPart, submarinerPart, appsPart, trafficPart, deliveryPart, lifecyclePart, accessPart]
type Texts = Readonly<Record<string, string>>

/** `check file:line message` of every finding. */
function findings(texts: Texts): { id: string; line: string }[] {
  const { model, unreadable } = loadFleet(Object.entries(texts).map(([path, text]) => ({ path, text })))
  return runChecks(model, allChecks, unreadable).findings.map(({ check, sides, message }) => ({
    id: check.id,
    line: `${check.id} ${sides[0]!.place.file}:${sides[0]!.place.line} ${message}`,
  }))
}

/** Every way to make a fault: one for each place where it can be made. */
function mutantsOf(texts: Texts, fault: Fault): Texts[] {
  const found: Texts[] = []
  for (const [path, text] of Object.entries(texts)) {
    if (!fault.in.test(path)) continue
    const pattern = typeof fault.from === 'string' ? new RegExp(literal(fault.from), 'g') : new RegExp(fault.from, 'g')
    for (const match of text.matchAll(pattern)) {
      const broken = match[0].replace(typeof fault.from === 'string' ? fault.from : new RegExp(fault.from), fault.to)
      const changed = text.slice(0, match.index) + broken + text.slice(match.index + match[0].length)
      const { from, to } = fault.and ?? { from: '', to: '' }
      found.push({ ...texts, [path]: from === '' ? changed : changed.replaceAll(from, to) })
    }
  }
  return found
}

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
const whole: Texts = Object.assign({}, ...parts.map(({ texts }) => texts))

/** At most three, any. */
function some<T>(all: readonly T[], next: () => number): readonly T[] {
  const left = [...all]
  while (left.length > 3) left.splice(Math.floor(next() * left.length), 1)
  return left
}

test('nothing is found in a sound fleet, in its parts or together', () => {
  for (const { name, texts } of parts)
    assert.deepEqual(
      findings(texts).map(({ line }) => line),
      [],
      name,
    )
  assert.deepEqual(
    findings(whole).map(({ line }) => line),
    [],
  )
})

test('what is broken is found, and nothing else', (context) => {
  const random = createSeededRandom(7)
  const missed: string[] = []
  const alarms: string[] = []
  const known = new Set(allChecks.map(({ id }) => id))
  const proved = new Set<string>()
  let count = 0
  for (const { name, texts, faults } of parts) {
    for (const fault of faults) {
      assert.ok(known.has(fault.check), `there is no check ${fault.check}`)
      const every = mutantsOf(texts, fault)
      assert.ok(every.length > 0, `${name}: ${fault.check}: ${String(fault.from)} is nowhere`)
      const mutants = process.env.MUTANTS === 'all' ? every : some(every, () => random.number())
      for (const mutant of mutants) {
        count++
        // Some of them in the whole fleet, where there is more to be mistaken about.
        const all = findings(random.number() < 0.01 ? { ...whole, ...mutant } : mutant)
        if (all.some(({ id }) => id === fault.check)) proved.add(fault.check)
        else missed.push(`${name}: ${fault.check}: ${String(fault.from)} -> ${fault.to}`)
        for (const { id, line } of all)
          if (id !== fault.check) alarms.push(`${name}: ${fault.check} by ${String(fault.from)}: ${line}`)
      }
    }
  }
  const rate = (100 * (count - missed.length)) / count
  context.diagnostic(`${count} mutants for ${proved.size} checks: ${rate.toFixed(1)} % found, ${alarms.length} false alarms`)
  for (const line of missed) context.diagnostic(`missed: ${line}`)
  assert.deepEqual(alarms, [], 'false alarms')
  assert.ok(rate >= 95, `${missed.length} of ${count} were missed:\n${missed.join('\n')}`)
})
