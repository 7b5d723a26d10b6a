import { type Check, defineCheck, type Finding } from './contract.js'
import type { Unreadable } from './load/input-text.js'
import type { Spot } from './model/spot.js'

/** What the checker says of its own work rather than of the fleet. These are always on and look at nothing by themselves. */
export const unreadableInput = defineCheck({
  id: 'unreadable-input',
  topic: 'schema',
  severity: 'error',
  title: 'An input cannot be read',
  why: 'What cannot be read cannot be checked: a file that is no valid YAML is refused by every tool, and a cluster that does not answer is not known to be clean.',
  evidence: ['YAML 1.2'],
  fix: 'Mend it, or leave it out of the paths that are checked.',
  run: () => [],
})

export const brokenCheck = defineCheck({
  id: 'broken-check',
  topic: 'schema',
  severity: 'error',
  title: 'A check failed on this input',
  why: 'A check that fails has found nothing, which must not look like a fleet that is clean.',
  evidence: ['A defect of this program'],
  fix: 'Report it with the input; until then, ignore it in flotilla.yaml.',
  run: () => [],
})

export const unusedSuppression = defineCheck({
  id: 'unused-suppression',
  topic: 'schema',
  severity: 'warning',
  title: 'A suppression suppresses nothing',
  why: 'The finding that it was written for is gone, or it names a check or an object that is not there; left in place, it will hide the next one.',
  evidence: ['As unused lint directives are reported'],
  fix: 'Take it out.',
  run: () => [],
})

export const ownChecks: readonly Check[] = [unreadableInput, brokenCheck, unusedSuppression]

export function unreadableFinding(problem: Unreadable): Finding {
  const { file, line, column, message, fix, severity } = problem
  return {
    message,
    ...(severity === undefined ? {} : { severity }),
    at: [fileSpot(file, line, column)],
    ...(fix === undefined ? {} : { fix }),
  }
}

export function brokenFinding(id: string, reason: string): Finding {
  return { message: `the check ${id} failed: ${reason}`, at: [fileSpot(`check ${id}`, 0, 0)] }
}

function fileSpot(file: string, line: number, column: number): Spot {
  const spot: Spot = { subject: 'input', place: () => ({ file, line, column }), says: () => spot }
  return spot
}
