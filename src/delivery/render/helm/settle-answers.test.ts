import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import { createTemplateCrypto, generateTemplateKey } from '../../source/helm/template-crypto.js'
import { loadChart } from './chart/load-chart.js'
import type { HelmPorts } from './engine/helm-functions.js'
import { settleAnswers } from './settle-answers.js'
import { templateChart } from './template-chart.js'

const encode = (text: string) => new TextEncoder().encode(text)
const clock = { now: () => 1_700_000_000_000 }

function render(template: string): (ports: HelmPorts) => unknown {
  const chart = loadChart(
    [
      { name: 'Chart.yaml', data: encode('apiVersion: v2\nname: c\nversion: 1.0.0\n') },
      { name: 'templates/a.yaml', data: encode(template) },
    ],
    { warn() {} },
  )
  return (ports) => templateChart(chart, { releaseName: 'r' }, { ...ports, warn() {} }).manifests.map(({ value }) => value)
}

const ports: HelmPorts = { clock, random: createSeededRandom(1), crypto: createTemplateCrypto(clock) }

test('what a template looks up is fetched between runs, each object once, also what only an answer leads to', async () => {
  const asked: string[][] = []
  const answer = await settleAnswers(
    {
      lookup: async (...names) => {
        asked.push(names)
        return names[3] === 'first' ? { data: { next: 'second' } } : { data: { token: 'kept' } }
      },
    },
    ports,
    render(
      '{{ $first := lookup "v1" "Secret" "ns" "first" }}{{ lookup "v1" "Secret" "ns" "first" | len }}: ' +
        '{{ with $first.data }}{{ (lookup "v1" "Secret" "ns" .next).data.token }}{{ else }}{{ fail "none" }}{{ end }}',
    ),
  )
  assert.deepEqual(answer, [{ 1: 'kept' }])
  assert.deepEqual(asked, [
    ['v1', 'Secret', 'ns', 'first'],
    ['v1', 'Secret', 'ns', 'second'],
  ])
})

test('what a lookup fails with is the error of the template', async () => {
  const failing = async () => Promise.reject(new Error('secrets "x" is forbidden'))
  await assert.rejects(
    settleAnswers({ lookup: failing }, ports, render('a: {{ lookup "v1" "Secret" "ns" "x" }}')),
    /error calling lookup: secrets "x" is forbidden/,
  )
})

test('RSA keys are made outside of the thread; those of one authority fit together', async () => {
  const made: string[] = []
  const generateKey: typeof generateTemplateKey = async (type, bits) => {
    const key = await generateTemplateKey(type, bits)
    made.push(key)
    return key
  }
  const template =
    '{{ $ca := genCA "ca" 10 }}{{ $leaf := genSignedCert "leaf" nil (list "a.test") 10 $ca }}' +
    'ca: {{ $ca.Key | b64enc }}\nleaf: {{ $leaf.Key | b64enc }}\nec: {{ genPrivateKey "ecdsa" | trunc 30 | quote }}'
  const [found] = (await settleAnswers({ generateKey }, ports, render(template))) as [Record<string, string>]
  assert.equal(made.length, 2)
  const decoded = [found['ca']!, found['leaf']!].map((text) => Buffer.from(text, 'base64').toString())
  assert.deepEqual(decoded.sort(), made.sort())
  assert.match(made[0]!, /^-----BEGIN RSA PRIVATE KEY-----/)
})

test('a chart without end is not asked for ever', async () => {
  let count = 0
  const lookup = async () => ({ next: `n${count++}` })
  const endless = `a: {{ range until 100 }}{{ $x := lookup "v1" "A" "" (printf "%d-%d" . (randInt 0 1000000)) }}{{ end }}`
  await assert.rejects(settleAnswers({ lookup }, ports, render(endless)), /more than 1000 different/)
})
