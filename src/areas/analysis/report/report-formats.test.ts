import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineCheck } from '../contract.js'
import { loadFleet } from '../load/load-fleet.js'
import { runChecks } from '../run-checks.js'
import { reportFormats } from './report-formats.js'

const check = defineCheck({
  id: 'one-thing',
  topic: 'schema',
  severity: 'error',
  title: 'Some <thing> | other',
  why: 'Because.',
  evidence: ['somewhere'],
  fix: 'Do it.',
  *run(model) {
    const [first, second] = model.objects
    yield {
      message: 'a "quoted" <text>\u0007 & more',
      at: [first!.at('metadata', 'name'), second!.at('kind').says('also\u001b[31m')],
    }
    yield { message: 'a note', at: [second!.at('kind')], severity: 'note' }
  },
})

function report(format: string): string {
  const { model } = loadFleet([
    { path: 'dir with space/a.yaml', text: 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: one\n' },
    { path: 'b.yaml', text: 'apiVersion: v1\nkind: Namespace\nmetadata: {name: two}\n' },
  ])
  const summary = { documents: 2, clusters: 0, checks: 1, fixed: 0 }
  return [...reportFormats.get(format)!({ ...runChecks(model, [check]), summary }, { colour: false, version: '1.2.3' })].join('')
}

test('text: places, sides, reasons once, nothing that speaks to the terminal', () => {
  const text = report('text')
  assert.equal(
    text,
    `b.yaml:2:7: note: a note [one-thing]
    why: Because.
    fix: Do it.
dir with space/a.yaml:4:9: error: a "quoted" <text>\ufffd & more [one-thing]
    b.yaml:2:7: Namespace two: also\ufffd[31m
    fix: Do it.
1 error, 1 note (2 documents of 0 clusters, 1 check)
`,
  )
})

test('json and sarif are JSON with places', () => {
  const json = JSON.parse(report('json'))
  assert.equal(json.summary.error, 1)
  assert.deepEqual(json.findings[1].at[0], {
    file: 'dir with space/a.yaml',
    line: 4,
    column: 9,
    endLine: 4,
    endColumn: 12,
    subject: 'Namespace one',
  })
  const sarif = JSON.parse(report('sarif'))
  const [run] = sarif.runs
  assert.equal(run.tool.driver.rules[run.results[1].ruleIndex].id, 'one-thing')
  assert.equal(run.results[1].locations[0].physicalLocation.artifactLocation.uri, 'dir%20with%20space/a.yaml')
  assert.deepEqual(run.results[1].locations[0].physicalLocation.region, {
    startLine: 4,
    startColumn: 9,
    endLine: 4,
    endColumn: 12,
  })
  assert.equal(run.results[0].level, 'note')
})

test('junit is XML in which notes pass', () => {
  const xml = report('junit')
  assert.match(xml, /^<\?xml/)
  assert.match(xml, /tests="2" failures="1"/)
  assert.match(xml, /message="a &quot;quoted&quot; &lt;text&gt;\ufffd &amp; more"/)
  assert.equal(xml.match(/<testcase/g)?.length, xml.match(/<\/testcase>/g)?.length)
})

test('markdown: a row for each', () => {
  const text = report('markdown')
  assert.match(text, /\| `dir with space\/a.yaml:4:9`<br>also `b.yaml:2:7` \| error \| a "quoted" &lt;text>/)
})
