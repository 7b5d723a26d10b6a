import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../../base/random.js'
import { loadChart } from '../chart/load-chart.js'
import { templateChart } from '../template-chart.js'

function render(templates: Readonly<Record<string, string>>): unknown[] {
  const encode = (text: string) => new TextEncoder().encode(text)
  const chart = loadChart(
    [
      { name: 'Chart.yaml', data: encode('apiVersion: v2\nname: c\nversion: 1.0.0\n') },
      ...Object.entries(templates).map(([name, text]) => ({ name: `templates/${name}`, data: encode(text) })),
    ],
    { warn() {} },
  )
  const ports = { clock: { now: () => 0 }, random: createSeededRandom(1), warn() {} }
  return templateChart(chart, { releaseName: 'r' }, ports).manifests.map(({ value }) => value)
}

test('a partial that is given nothing finds nothing, however deep it looks; a field of nil is an error', () => {
  const a = 'x: "{{ include "y" .Values.context }}{{ tpl "{{ .a.b }}" nil }}"{{ define "y" }}{{ .a.b.c }}{{ end }}'
  assert.deepEqual(render({ a }), [{ x: '' }])
  assert.throws(() => render({ a: 'x: {{ (dict "a" nil).a.b }}' }), /nil pointer evaluating interface \{\}\.b/)
})

test('all templates of a chart have their steps together', () => {
  const loop = 'x: 1 {{ range until 900 }}{{ range until 1000 }}{{ end }}{{ end }}'
  assert.deepEqual(render({ a: loop }), [{ x: 1 }])
  assert.throws(
    () => render(Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, loop]))),
    /more than 5000000 steps/,
  )
})

test('a chart has its time, and the error says where it was', () => {
  let now = 0
  const encode = (text: string) => new TextEncoder().encode(text)
  const chart = loadChart(
    [
      { name: 'Chart.yaml', data: encode('apiVersion: v2\nname: c\nversion: 1.0.0\n') },
      { name: 'templates/slow.yaml', data: encode('x: 1 {{ range until 5000 }}{{ end }}') },
    ],
    { warn() {} },
  )
  const ports = { clock: { now: () => 0 }, random: createSeededRandom(1), warn() {}, elapsed: () => now++, maxMilliseconds: 10 }
  assert.throws(
    () => templateChart(chart, { releaseName: 'r' }, ports),
    /rendering c\/templates\/slow\.yaml failed: template: c\/templates\/slow\.yaml:\d+:\d+: still running when its time was over/,
  )
  now = 0
  assert.equal(templateChart(chart, { releaseName: 'r' }, { ...ports, maxMilliseconds: 100_000 }).manifests.length, 1)
})
