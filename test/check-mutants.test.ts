import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generatedApplications } from '../src/app/check/generated-applications.js'
import { allChecks } from '../src/areas/analysis/checks/all-checks.js'
import { loadFleet } from '../src/areas/analysis/load/load-fleet.js'
import { runChecks } from '../src/areas/analysis/run-checks.js'
import { isObject } from '../src/base/json.js'
import { createSeededRandom } from '../src/base/random.js'
import { parseYamlDocuments } from '../src/formats/yaml/parse-yaml.js'
import { YamlError } from '../src/formats/yaml/yaml-error.js'
import { accessPart, kubeconfigPart } from './mutants/access.js'
import { appsPart } from './mutants/apps.js'
import { mutantsOf } from './mutants/break-fleet.js'
import { deliveryPart } from './mutants/delivery.js'
import { cleanFleet } from './mutants/every-tool.js'
import { everyToolParts, slips } from './mutants/every-tool-faults.js'
import { lifecyclePart } from './mutants/lifecycle.js'
import { meshPart, submarinerPart } from './mutants/mesh.js'
import type { Mutant, Part, Texts } from './mutants/part.js'
import { sharedPart } from './mutants/shared.js'
import { trafficPart } from './mutants/traffic.js'
import { trustPart } from './mutants/trust.js'

// Sound fleets of every tool, broken in one place at a time, hundreds of times: the check that the place is for says so, and no
// other does. A few places for each fault, chosen by a seed; MUTANTS=all takes every place, MUTANTS=table prints a line for each check.

const parts: readonly Part[] = [
  meshPart,
  submarinerPart,
  appsPart,
  trafficPart,
  deliveryPart,
  lifecyclePart,
  accessPart,
  kubeconfigPart,
  sharedPart,
  trustPart,
]
const nowMs = Date.parse('2027-01-01T00:00:00Z')

/** `check file:line message` of every finding. */
async function findings(texts: Texts, now = nowMs): Promise<{ id: string; line: string }[]> {
  const { model, unreadable } = loadFleet(
    Object.entries(texts).map(([path, text]) => ({ path, text })),
    { nowMs: now, generation: await generationOf(texts) },
  )
  return runChecks(model, allChecks, unreadable).findings.map(({ check, sides, message }) => ({
    id: check.id,
    line: `${check.id} ${sides[0]!.place.file}:${sides[0]!.place.line} ${message}`,
  }))
}

/** What ApplicationSets make of the clusters among the texts. */
async function generationOf(texts: Texts) {
  const sets = Object.entries(texts).filter(([, text]) => /kind: ApplicationSet|secret-type: cluster/.test(text))
  if (!sets.some(([, text]) => text.includes('ApplicationSet'))) return []
  try {
    const documents = sets.flatMap(([path, text]) =>
      parseYamlDocuments(text).flatMap(({ value }) => (isObject(value) ? [{ path, value }] : [])),
    )
    return (await generatedApplications(documents, [])).problems
  } catch (error) {
    // Broken as YAML, which is told elsewhere.
    if (error instanceof YamlError) return []
    throw error
  }
}

const linesOf = async (texts: Texts) => (await findings(texts)).map(({ line }) => line)
const whole: Texts = Object.assign({}, ...parts.map(({ texts }) => texts))

/** At most three, any. */
function some<T>(all: readonly T[], next: () => number): readonly T[] {
  const left = [...all]
  while (left.length > 3) left.splice(Math.floor(next() * left.length), 1)
  return left
}

test('nothing is found in sound fleets, in their parts or together', async () => {
  for (const { name, texts } of [...parts, ...everyToolParts()]) assert.deepEqual(await linesOf(texts), [], name)
  assert.deepEqual(await linesOf(whole), [])
  assert.deepEqual(await linesOf(cleanFleet()), [])
})

test('what is broken is found by the check for it, and by no other', async (context) => {
  const random = createSeededRandom(7)
  const known = new Set([...allChecks.map(({ id }) => id), 'unreadable-input'])
  const rows = new Map<string, { mutants: number; found: number; alarms: number }>()
  const missed: string[] = []
  const alarms: string[] = []
  const judge = async ({ name, check, follows, texts, nowMs: now }: Mutant, others: Texts) => {
    const all = await findings({ ...others, ...texts }, now)
    const row = rows.get(check) ?? { mutants: 0, found: 0, alarms: 0 }
    rows.set(check, row)
    row.mutants++
    if (all.some(({ id }) => id === check)) row.found++
    else missed.push(`${check} misses ${name}; found ${all.map(({ id }) => id).join(', ') || 'nothing'}`)
    for (const { id, line } of all) {
      if (id === check || follows.includes(id)) continue
      row.alarms++
      alarms.push(`${check}, ${name}: ${line}`)
    }
  }
  for (const part of [...parts, ...everyToolParts()]) {
    for (const fault of part.faults) {
      assert.ok(known.has(fault.check), `there is no check ${fault.check}`)
      const every = mutantsOf(part, fault)
      assert.ok(every.length > 0, `${part.name}: ${fault.check}: ${String(fault.from)} is nowhere`)
      const chosen = process.env.MUTANTS === 'all' ? every : some(every, () => random.number())
      // Some of them in the whole fleet, where there is more to be mistaken about.
      for (const mutant of chosen) await judge(mutant, parts.includes(part) && random.number() < 0.01 ? whole : {})
    }
  }
  for (const mutant of slips()) await judge(mutant, {})

  const count = [...rows.values()].reduce((sum, { mutants }) => sum + mutants, 0)
  const rate = (100 * (count - missed.length)) / count
  if (process.env.MUTANTS === 'table')
    for (const [id, { mutants, found, alarms: wrong }] of [...rows].sort(([a], [b]) => (a < b ? -1 : 1)))
      context.diagnostic(
        `${id.padEnd(40)} ${String(mutants).padStart(4)} mutants ${String(found).padStart(4)} found ${wrong} false alarms`,
      )
  context.diagnostic(`${count} mutants of ${rows.size} checks: ${rate.toFixed(1)} % found, ${alarms.length} false alarms`)
  for (const text of missed) context.diagnostic(text)
  assert.deepEqual(alarms, [], 'false alarms')
  assert.deepEqual(
    allChecks.map(({ id }) => id).filter((id) => !rows.has(id)),
    [],
    'checks that nothing is broken for',
  )
  assert.ok(rate >= 95, `${missed.length} of ${count} were missed:\n${missed.join('\n')}`)
})
