import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { messageOf } from '../../base/errors.js'
import { check, parseConstraint } from './constraints.js'
import { formatVersion, parseVersion } from './version.js'

/** What Masterminds/semver v3.5.0 says: `y`, `n`, or `-` for versions that it cannot read. */
interface Goldens {
  readonly versions: readonly string[]
  readonly parsed: readonly string[]
  readonly rows: readonly { readonly constraint: string; readonly error?: string; readonly results?: string }[]
}
const goldens = JSON.parse(readFileSync('src/formats/semver/goldens.json', 'utf8')) as Goldens

function attempt(run: () => string): string {
  try {
    return run()
  } catch (error) {
    return `error: ${messageOf(error)}`
  }
}

test('versions are read as the Go library reads them', () => {
  for (const [index, text] of goldens.versions.entries()) {
    assert.equal(
      attempt(() => formatVersion(parseVersion(text))),
      goldens.parsed[index],
      text,
    )
  }
})

test(`constraints hold as in the Go library: ${goldens.rows.length} against ${goldens.versions.length} versions`, () => {
  const wrong: string[] = []
  for (const { constraint, error, results } of goldens.rows) {
    const found = attempt(() => {
      const parsed = parseConstraint(constraint)
      return goldens.versions
        .map((version, index) =>
          goldens.parsed[index]!.startsWith('error') ? '-' : check(parsed, parseVersion(version)) ? 'y' : 'n',
        )
        .join('')
    })
    const expected = results ?? `error: ${error}`
    if (found !== expected) wrong.push(`${constraint}\n  expected ${expected}\n  found    ${found}`)
  }
  assert.equal(wrong.join('\n'), '')
})

test('constraints that are none take no time either', () => {
  const from = performance.now()
  for (const text of [
    '1, '.repeat(170),
    `${' 1'.repeat(250)}!`,
    `1${' '.repeat(500)}!`,
    `${'1 - '.repeat(120)}!`,
    `${'>= 1 , '.repeat(70)}`,
  ])
    assert.throws(() => parseConstraint(text), /improper constraint/)
  assert.ok(performance.now() - from < 500)
})
