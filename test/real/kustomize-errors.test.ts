import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { compareBuilds } from '../support/peers/kustomize-comparison.js'
import { findPeer } from '../support/peers/real-apiserver.js'

// What kustomize refuses is refused here too, and both messages name the same place: each text of `names` stands in both.
interface Case {
  readonly what: string
  readonly files: Readonly<Record<string, string>>
  readonly names: readonly string[]
}

const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  a: b\n'
const web =
  'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: c, image: x}]}}}\n'
const build = (kustomization: string, more: Record<string, string> = {}) => ({
  'kustomization.yaml': kustomization,
  'map.yaml': map,
  'web.yaml': web,
  ...more,
})

const cases: readonly Case[] = [
  { what: 'a file that is not there', files: build('resources: [gone.yaml]\n'), names: ['gone.yaml'] },
  {
    what: 'an object twice',
    files: build('resources: [map.yaml, again.yaml]\n', { 'again.yaml': map }),
    names: ['again.yaml', 'settings', 'ConfigMap'],
  },
  { what: 'an unknown field', files: build('resource: [map.yaml]\n'), names: ['"resource"'] },
  { what: 'a field of another type', files: build('resources: map.yaml\n'), names: ['resources'] },
  { what: 'a kustomization that is no YAML', files: build('resources: [\n'), names: ['ustomization'] },
  { what: 'an object that is no YAML', files: build('resources: [bad.yaml]\n', { 'bad.yaml': 'a: [\n' }), names: ['bad.yaml'] },
  {
    what: 'an object without a kind',
    files: build('resources: [bad.yaml]\n', { 'bad.yaml': 'metadata: {name: x}\n' }),
    names: ['bad.yaml'],
  },
  {
    what: 'an object without a name',
    files: build('resources: [bad.yaml]\n', { 'bad.yaml': 'apiVersion: v1\nkind: Pod\n' }),
    names: ['bad.yaml', 'metadata.name'],
  },
  {
    what: 'a patch whose object is not there',
    files: build('resources: [map.yaml]\npatches: [{path: patch.yaml}]\n', { 'patch.yaml': map.replace('settings', 'other') }),
    names: ['other'],
  },
  {
    what: 'a patch that is not there',
    files: build('resources: [map.yaml]\npatches: [{path: gone.yaml}]\n'),
    names: ['gone.yaml'],
  },
  {
    what: 'a patch without anything',
    files: build('resources: [map.yaml]\npatches: [{target: {kind: ConfigMap}}]\n'),
    names: ['patch'],
  },
  {
    what: 'a step that leads nowhere',
    files: build(
      'resources: [web.yaml]\npatches: [{target: {kind: Deployment}, patch: \'[{"op": "remove", "path": "/spec/none"}]\'}]\n',
    ),
    names: ['/spec/none'],
  },
  {
    what: 'a step through what is not there',
    files: build(
      'resources: [web.yaml]\npatches: [{target: {kind: Deployment}, patch: \'[{"op": "add", "path": "/spec/none/deep", "value": 1}]\'}]\n',
    ),
    names: ['/spec/none/deep'],
  },
  {
    what: 'a test that fails',
    files: build(
      'resources: [web.yaml]\npatches: [{target: {kind: Deployment}, patch: \'[{"op": "test", "path": "/metadata/name", "value": "other"}]\'}]\n',
    ),
    names: ['/metadata/name'],
  },
  {
    what: 'an unknown directive',
    files: build(
      'resources: [web.yaml]\npatches: [{patch: "apiVersion: apps/v1\\nkind: Deployment\\nmetadata: {name: web}\\nspec: {$patch: turn}"}]\n',
    ),
    names: ['turn'],
  },
  { what: 'a base that is not there', files: build('resources: [../gone]\n'), names: ['gone'] },
  { what: 'a base without a kustomization', files: build('resources: [base]\n', { 'base/map.yaml': map }), names: ['base'] },
  {
    what: 'a base that names itself',
    files: build('resources: [base]\n', { 'base/kustomization.yaml': 'resources: [..]\n' }),
    names: ['cycle'],
  },
  {
    what: 'an error in a base',
    files: build('resources: [base]\n', { 'base/kustomization.yaml': 'resources: [gone.yaml]\n' }),
    names: ['base', 'gone.yaml'],
  },
  { what: 'a file outside', files: build('resources: [../outside.yaml]\n', { '../outside.yaml': map }), names: ['outside.yaml'] },
  {
    what: 'a component that is none',
    files: build('components: [part]\n', { 'part/kustomization.yaml': 'kind: Kustomization\n' }),
    names: ['part'],
  },
  {
    what: 'a component as a resource',
    files: build('resources: [part]\n', { 'part/kustomization.yaml': 'kind: Component\n' }),
    names: ['part'],
  },
  { what: 'a generator without a name', files: build('configMapGenerator: [{literals: [a=b]}]\n'), names: ['name'] },
  { what: 'a literal without =', files: build('configMapGenerator: [{name: g, literals: [ab]}]\n'), names: ['ab'] },
  {
    what: 'a file of a generator that is not there',
    files: build('configMapGenerator: [{name: g, files: [gone.txt]}]\n'),
    names: ['gone.txt'],
  },
  { what: 'a key twice', files: build('configMapGenerator: [{name: g, literals: [a=b, a=c]}]\n'), names: ['a'] },
  {
    what: 'a merge into nothing',
    files: build('configMapGenerator: [{name: g, behavior: merge, literals: [a=b]}]\n'),
    names: ['g', 'merge'],
  },
  {
    what: 'a replacement without its source',
    files: build(
      'resources: [map.yaml]\nreplacements: [{source: {kind: Secret, name: none}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]}]\n',
    ),
    names: ['none', 'Secret'],
  },
  {
    what: 'a replacement whose field is not there',
    files: build(
      'resources: [map.yaml]\nreplacements: [{source: {kind: ConfigMap, fieldPath: data.none}, targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a]}]}]\n',
    ),
    names: ['data.none'],
  },
  {
    what: 'a target whose field is not there',
    files: build(
      'resources: [map.yaml]\nreplacements: [{source: {kind: ConfigMap, fieldPath: data.a}, targets: [{select: {kind: ConfigMap}, fieldPaths: [spec.none.deep]}]}]\n',
    ),
    names: ['spec.none.deep'],
  },
  {
    what: 'a variable without its object',
    files: build('resources: [map.yaml]\nvars: [{name: V, objref: {apiVersion: v1, kind: Secret, name: none}}]\n'),
    names: ['V'],
  },
  {
    what: 'a bad selector',
    files: build(
      'resources: [map.yaml]\npatches: [{target: {labelSelector: "a in b"}, patch: \'[{"op": "add", "path": "/a", "value": 1}]\'}]\n',
    ),
    names: ["found 'b' expected: '('"],
  },
  {
    what: 'a bad pattern',
    files: build(
      'resources: [map.yaml]\npatches: [{target: {name: "(a"}, patch: \'[{"op": "add", "path": "/a", "value": 1}]\'}]\n',
    ),
    names: ['(a'],
  },
  { what: 'a transformer that is not there', files: build('transformers: [gone.yaml]\n'), names: ['gone.yaml'] },
  { what: 'a crd that is not there', files: build('crds: [gone.json]\n'), names: ['gone.json'] },
  {
    what: 'a configuration with an unknown field',
    files: build('configurations: [c.yaml]\n', { 'c.yaml': 'nothing: []\n' }),
    names: ['nothing'],
  },
  { what: 'charts that are not allowed', files: build('helmCharts: [{name: x}]\n'), names: ['--enable-helm'] },
]

const peer = findPeer('kustomize')
const skip = 'path' in peer ? false : `kustomize cannot be had: ${peer.reason}`

test('errors of kustomize and ours name the same place', { skip, timeout: 300_000 }, async (t) => {
  const program = 'path' in peer ? [peer.path, 'build'] : []
  const root = mkdtempSync(join(tmpdir(), 'flotilla-kustomize-errors-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const wrong: string[] = []
  for (const [index, { what, files, names }] of cases.entries()) {
    const folder = join(root, String(index), 'app')
    mkdirSync(join(root, String(index), '.git'), { recursive: true })
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const { verdict, ours, theirs, detail } = await compareBuilds(program, folder)
    if (verdict !== 'refused by both') wrong.push(`${what}: ${verdict}\n${detail}`)
    const said = ours instanceof Error ? ours.message : ''
    for (const name of names) {
      if (!theirs.stderr.includes(name)) wrong.push(`${what}: kustomize does not name ${name}: ${theirs.stderr.trim()}`)
      if (!said.includes(name)) wrong.push(`${what}: we do not name ${name}: ${said}\n  kustomize: ${theirs.stderr.trim()}`)
    }
  }
  assert.deepEqual(wrong, [], wrong.join('\n\n'))
})
