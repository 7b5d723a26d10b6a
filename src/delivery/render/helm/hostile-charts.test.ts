import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import { createMemoryTree } from '../memory-tree.js'
import { createHelmRenderer } from './helm-renderer.js'

const renderer = createHelmRenderer({ clock: { now: () => 0 }, random: createSeededRandom(1) })
const render = (files: Record<string, string>, helm: Record<string, unknown> = {}) =>
  renderer.render({
    tree: createMemoryTree({ 'c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n', ...files }),
    path: 'c',
    options: { helm },
    target: { namespace: 'n' },
  })
/** Of this process: the machine may be busy with other tests. */
const cpuMilliseconds = () => process.cpuUsage().user / 1000
const template = (text: string) => render({ 'c/templates/a.yaml': text })

test('templates without end are stopped, and the message names the template', async () => {
  const cases: [string, RegExp][] = [
    ['{{ define "r" }}{{ include "r" . }}{{ end }}{{ include "r" . }}', /c\/templates\/a\.yaml.*(nested|exceeded|deep)/s],
    ['{{ define "r" }}{{ template "r" . }}{{ end }}{{ template "r" . }}', /exceeded maximum template depth.*r/s],
    ['{{ define "t" }}{{ tpl "{{ include \\"t\\" . }}" . }}{{ end }}{{ include "t" . }}', /c\/templates\/a\.yaml/],
    [
      '{{ range until 100000 }}{{ range until 100000 }}x{{ end }}{{ end }}',
      /rendering c\/templates\/a\.yaml failed: .*more than/,
    ],
    ['{{ $x := "aaaaaaaaaa" }}{{ range until 60 }}{{ $x = printf "%s%s" $x $x }}{{ end }}', /c\/templates\/a\.yaml/],
    ['{{ genCA "x" 1 }}', /keys and certificates cannot be made here/],
  ]
  for (const [text, message] of cases) await assert.rejects(template(text), message, text)
})

test('files outside of the chart are out of reach, values of prototypes are not there', async () => {
  const { objects } = await render({
    'secret.txt': 'secret',
    'c/templates/a.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {f: "{{ .Files.Get "../secret.txt" }}", p: "{{ .Values.constructor }}{{ .Values.__proto__ }}"}\n',
  })
  assert.deepEqual(objects[0]!.data, { f: '', p: '' })
  await render({}, { parameters: [{ name: '__proto__.polluted', value: '1' }] })
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('charts that cannot be loaded say why', async () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ 'c/.helmignore': 'a/**' }, /double-star \(\*\*\) syntax is not supported/],
    [{ 'c/.helmignore': '[' }, /syntax error in pattern/],
    [{ 'c/charts/x.tgz': 'nothing' }, /error unpacking subchart x\.tgz in c: packed charts cannot be opened here/],
    [{ 'c/values.yaml': 'a: [' }, /cannot load values\.yaml: error converting YAML to JSON/],
    [{ 'c/values.schema.json': '{' }, /unexpected end of JSON input/],
    [{ 'c/values.schema.json': '{"$ref": "https://x.example/s"}' }, /schemas in other documents are not fetched/],
    [{ 'c/values.schema.json': '{"$ref": "#/a", "a": {"$ref": "#/a"}}' }, /refers to itself without end/],
    [{ 'c/templates/a.yaml': 'apiVersion: v1\nkind: Pod\n' }, /metadata\.name is missing/],
  ]
  for (const [files, message] of cases) await assert.rejects(render(files), message, JSON.stringify(files))
})

test('the same request gives the same objects, and the chart is not changed by a rendering', async () => {
  const files = {
    'c/values.yaml': 'x: {a: 1}\n',
    'c/templates/a.yaml':
      '{{ $_ := set .Values.x "a" 2 }}{{ $_ := set .Values "y" 1 }}apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {v: {{ toJson .Values | quote }}}\n',
  }
  const first = await render(files)
  assert.deepEqual((await render(files)).objects, first.objects)
  assert.equal((first.objects[0]!.data as Record<string, string>)['v'], '{"x":{"a":2},"y":1}')
})

