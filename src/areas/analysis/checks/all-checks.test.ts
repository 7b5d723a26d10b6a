import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { topics } from '../contract.js'
import { ownChecks } from '../own-checks.js'
import { checksPage } from '../report/checks-page.js'
import { allChecks } from './all-checks.js'

const folder = 'src/areas/analysis/checks'
const camel = (id: string) => id.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

test('every file of a check is in the list of its topic, and has a test', () => {
  const found: string[] = []
  for (const topic of topics) {
    const names = readdirSync(join(folder, topic))
    const tests = names.filter((name) => name.endsWith('.test.ts')).map((name) => readFileSync(join(folder, topic, name), 'utf8'))
    for (const name of names.filter((each) => /^[a-z0-9-]+\.ts$/.test(each))) {
      const text = readFileSync(join(folder, topic, name), 'utf8')
      if (!text.includes('defineCheck({')) continue
      const id = name.slice(0, -3)
      found.push(id)
      assert.match(text, new RegExp(`id: '${id}'`), `${topic}/${name} declares another id`)
      assert.match(text, new RegExp(`topic: '${topic}'`), `${topic}/${name} declares another topic`)
      assert.ok(
        tests.some((each) => each.includes(camel(id)) || each.includes('index.generated')),
        `${topic}/${name} has no test`,
      )
    }
  }
  assert.deepEqual(allChecks.map(({ id }) => id).sort(), found.sort(), 'run node tools/checks/index.mjs')
})

test('checks say what they owe', () => {
  const ids = new Set<string>()
  for (const { id, title, why, fix, evidence } of [...allChecks, ...ownChecks]) {
    assert.ok(!ids.has(id), `${id} is there twice`)
    ids.add(id)
    assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)+$/)
    assert.ok(evidence.length > 0, `${id} gives no evidence`)
    assert.ok(why.length > 40 && fix.length > 10, `${id} explains too little`)
    assert.match(fix, /\.$|`$/, `the fix of ${id} is no sentence`)
    assert.doesNotMatch(title, /\.$/, `the title of ${id} is a heading`)
  }
})

test('docs/reference/checks.md is current', () => {
  const page = readFileSync('docs/reference/checks.md', 'utf8')
  assert.ok(
    page === checksPage([...allChecks, ...ownChecks]),
    'docs/reference/checks.md is stale: run node tools/docs/checks.mjs',
  )
})
