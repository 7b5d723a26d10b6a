import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cloneJson } from '../../../base/json.js'
import type { KubeObject } from '../../object/kube-object.js'
import { builtInSchemas } from '../built-in.js'
import { toTyped } from '../typed.js'
import { applyDefaults } from './apply-defaults.js'
import { imageTag } from './image-tag.js'

// What Kubernetes 1.33 makes of these objects: decoded, defaulted, converted to the internal version and back.
const goldens = JSON.parse(readFileSync('src/kube/schema/defaults/goldens/objects.json', 'utf8')) as {
  input: KubeObject
  output: KubeObject
}[]

function typed(object: KubeObject): KubeObject {
  const schema = builtInSchemas.forKind(object.apiVersion, object.kind)
  assert.ok(schema)
  return toTyped(schema, object).object as KubeObject
}
const defaulted = (object: KubeObject) => applyDefaults(object.apiVersion, object.kind, object)

test('defaults are those of kube-apiserver', () => {
  for (const { input, output } of goldens) {
    const untouched = cloneJson(input)
    assert.deepEqual(typed(defaulted(typed(input))), output, JSON.stringify(input).slice(0, 200))
    assert.deepEqual(input, untouched)
  }
})

test('defaults reach objects that were not typed before', () => {
  for (const { input, output } of goldens) assert.deepEqual(typed(defaulted(input)), output, JSON.stringify(input).slice(0, 200))
})

test('an object with its defaults is returned as it is', () => {
  for (const { output } of goldens) assert.equal(defaulted(output), output, JSON.stringify(output).slice(0, 200))
})

test('other kinds are left alone', () => {
  const object = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'x' } }
  assert.equal(applyDefaults('example.com/v1', 'Thing', object), object)
})

test('malformed objects do not break defaulting', () => {
  for (const spec of [
    null,
    5,
    'x',
    [],
    { template: [] },
    { template: { spec: { containers: [null, 5, { image: 7 }], volumes: {} } } },
  ]) {
    applyDefaults('apps/v1', 'Deployment', { apiVersion: 'apps/v1', kind: 'Deployment', spec })
    applyDefaults('v1', 'Pod', { apiVersion: 'v1', kind: 'Pod', spec })
    applyDefaults('v1', 'Service', { apiVersion: 'v1', kind: 'Service', spec })
  }
})

test('tags of images', () => {
  assert.equal(imageTag('nginx'), 'latest')
  assert.equal(imageTag('nginx:1.27'), '1.27')
  assert.equal(imageTag('host:5000/a/b'), 'latest')
  assert.equal(imageTag(`a@sha256:${'0'.repeat(64)}`), '')
  assert.equal(imageTag(`a:v1@sha256:${'0'.repeat(64)}`), 'v1')
  assert.equal(imageTag(''), '')
  assert.equal(imageTag('a'.repeat(100_000)), '')
  assert.equal(imageTag(`${'a-'.repeat(500)}!`), '')
})