test('what grows from itself is stopped before it takes time or memory, and the message names the place', async () => {
  const doubled = '{{ $d := dict "a" "x" }}{{ range until 60 }}{{ $d = dict "a" $d "b" $d }}{{ end }}'
  const again = doubled.replaceAll('$d', '$e')
  const kept = (value: string) =>
    `{{ $k := dict }}{{ range $i := until 1000000 }}{{ $_ := set $k (toString $i) (${value}) }}{{ end }}`
  const cases = [
    ...['toJson $d', 'toYaml $d', 'toToml $d', '$d', 'deepCopy $d | len'].map((use) => `${doubled}{{ ${use} }}`),
    ...['deepEqual $d $e', 'merge $d $e | len', 'uniq (list $d $e) | len'].map((use) => `${doubled}${again}{{ ${use} }}`),
    '{{ $d := dict }}{{ $_ := set $d "self" $d }}{{ toYaml $d }}',
    '{{ $d := dict }}{{ $l := list $d $d }}{{ range until 16 }}{{ $l = concat $l $l }}{{ end }}{{ $_ := set $d "l" $l }}{{ toJson $d }}',
    '{{ $l := list 1 2 }}{{ range until 60 }}{{ $l = concat $l $l }}{{ end }}',
    '{{ $s := "ab" }}{{ range until 60 }}{{ $s = cat $s $s }}{{ end }}',
    `{{ $s := repeat 15000 "a" }}${kept('upper (print $s $i)')}`,
    `{{ $l := until 100000 }}${kept('reverse $l')}`,
    kept('printf "%999999d" 1'),
    '{{ printf "%999999d" (until 100000) }}',
    '{{ regexMatch "(a?){500}b" (repeat 3000000 "a") }}',
  ]
  for (const text of cases) {
    const from = cpuMilliseconds()
    await assert.rejects(
      template(text),
      /rendering c\/templates\/a\.yaml failed: template: \S+:\d+:\d+: more than 5000000 steps/,
      text,
    )
    assert.ok(cpuMilliseconds() - from < 5000, `${Math.round(cpuMilliseconds() - from)} ms: ${text}`)
  }
})

test('names for names for names are no charts without end', async () => {
  const files: Record<string, string> = {}
  let folder = 'c'
  for (let level = 0; level < 7; level++) {
    const aliases = Array.from(
      { length: 15 },
      (_, index) => `- {name: s${level + 1}, version: 1.0.0, alias: s${level}-${index}}\n`,
    )
    const dependencies = level === 6 ? '' : `dependencies:\n${aliases.join('')}`
    files[`${folder}/Chart.yaml`] = `apiVersion: v2\nname: s${level}\nversion: 1.0.0\n${dependencies}`
    files[`${folder}/values.yaml`] = 'a: {b: 1}\n'
    folder += `/charts/s${level + 1}`
  }
  for (const version of ['v3', 'v4']) {
    const from = cpuMilliseconds()
    const rendering = render(files, { version })
    if (version === 'v4') await assert.rejects(rendering, /depends on more than 2000 charts/)
    else await rendering
    assert.ok(cpuMilliseconds() - from < 3000, `${Math.round(cpuMilliseconds() - from)} ms with ${version}`)
  }
})

test('functions take time in proportion to what they are given', async () => {
  const cases = [
    '{{ snakecase (repeat 50000 "aB") | len }}',
    '{{ trim (print "a" (repeat 200000 " ") "b") | len }}',
    '{{ base (print "a" (repeat 200000 "/") "b") }}',
    '{{ toDate (repeat 40 "2") (print (repeat 60 "1") "x") }}',
    '{{ atoi (repeat 1000000 "9") }}{{ int64 (repeat 1000000 "9") }}{{ dateModify (print (repeat 1000000 "9") "h") now }}',
  ]
  for (const text of cases) {
    const from = cpuMilliseconds()
    await render({ 'c/templates/a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: "${text}"}\n` })
    assert.ok(cpuMilliseconds() - from < 1500, `${Math.round(cpuMilliseconds() - from)} ms: ${text}`)
  }
})
