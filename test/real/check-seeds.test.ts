import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runCheck } from '../../src/app/check/run-check.js'
import type { ReportInput } from '../../src/areas/analysis/report/report-format.js'

// `flotilla check` over documents of real people. What it finds is held against lists that have been read line by line: the
// place, the severity and the check. FLOTILLA_REWRITE_GOLDENS=1 writes them anew.

const inputs = process.env['FLOTILLA_INPUTS']
const skip = inputs === undefined ? 'FLOTILLA_INPUTS does not name a directory with seeds/ and fixtures/' : false

async function check(folder: string): Promise<{ lines: string[]; report: ReportInput }> {
  const root = join(inputs!, folder)
  const report = await runCheck({
    paths: [root],
    contexts: [],
    allContexts: false,
    fix: false,
    env: {},
    readStdin: async () => '',
  })
  const lines = report.findings.map(({ severity, check, sides, copies }) => {
    const name = ({ file, line, column }: { file: string; line: number; column: number }) =>
      `${file.replace(`${root}/`, '')}:${line}:${column}`
    return [name(sides[0]!.place), severity, check.id, ...copies.map((place) => `also ${name(place)}`)].join(' ')
  })
  return { lines, report }
}

function compare(name: string, lines: readonly string[]): void {
  const path = `test/real/goldens/${name}.txt`
  const text = `${lines.join('\n')}\n`
  if (process.env['FLOTILLA_REWRITE_GOLDENS'] !== undefined) writeFileSync(path, text)
  assert.equal(text, readFileSync(path, 'utf8'))
}

test('the seeds: every defect, and nothing else', { skip }, async () => {
  const { lines } = await check('seeds')
  compare('check-seeds', lines)
})

test('the fixtures: what there is to say of projects that are in use', { skip }, async () => {
  const { lines } = await check('fixtures')
  compare('check-fixtures', lines)
})
