import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DirectoryOptions } from '../contract.js'
import { createMemoryTree } from '../memory-tree.js'
import { createDirectoryRenderer } from './directory-renderer.js'

const manifest = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`
const render = (files: Record<string, string>, directory?: DirectoryOptions, path = 'app') =>
  createDirectoryRenderer().render({
    tree: createMemoryTree(files),
    path,
    options: directory === undefined ? {} : { directory },
    target: { namespace: 'default' },
  })
const namesIn = async (files: Record<string, string>, directory?: DirectoryOptions) =>
  (await render(files, directory)).objects.map((object) => object.metadata.name)

const files = {
  'app/b.yaml': `${manifest('b1')}---\n# nothing here\n---\n${manifest('b2')}`,
  'app/a.yml': manifest('a'),
  'app/c.json': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } }),
  'app/readme.md': '# app',
  'app/sub/d.yaml': manifest('d'),
  'app/sub/deeper/e.yaml': manifest('e'),
  'other.yaml': manifest('other'),
}

test('files come by name, subdirectories with recurse only', async () => {
  assert.deepEqual(await namesIn(files), ['a', 'b1', 'b2', 'c'])
  assert.deepEqual(await namesIn(files, { recurse: true }), ['a', 'b1', 'b2', 'c', 'd', 'e'])
})

test('include and exclude choose by path', async () => {
  assert.deepEqual(await namesIn(files, { recurse: true, include: '{a.yml,sub/*}' }), ['a', 'd', 'e'])
  assert.deepEqual(await namesIn(files, { recurse: true, exclude: '*.yaml' }), ['a', 'c'])
  assert.deepEqual(await namesIn(files, { recurse: true, include: '*.yaml', exclude: 'sub/*' }), ['b1', 'b2'])
})

test('lists of any kind are taken apart', async () => {
  const list = (kind: string, items: string) => `apiVersion: v1\nkind: ${kind}\nitems:${items}\n`
  const item = '\n- apiVersion: v1\n  kind: Secret\n  metadata:\n    generateName: s-\n'
  const { objects } = await render({
    'app/1.yaml': list('List', item),
    'app/2.yaml': list('SecretList', item),
    'app/3.yaml': list('ConfigMapList', ' null'),
  })
  assert.deepEqual(
    objects.map((object) => [object.kind, object.metadata.generateName]),
    [
      ['Secret', 's-'],
      ['Secret', 's-'],
    ],
  )
})

test('files that are no manifests are passed over, broken manifests are not', async () => {
  const good = { 'app/a.yaml': manifest('a') }
  for (const text of ['just: data\n', '- a\n- b\n', 'a: [\n', '{{ template }}\n']) {
    const { objects, warnings } = await render({ ...good, 'app/z.yaml': text })
    assert.equal(objects.length, 1)
    assert.match(warnings[0]!, /^app\/z\.yaml: passed over, no manifest: /)
  }
  const broken: [string, string, RegExp][] = [
    ['z.yaml', 'apiVersion: v1\nkind: X\nmetadata:\n  name: [\n', /^app\/z\.yaml:\d+:\d+: /],
    ['z.yaml', `${manifest('z')}---\njust: data\n`, /^app\/z\.yaml:6: Object 'Kind' is missing$/],
    ['z.yaml', 'apiVersion: v1\nkind: X\nmetadata: {}\n', /^app\/z\.yaml:1: X: metadata\.name is missing$/],
    ['z.yaml', 'kind: X\nmetadata:\n  name: apiVersion:\n', /^app\/z\.yaml:/],
    ['z.json', '{\n  "kind": }', /^app\/z\.json:/],
    ['z.json', '{"a": 1}', /^app\/z\.json:1: Object 'Kind' is missing$/],
    ['z.jsonnet', '{}', /^app\/z\.jsonnet: jsonnet is not supported$/],
  ]
  for (const [name, text, message] of broken) {
    await assert.rejects(
      render({ ...good, [`app/${name}`]: text }),
      (error: Error) => message.test(error.message) && error.name === 'Stalled',
      text,
    )
  }
})

test('a repeated key is taken with a warning', async () => {
  const { objects, warnings } = await render({ 'app/a.yaml': `${manifest('a')}data:\n  x: "1"\n  x: "2"\n` })
  assert.deepEqual(objects[0]!['data'], { x: '2' })
  assert.match(warnings[0]!, /^app\/a\.yaml:7:3: key "x" is already set in this map; the last one counts$/)
})

test('wrong paths and globs stall', async () => {
  await assert.rejects(render(files, {}, 'nope'), { code: 'directory-missing', message: /does not exist/ })
  await assert.rejects(render(files, {}, 'other.yaml'), { code: 'directory-missing', message: /found a file/ })
  await assert.rejects(render(files, { include: '[' }), { code: 'directory-glob' })
})
