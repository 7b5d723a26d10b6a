import type { Answer, Case } from './case.js'
import { compareAnswers, type Difference } from './compare.js'
import { differences, type KnownDifference } from './differences.js'
import { askedOf, type Recording } from './recordings.js'

export interface Verdict {
  readonly compared: number
  readonly equal: number
  /** Requests that differ only where a known difference says so. */
  readonly known: number
  /** One text for each request that differs otherwise. */
  readonly failures: readonly string[]
  /** What accounted for something: an entry without steps as ` `, else each of its steps. */
  readonly used: ReadonlyMap<KnownDifference, ReadonlySet<string>>
}

/** Holds the answers to the cases of one topic against its recording. */
export function judge(
  topic: string,
  cases: readonly Case[],
  recording: Recording,
  answers: ReadonlyMap<string, readonly (Answer | undefined)[]>,
): Verdict {
  const failures: string[] = []
  const used = new Map<KnownDifference, Set<string>>()
  let compared = 0
  let equal = 0
  let known = 0
  for (const wanted of cases) {
    const recorded = recording.cases[wanted.name]
    if (recorded?.asked !== askedOf(wanted)) {
      failures.push(`${topic}: ${wanted.name}: its requests are not those of the recording; record anew`)
      continue
    }
    for (const [index, step] of wanted.steps.entries()) {
      const real = recorded.answers[index]
      const ours = answers.get(wanted.name)?.[index]
      if (step.silent || !real || !ours) continue
      compared++
      const found = compareAnswers(real, ours)
      if (found.length === 0) {
        equal++
        continue
      }
      const where = `${topic}: ${wanted.name}`
      const reasons = explain(where, index, found)
      for (const entry of reasons.entries) {
        const steps = used.get(entry) ?? new Set<string>()
        used.set(entry, steps.add(entry.steps === undefined ? '' : String(index)))
      }
      if (reasons.unexplained.length === 0) known++
      else failures.push(describe(`${where} #${index} ${step.method} ${step.path}`, reasons.unexplained))
    }
  }
  return { compared, equal, known, failures, used }
}

/** Which known differences account for what was found. An answer that is another altogether needs one entry only. */
function explain(
  where: string,
  step: number,
  found: readonly Difference[],
): { entries: KnownDifference[]; unexplained: Difference[] } {
  const entries: KnownDifference[] = []
  const unexplained: Difference[] = []
  const mine = differences.filter((entry) => isFor(entry, where, step))
  const whole = mine.find((entry) => entry.path === undefined)
  for (const difference of found) {
    const entry = mine.find((each) => each.path?.test(difference.path)) ?? whole
    if (entry === undefined) unexplained.push(difference)
    else if (!entries.includes(entry)) entries.push(entry)
  }
  return { entries, unexplained }
}

function isFor({ where, steps }: KnownDifference, name: string, step: number): boolean {
  if (!(typeof where === 'string' ? where === name : where.test(name))) return false
  return steps === undefined || stepsOf(steps).has(String(step))
}

/** `3,7-9` */
export function stepsOf(text: string): ReadonlySet<string> {
  const all = new Set<string>()
  for (const part of text.split(',')) {
    const [from, to = from] = part.split('-').map(Number) as [number, number?]
    for (let step = from; step <= to; step++) all.add(String(step))
  }
  return all
}

function describe(title: string, found: readonly Difference[]): string {
  const cut = (text: string | undefined) => (text === undefined ? '(absent)' : text.slice(0, 600))
  return [title, ...found.map(({ path, real, ours }) => `  ${path}\n    real ${cut(real)}\n    ours ${cut(ours)}`)].join('\n')
}
