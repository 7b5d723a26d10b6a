import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import type { Answer, Case } from './case.js'

/** What a real server answered to the cases of one topic. Anew: `FLOTILLA_RECORD=1 node tools/test.mjs --real differential`. */
export interface Recording {
  /** What produced it. */
  readonly versions: Readonly<Record<string, string>>
  readonly cases: Readonly<Record<string, RecordedCase>>
}

export interface RecordedCase {
  /** Tells whether the requests are still those that were recorded. */
  readonly asked: string
  readonly answers: readonly (Answer | null)[]
}

function fileOf(topic: string): string {
  return `test/differential/recordings/${topic}.json`
}

export function readRecording(topic: string): Recording {
  return JSON.parse(readFileSync(fileOf(topic), 'utf8')) as Recording
}

/** One line for each answer: differences between two recordings are readable. */
export function writeRecording(topic: string, recording: Recording): void {
  const cases = Object.entries(recording.cases).map(([name, { asked, answers }]) => {
    const lines = answers.map((answer) => JSON.stringify(answer)).join(',\n')
    return `${JSON.stringify(name)}:{"asked":"${asked}","answers":[\n${lines}\n]}`
  })
  writeFileSync(fileOf(topic), `{"versions":${JSON.stringify(recording.versions)},"cases":{\n${cases.join(',\n')}\n}}\n`)
}

/** A digest of the requests of a case. */
export function askedOf({ namespace, steps }: Case): string {
  return createHash('sha256')
    .update(JSON.stringify([namespace, steps]))
    .digest('hex')
    .slice(0, 12)
}

export function recordedCase(wanted: Case, answers: readonly (Answer | undefined)[]): RecordedCase {
  return { asked: askedOf(wanted), answers: answers.map((answer) => answer ?? null) }
}
