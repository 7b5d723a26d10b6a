import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineCheck } from '../contract.js'
import { loadFleet } from '../load/load-fleet.js'
import type { KubeDocument } from '../model/document.js'
import type { Edit } from '../model/edit.js'
import { runChecks } from '../run-checks.js'
import { applyTextEdits, planFixes } from './plan-fixes.js'

function fix(text: string, edits: (object: KubeDocument) => Edit[], path = 'a.yaml'): string {
  const check = defineCheck({
    id: 'x',
    topic: 'schema',
    severity: 'error',
    title: '',
    why: '',
    evidence: [],
    fix: '',
    *run(model) {
      for (const object of model.objects) yield { message: 'm', at: [object.at('kind')], edits: edits(object) }
    },
  })
  const { model } = loadFleet([{ path, text }])
  return applyTextEdits(text, planFixes(runChecks(model, [check]).findings).edits.get(path) ?? [])
}

const text = `# a comment
apiVersion: v1
kind: Service # kept
metadata:
  name: a   # its name
  annotations:
    old: "1"  # why
    other: "2"
spec:
  ports:
    - port: 80
      name: web
    - port: 81
`

test('sets, renames and adds, and everything else stays as it is', () => {
  const mended = fix(text, (view) => [
    { kind: 'set', view, path: ['spec', 'ports', 0, 'port'], value: 8080 },
    { kind: 'rename', view, path: ['metadata', 'annotations', 'old'], to: 'new/key' },
    { kind: 'add', view, path: ['spec'], key: 'type', value: 'ClusterIP' },
  ])
  assert.equal(
    mended,
    text
      .replace('port: 80\n', 'port: 8080\n')
      .replace('old: "1"', 'new/key: "1"')
      .replace('- port: 81\n', '- port: 81\n  type: ClusterIP\n'),
  )
})

test('removes whole lines: a member of a map, an item of a list', () => {
  assert.equal(
    fix(text, (view) => [{ kind: 'remove', view, path: ['metadata', 'annotations', 'old'] }]),
    text.replace('    old: "1"  # why\n', ''),
  )
  assert.equal(
    fix(text, (view) => [{ kind: 'remove', view, path: ['spec', 'ports', 1] }]),
    text.replace('    - port: 81\n', ''),
  )
  assert.equal(
    fix(text, (view) => [{ kind: 'remove', view, path: ['spec', 'ports', 0, 'port'] }]),
    text,
  )
})

test('a document in a script is mended there', () => {
  const script = `cat <<EOF > a.yaml\n${text}EOF\n`
  assert.equal(
    fix(script, (view) => [{ kind: 'set', view, path: ['metadata', 'name'], value: 'b' }], 'a.sh'),
    script.replace('name: a ', 'name: b '),
  )
})

test('in a text that the shell expands, what is put in stays as it is', () => {
  const put = (quote: string) =>
    fix(
      `cat <<${quote}EOF${quote} > a.yaml\n${text}EOF\n`,
      (view) => [{ kind: 'set', view, path: ['metadata', 'name'], value: '$name' }],
      'a.sh',
    )
  assert.match(put(''), /name: \\\$name /)
  assert.match(put("'"), /name: \$name /)
})

test('JSON stays JSON, and what is quoted stays quoted', () => {
  const edits = (view: KubeDocument): Edit[] => [
    { kind: 'rename', view, path: ['spec', 'replica'], to: 'replicas' },
    { kind: 'set', view, path: ['apiVersion'], value: 'apps/v1' },
  ]
  const json = '{"apiVersion": "extensions/v1beta1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"replica":2}}\n'
  const mended = json.replace('extensions/v1beta1', 'apps/v1').replace('replica', 'replicas')
  assert.equal(fix(json, edits, 'a.json'), mended)
  assert.equal(fix(json, edits), mended)
  const lines = '{\n"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},\n"spec": {\n"a": 1,\n"b": 2\n}}\n'
  assert.equal(
    fix(lines, (view) => [{ kind: 'remove', view, path: ['spec', 'b'] }], 'a.json'),
    lines,
  )
})

test('line ends stay as they are, in a file of both kinds too', () => {
  const edits = (view: KubeDocument): Edit[] => [
    { kind: 'set', view, path: ['spec', 'ports', 0, 'port'], value: 8080 },
    { kind: 'remove', view, path: ['metadata', 'annotations', 'old'] },
    { kind: 'add', view, path: ['spec'], key: 'type', value: 'ClusterIP' },
  ]
  const windows = text.replaceAll('\n', '\r\n')
  assert.equal(fix(windows, edits), fix(text, edits).replaceAll('\n', '\r\n'))
  const both = text.replace('# a comment\n', '# a comment\r\n').replace('port: 80\n', 'port: 80\r\n')
  const mended = fix(text, edits).replace('# a comment\n', '# a comment\r\n').replace('port: 8080\n', 'port: 8080\r\n')
  assert.equal(fix(both, edits), mended)
})
