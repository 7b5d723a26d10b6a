import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { KubeObject } from '../../object/kube-object.js'
import type { StatusCause } from '../../object/status-error.js'
import { builtInSchemas } from '../built-in.js'
import { applyDefaults } from '../defaults/apply-defaults.js'
import { builtInResources } from '../resources.js'
import { toTyped } from '../typed.js'
import { validateCreate, validateUpdate } from './validate.js'

// What the create and update strategies of kube-apiserver 1.33 say of these objects.
const { creates, updates } = JSON.parse(readFileSync('src/kube/schema/validation/goldens/causes.json', 'utf8')) as {
  creates: { object: KubeObject; causes: StatusCause[] }[]
  updates: { object: KubeObject; old: KubeObject; causes: StatusCause[] }[]
}

function prepared(object: KubeObject): KubeObject {
  const schema = builtInSchemas.forKind(object.apiVersion, object.kind)
  assert.ok(schema)
  return applyDefaults(object.apiVersion, object.kind, toTyped(schema, object).object as KubeObject)
}
const optionsOf = (object: KubeObject) => ({ namespaced: builtInResources.find(({ kind }) => kind === object.kind)?.namespaced })

/** Without the insides of structs that Go dumps with addresses, and without its diffs. Upstream validates some parts twice. */
function essence(causes: readonly StatusCause[]): string[] {
  const dump =
    /^((?:Invalid|Unsupported) value: (?:\[\])?(?:core|v1|policy|apiextensions)\.(?:PodTemplateSpec|PodDisruptionBudgetSpec|OwnerReference|ResourceList|CustomResourceDefinitionVersion))\{.*\}: /s
  const texts = causes.map(({ field, reason, message }) => {
    const text = (message ?? '').replace(dump, '$1{...}: ').replace(/\n[\s\S]*$/, '')
    return `${field}: ${text} [${reason}]`
  })
  return [...new Set(texts)].sort()
}

test('new objects are refused for the reasons of kube-apiserver', () => {
  assert.ok(creates.length > 300)
  for (const { object, causes } of creates) {
    assert.deepEqual(essence(validateCreate(prepared(object), optionsOf(object))), essence(causes), JSON.stringify(object))
  }
})

test('changes are refused for the reasons of kube-apiserver', () => {
  assert.ok(updates.length > 50)
  for (const { object, old, causes } of updates) {
    const found = validateUpdate(prepared(object), prepared(old), optionsOf(object))
    assert.deepEqual(essence(found), essence(causes), JSON.stringify({ object, old }))
  }
})

test('a token needs the name of an account in a pod, not in a template: there admission gives it later', () => {
  const spec = {
    containers: [{ name: 'a', image: 'a:1' }],
    volumes: [{ name: 't', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } }],
  }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'a' }, spec }
  const template = { metadata: { labels: { a: 'b' } }, spec }
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: pod.metadata,
    spec: { selector: { matchLabels: { a: 'b' } }, template },
  }
  const fieldsOf = (object: KubeObject) => validateCreate(prepared(object), { namespaced: true }).map(({ field }) => field)
  assert.deepEqual(fieldsOf(pod as KubeObject), ['spec.volumes[0].projected.sources[0].serviceAccountToken'])
  assert.deepEqual(fieldsOf(deployment as KubeObject), [])
})

test('custom resources have their metadata checked', () => {
  const object = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'Bad', labels: { 'a b': 'c' } } }
  assert.deepEqual(
    validateCreate(object, { namespaced: true }).map(({ field }) => field),
    ['metadata.name', 'metadata.namespace', 'metadata.labels'],
  )
})

test('malformed objects are judged without a crash', () => {
  for (const { kind, group, version } of builtInResources) {
    const apiVersion = group === '' ? version : `${group}/${version}`
    for (const rest of [
      {},
      { spec: null },
      { spec: [] },
      { spec: 'x', metadata: 5 },
      { spec: { template: [], ports: [null], containers: [null] } },
    ]) {
      const object = { apiVersion, kind, metadata: { name: 'x' }, ...rest } as unknown as KubeObject
      validateCreate(object)
      validateUpdate(object, object)
    }
  }
})

test('ConfigMaps and Secrets hold a mebibyte at most, counted in UTF-8', () => {
  const of = (kind: string, content: object) =>
    validateCreate({ apiVersion: 'v1', kind, metadata: { name: 'a', namespace: 'b' }, ...content }, rules).map(
      ({ field }) => field,
    )
  const rules = { namespaced: true, anyFinalizer: false }
  const most = 1_048_576
  const base64 = (bytes: number) => Buffer.alloc(bytes).toString('base64')
  assert.deepEqual(of('ConfigMap', { data: { x: 'y'.repeat(most) } }), [])
  assert.deepEqual(of('ConfigMap', { data: { x: 'y'.repeat(most), z: '1' } }), ['[]'])
  assert.deepEqual(of('ConfigMap', { data: { x: '\u00e9'.repeat(most / 2) } }), [])
  assert.deepEqual(of('ConfigMap', { data: { x: '\u00e9'.repeat(most / 2 + 1) } }), ['[]'])
  assert.deepEqual(of('ConfigMap', { data: { x: '1' }, binaryData: { b: base64(most) } }), ['[]'])
  assert.deepEqual(of('Secret', { data: { x: base64(most) } }), [])
  assert.deepEqual(of('Secret', { data: { x: base64(most + 1) } }), ['data'])
})
