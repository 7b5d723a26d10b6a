import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { messageOf } from '../../src/base/errors.js'
import { createSeededRandom } from '../../src/base/random.js'
import { loadChart } from '../../src/delivery/render/helm/chart/load-chart.js'
import { capabilitiesValue, defaultKubeVersion, parseKubeVersion } from '../../src/delivery/render/helm/engine/capabilities.js'
import { helmFunctions } from '../../src/delivery/render/helm/engine/helm-functions.js'
import { renderTemplates } from '../../src/delivery/render/helm/engine/render-templates.js'
import { coalesceValues } from '../../src/delivery/render/helm/values/coalesce.js'
import { int } from '../../src/formats/go-template/values.js'
import { findPeer } from '../support/peers/real-apiserver.js'
import { expressionValues, randomExpression } from '../support/random/random-expressions.js'

// Calls of functions made up from seeds, as Helm's own engine evaluates them and as ours does: outputs and errors, words
// included. FLOTILLA_SEEDS=FROM-TO chooses the seeds.
const [from = 1, to = 6000] = (process.env['FLOTILLA_SEEDS'] ?? '').split('-').filter(Boolean).map(Number)
const peer = findPeer('helm-engine')
const skip = 'path' in peer ? false : `Helm's packages cannot be had: ${peer.reason}`

const encode = (text: string) => new TextEncoder().encode(text)
const functions = helmFunctions({ clock: { now: () => Date.now() }, random: createSeededRandom(1) })

function ours(template: string): string {
  const chart = loadChart(
    [
      { name: 'Chart.yaml', data: encode('apiVersion: v2\nname: c\nversion: 1.0.0\n') },
      { name: 'values.yaml', data: encode(expressionValues) },
      { name: 'templates/t', data: encode(template) },
    ],
    { warn() {} },
  )
  const scope = {
    release: { Name: 'rel', Namespace: 'default', IsUpgrade: false, IsInstall: true, Revision: int(1), Service: 'Helm' },
    capabilities: capabilitiesValue(parseKubeVersion(defaultKubeVersion), {}, 3),
    values: coalesceValues(chart, {}, { warn() {}, merge: false }),
    helmMajor: 3 as const,
  }
  try {
    return renderTemplates(chart, scope, functions).get('c/templates/t') ?? ''
  } catch (error) {
    return `error: ${messageOf(error)}`
  }
}

test('calls of functions made up from seeds give what Helm gives', { skip, timeout: 600_000 }, () => {
  const templates = Array.from({ length: to - from + 1 }, (_, index) => randomExpression(from + index))
  const { stdout } = spawnSync('path' in peer ? peer.path : '', ['expressions'], {
    input: templates.map((template) => JSON.stringify({ Template: template, Values: expressionValues })).join('\n'),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const lines = stdout.trim().split('\n')
  assert.equal(lines.length, templates.length)
  const wrong: string[] = []
  for (const [index, line] of lines.entries()) {
    const { output, error } = JSON.parse(line) as { output?: string; error?: string }
    const expected = output ?? `error: ${error}`
    const found = ours(templates[index]!)
    if (found !== expected) wrong.push(`${templates[index]}\n  helm ${JSON.stringify(expected)}\n  here ${JSON.stringify(found)}`)
  }
  console.log(`${templates.length} templates, ${templates.length - wrong.length} the same`)
  assert.equal(wrong.join('\n'), '')
})
