import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { messageOf } from '../../base/errors.js'
import { createSeededRandom } from '../../base/random.js'
import type { MissingKey } from './exec.js'
import { applicationSetProfile } from './profiles.js'
import { parseTemplate } from './template.js'

interface Golden {
  readonly template: string
  readonly missingKey?: MissingKey
  readonly left?: string
  readonly right?: string
  /** What Go's text/template (1.26, with sprig 3.3) made of it: an output or an error. */
  readonly output?: string
  readonly error?: string
}

/** Errors whose wording is ours: what the other side says about YAML and URLs that it cannot read. */
const ownWording = /error calling (?:urlParse|fromYaml\w*):/

const functions = applicationSetProfile({ clock: { now: () => 1_600_000_000_000 }, random: createSeededRandom(1) })

for (const name of ['language', 'sprig']) {
  const { data, cases } = JSON.parse(readFileSync(`src/formats/go-template/goldens/${name}.json`, 'utf8')) as {
    data: unknown
    cases: Golden[]
  }
  test(`templates give what Go gives: ${name}, ${cases.length} cases`, () => {
    const wrong: string[] = []
    for (const golden of cases) {
      const expected = golden.output ?? `error: ${golden.error}`
      let found: string
      try {
        const options = { functions, missingKey: golden.missingKey, leftDelim: golden.left, rightDelim: golden.right }
        found = parseTemplate('t', golden.template, options).execute(JSON.parse(JSON.stringify(data)))
      } catch (error) {
        found = `error: ${messageOf(error)}`
      }
      const place = ownWording.exec(expected)
      const same = place === null ? found === expected : found.startsWith(expected.slice(0, place.index + place[0].length))
      if (!same) wrong.push(`${golden.template}\n  expected ${JSON.stringify(expected)}\n  found    ${JSON.stringify(found)}`)
    }
    assert.equal(wrong.join('\n'), '')
  })
}
