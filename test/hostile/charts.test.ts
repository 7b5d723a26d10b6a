import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { CodedError } from '../../src/base/errors.js'
import { createSeededRandom } from '../../src/base/random.js'
import { loadChart } from '../../src/delivery/render/helm/chart/load-chart.js'
import { HelmError } from '../../src/delivery/render/helm/helm-error.js'
import { templateChart } from '../../src/delivery/render/helm/template-chart.js'
import { setValues } from '../../src/delivery/render/helm/values/set-values.js'
import type { Values } from '../../src/delivery/render/helm/values/values.js'
import { openChartArchive } from '../../src/delivery/source/helm/archive.js'
import { parseOciReference } from '../../src/delivery/source/helm/oci-reference.js'
import { readChallenges } from '../../src/delivery/source/helm/registry-session.js'
import { findChartEntries } from '../../src/delivery/source/helm/repository-index.js'
import { packChart, packTar } from '../support/fakes/pack-chart.js'

// FLOTILLA_FUZZ_ROUNDS multiplies the rounds, FLOTILLA_FUZZ_SEED makes others.
const factor = Number(process.env['FLOTILLA_FUZZ_ROUNDS'] ?? 1)
const random = createSeededRandom(Number(process.env['FLOTILLA_FUZZ_SEED'] ?? 1))
const pick = <T>(from: readonly T[]): T => from[Math.floor(random.number() * from.length)]!
const phrase = (tokens: readonly string[], most: number) =>
  Array.from({ length: 1 + Math.floor(random.number() * most) }, () => pick(tokens)).join('')

/** Time of this process's own work: other processes may keep the processor busy. */
function cpuMs(): number {
  return process.cpuUsage().user / 1000
}

/** Runs a parser on hostile input: it may refuse with an Error of its own, but neither break nor take long. */
function bounded(what: string, run: () => unknown): void {
  const start = cpuMs()
  try {
    run()
  } catch (error) {
    const isOurs =
      error instanceof CodedError || (error instanceof Error && error.constructor === Error) || error instanceof SyntaxError
    assert.ok(isOurs, `${what}: ${String((error as Error).stack)}`)
  }
  assert.ok(cpuMs() - start < 2000, `${what} took ${Math.round(cpuMs() - start)} ms`)
}

function render(template: string, values: Values = {}, helpers = ''): string {
  const encode = (text: string) => new TextEncoder().encode(text)
  const chart = loadChart(
    [
      { name: 'Chart.yaml', data: encode('apiVersion: v2\nname: c\nversion: 1.0.0\n') },
      { name: 'templates/a.txt', data: encode(template) },
      { name: 'templates/_h.tpl', data: encode(helpers) },
    ],
    { warn() {} },
  )
  const rendered = templateChart(
    chart,
    { releaseName: 'r', values },
    { clock: { now: () => 0 }, random: createSeededRandom(1), warn() {} },
  )
  return JSON.stringify(rendered.manifests)
}

const actions = [
  '{{',
  '}}',
  '{{-',
  '-}}',
  ' ',
  '.',
  '.Values',
  '.a',
  '$',
  '$x',
  ':=',
  '=',
  '|',
  '(',
  ')',
  ',',
  'if',
  'else',
  'end',
  'range',
]
actions.push(
  'with',
  'define',
  'template',
  'block',
  'break',
  'continue',
  '"s"',
  '`r`',
  "'c'",
  '1',
  '0x',
  '1e9',
  '-',
  '/*',
  '*/',
  'nil',
  'true',
)
actions.push(
  'include',
  'tpl',
  'toYaml',
  'index',
  'printf',
  'dict',
  'list',
  'until',
  'repeat',
  'fromYaml',
  'regexMatch',
  'text',
  '\n',
  '\u0000',
  '\u{1f600}',
)

test('templates of random pieces are refused or rendered', () => {
  for (let round = 0; round < 1500 * factor; round++) {
    const text = phrase(actions, 24)
    bounded(JSON.stringify(text), () => render(text, { a: { b: [1, 'x'] } }))
  }
})

