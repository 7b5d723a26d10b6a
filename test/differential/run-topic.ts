import type { Answer, Case } from './case.js'
import { runCase } from './run-case.js'
import type { Target } from './send.js'

const workers = 6

/** The answers to all cases of a topic, by name of the case. Cases that wait do so beside others. */
export async function runTopic(target: Target, cases: readonly Case[]): Promise<Map<string, (Answer | undefined)[]>> {
  const answers = new Map<string, (Answer | undefined)[]>()
  const waiting = [...cases]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      answers.set(next.name, await runCase(target, next))
    }
  }
  await Promise.all(Array.from({ length: workers }, work))
  return answers
}
