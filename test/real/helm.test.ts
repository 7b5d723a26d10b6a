import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { renderChart } from '../../src/app/rendering/render-chart.js'
import { messageOf } from '../../src/base/errors.js'
import { parseYamlDocuments } from '../../src/formats/yaml/parse-yaml.js'
import { findPeer } from '../support/peers/real-apiserver.js'

// What helm itself makes of charts: the goldens of src/delivery/render/helm (rewritten with FLOTILLA_REWRITE_GOLDENS=1), and
// every chart below FLOTILLA_INPUTS, compared with what we make of them. Public charts: helm-corpus-3.test.ts and -4.
const goldens = 'src/delivery/render/helm/goldens'
const helm = findPeer('helm3')
const program = 'path' in helm ? helm.path : ''
const helm4 = findPeer('helm4')
const program4 = 'path' in helm4 ? helm4.path : ''
const skip = 'reason' in helm ? helm.reason : 'reason' in helm4 ? helm4.reason : false

interface Outcome {
  readonly output?: string
  readonly error?: string
}

function runHelm(args: readonly string[], cwd: string, by = program): Outcome {
  const { status, stdout, stderr } = spawnSync(by, ['template', ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' },
  })
  if (status === 0) return { output: stdout }
  const error = stderr.slice(stderr.search(/^Error: /m) + 'Error: '.length)
  return { error: error.replace('\n\nUse --debug flag to render out invalid YAML', '').trimEnd() }
}

test('the goldens are what helm 3 prints', { skip }, () => {
  const cases = JSON.parse(readFileSync(join(goldens, 'cases.json'), 'utf8')) as {
    chart: string
    args: string[]
    helm?: number
  }[]
  const name = (args: readonly string[]) => (args.includes('--name-template') ? [] : ['rel'])
  const found = cases.map((each) => {
    const { chart, args } = each
    return { ...each, ...runHelm([...name(args), chart, ...args], goldens, each.helm === 4 ? program4 : program) }
  })
  const text = `${JSON.stringify(found, null, 1)}\n`
  const file = join(goldens, 'outcomes.json')
  if (process.env['FLOTILLA_REWRITE_GOLDENS'] === '1') writeFileSync(file, text)
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), found)
})

function chartsBelow(root: string): string[] {
  if (existsSync(join(root, 'Chart.yaml'))) return [root]
  return readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? chartsBelow(join(root, entry.name)) : [],
  )
}

/** Passwords, keys and certificates are different each time: long words without a meaning count as equal. */
function withoutChance(text: string): string {
  return text
    .replace(/-----BEGIN[\s\S]*?-----END[^\n]*/g, 'PEM')
    .replace(/[A-Za-z0-9+/=]{12,}|\b[A-Za-z0-9]{5,12}\b(?=["']?$)/gm, 'X')
}

async function compare(chart: string): Promise<string> {
  const theirs = runHelm(['rel', chart, '-n', 'ns1', '--include-crds'], '.')
  let ours: Outcome
  try {
    ours = { output: await renderChart('rel', chart, { namespace: 'ns1', includeCrds: true }, () => {}) }
  } catch (error) {
    ours = { error: messageOf(error) }
  }
  if (theirs.error !== undefined) {
    if (ours.error === undefined) return 'refused by helm only'
    return ours.error.trimEnd() === theirs.error ? 'same error' : 'another error'
  }
  if (ours.output === undefined) return 'refused here only'
  if (ours.output === theirs.output) return 'identical bytes'
  const objects = (text: string) => parseYamlDocuments(text, { duplicateKeys: 'last' }).map(({ value }) => value)
  const [left, right] = [withoutChance(ours.output), withoutChance(theirs.output!)]
  if (left === right) return 'identical but for chance'
  try {
    assert.deepEqual(objects(left), objects(right))
    return 'identical objects'
  } catch {
    return 'different'
  }
}

for (const variable of ['FLOTILLA_INPUTS']) {
  const root = process.env[variable]
  const reason = root === undefined || !existsSync(root) ? `${variable} names no directory` : skip
  test(`charts below ${variable} render as with helm 3`, { skip: reason, timeout: 1_200_000 }, async (context) => {
    const outcomes = new Map<string, string[]>()
    for (const chart of chartsBelow(root!)) {
      const outcome = await compare(chart)
      outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), chart])
    }
    for (const [outcome, charts] of outcomes) context.diagnostic(`${String(charts.length).padStart(5)}  ${outcome}`)
    const wrong = ['different', 'refused here only', 'refused by helm only', 'another error']
    assert.deepEqual(
      wrong.flatMap((outcome) => (outcomes.get(outcome) ?? []).map((chart) => `${outcome}: ${chart}`)),
      [],
    )
  })
}