test('settings of random pieces are refused or applied, and never reach a prototype', () => {
  const pieces = [
    'a',
    'b',
    '.',
    '=',
    ',',
    '[',
    ']',
    '0',
    '1',
    '-1',
    '99999',
    '{',
    '}',
    '\\',
    ' ',
    'null',
    'true',
    '__proto__',
    'constructor',
    '"',
    '\n',
  ]
  for (let round = 0; round < 3000 * factor; round++) {
    const line = phrase(pieces, 12)
    for (const kind of ['typed', 'text', 'json', 'literal'] as const)
      bounded(JSON.stringify(line), () => setValues({}, line, { kind }))
  }
  for (const line of [
    '__proto__.polluted=1',
    'constructor.prototype.polluted=1',
    'a.__proto__.polluted=1',
    '__proto__[0].polluted=1',
  ])
    bounded(line, () => setValues({}, line, { kind: 'typed' }))
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('archives with spoiled bytes are refused or read', () => {
  const tar = packTar([
    { name: 'c/Chart.yaml', content: 'apiVersion: v2\nname: c\nversion: 1.0.0\n' },
    { name: 'c/templates/a.yaml', content: 'a: {{ .Values.a }}\n' },
    { name: 'c/PaxHeader', type: 'x', content: '30 path=c/templates/b.yaml\n' },
    { name: 'c/x', content: 'b: 1\n' },
  ])
  const packed = gzipSync(tar)
  for (let round = 0; round < 300 * factor; round++) {
    const spoiled = new Uint8Array(round % 2 === 0 ? tar : packed)
    for (let count = 0; count < 4; count++)
      spoiled[Math.floor(random.number() * spoiled.length)] = Math.floor(random.number() * 256)
    const cut = spoiled.subarray(0, random.number() < 0.3 ? Math.floor(random.number() * spoiled.length) : spoiled.length)
    bounded(`archive ${round}`, () => openChartArchive(round % 2 === 0 ? new Uint8Array(gzipSync(cut)) : cut))
  }
})

test('indexes, references and challenges of random pieces are refused or read', () => {
  const yaml = [
    'apiVersion: v1\n',
    'entries:\n',
    '  c:\n',
    '  - name: c\n',
    '    version: 1.0.0\n',
    '    urls: [x]\n',
    ' ',
    '- ',
    '{',
    '}',
    '[',
    '&a ',
    '*a',
    '"',
    '|\n',
    '---\n',
    '\t',
    '__proto__:\n',
    '\r\n',
    '#',
  ]
  const reference = [
    'oci://',
    'r.test',
    ':5000',
    '/',
    'a',
    'B',
    '@',
    'sha256:',
    '0'.repeat(64),
    '..',
    ' ',
    '%2f',
    '?',
    '#',
    '[::1]',
    '-',
    '_',
    '\u0000',
  ]
  const challenge = ['Bearer', 'Basic', ' ', ',', '=', '"', '\\', 'realm', 'scope', 'https://a.test', '\t', '\u00ff']
  for (let round = 0; round < 1500 * factor; round++) {
    const index = phrase(yaml, 14)
    bounded(JSON.stringify(index), () => findChartEntries(index, 'c'))
    const text = phrase(reference, 8)
    bounded(JSON.stringify(text), () => {
      const { name } = parseOciReference(text)
      assert.doesNotMatch(name, /\.\.|\/\/|[^a-z0-9._/-]/)
    })
    const header = phrase(challenge, 12)
    bounded(JSON.stringify(header), () => readChallenges(header))
  }
  bounded('challenge', () => readChallenges(`Bearer realm="${'\\'.repeat(100_000)}`))
  bounded('reference', () => parseOciReference(`r.test/${'a-'.repeat(100_000)}`))
  bounded('index', () => findChartEntries(`apiVersion: v1\nentries:\n${'  '.repeat(500_000)}`, 'c'))
  bounded('nested index', () => findChartEntries(`apiVersion: v1\nentries: ${'['.repeat(50_000)}`, 'c'))
})

test('attacks on whoever opens an archive', () => {
  const open = (entries: Parameters<typeof packTar>[0]) => openChartArchive(new Uint8Array(gzipSync(packTar(entries))))
  const meta = { name: 'c/Chart.yaml', content: 'name: c' }
  assert.throws(() => open([meta, { name: 'c/../../etc/passwd', content: 'x' }]), /references parent directory/)
  assert.throws(() => open([meta, { name: 'c//etc/passwd', content: 'x' }]), /absolute paths/)
  // Links count as empty files, so they lead nowhere.
  const [, link] = open([meta, { name: 'c/templates/a', type: '2', link: '/etc/passwd' }])
  assert.deepEqual(link, { name: 'templates/a', data: new Uint8Array() })
  assert.throws(() => open([meta, { name: 'c/a', content: 'x', size: 0o77777777777 }]), /unexpected EOF/)
  assert.throws(
    () => openChartArchive(new Uint8Array(gzipSync(Buffer.alloc(200 * 1024 * 1024)))),
    /larger than the maximum|no files/,
  )
  assert.throws(() => open(Array.from({ length: 20_001 }, (_, n) => ({ name: `c/${n}` }))), /more than 20000 entries/)
  assert.throws(
    () => open([meta, { name: 'c/big', content: new Uint8Array(6 * 1024 * 1024) }]),
    /larger than the maximum file size/,
  )
  // Charts inside charts inside charts.
  let packed = packChart('c', { 'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n' })
  for (let depth = 0; depth < 40; depth++)
    packed = new Uint8Array(
      gzipSync(
        packTar([
          { name: 'c/Chart.yaml', content: 'apiVersion: v2\nname: c\nversion: 1.0.0\n' },
          { name: 'c/charts/c.tgz', content: packed },
        ]),
      ),
    )
  assert.throws(() => loadChart(openChartArchive(packed), { openArchive: openChartArchive, warn() {} }), /more than 32 deep/)
})

test('attacks on whoever renders', () => {
  for (const [template, helpers] of [
    ['{{ include "x" . }}', '{{ define "x" }}{{ include "x" . }}{{ end }}'],
    ['{{ template "x" . }}', '{{ define "x" }}{{ template "x" . }}{{ end }}'],
    ['{{ define "t" }}{{ tpl .Values.t . }}{{ end }}{{ tpl .Values.t . }}', ''],
    ['{{ range until 100000000 }}x{{ end }}', ''],
    ['{{ repeat 1000000000 "x" }}', ''],
    ['{{ range $i := until 100000 }}{{ range $j := until 100000 }}{{ end }}{{ end }}', ''],
    [`{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`, ''],
    [`${'{{ if true }}'.repeat(20_000)}x${'{{ end }}'.repeat(20_000)}`, ''],
  ] as const) {
    const start = cpuMs()
    assert.throws(() => render(template, { t: '{{ tpl .Values.t . }}' }, helpers), HelmError, template.slice(0, 80))
    assert.ok(cpuMs() - start < 8000, template.slice(0, 80))
  }
  render(
    '{{ $x := dict }}{{ $_ := set $x "__proto__" (dict "polluted" "1") }}x: {{ merge $x (dict "constructor" 1) | toYaml | toJson }}',
  )
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  assert.ok(!render('x: "{{ .Values.constructor }}{{ .Values.__proto__ }}{{ .Values.toString }}"').includes('function'))
})
