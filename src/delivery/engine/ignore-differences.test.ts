import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { ignoredFieldsFor } from './ignore-differences.js'
import { parseJqPath } from './jq-path.js'

const live: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    namespace: 'shop',
    annotations: { 'a/b': '1', c: '2' },
    managedFields: [
      {
        manager: 'autoscaler',
        operation: 'Update',
        apiVersion: 'apps/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:containers': { 'k:{"name":"side"}': { 'f:image': {} } } } },
      },
    ],
  },
  spec: {
    replicas: 7,
    containers: [
      { name: 'main', image: 'm:1' },
      { name: 'side', image: 's:1', kind: 'x' },
    ],
  },
}
const rule = { group: 'apps', kind: 'Deployment' }

test('paths of jq find their places', () => {
  const found = (path: string) =>
    parseJqPath(path)?.(live).map(({ parent, key }) => (parent as Record<string | number, unknown>)[key])
  assert.deepEqual(found('.spec.replicas'), [7])
  assert.deepEqual(found('.metadata.annotations."a/b"'), ['1'])
  assert.deepEqual(found('.metadata.annotations["a/b"]'), ['1'])
  assert.deepEqual(found('.spec.containers[].image'), ['m:1', 's:1'])
  assert.deepEqual(found('.spec.containers[-1].name'), ['side'])
  assert.deepEqual(found('.spec.containers[] | select(.name == "side") | .image'), ['s:1'])
  assert.deepEqual(found('.spec.containers[]|select(.name != "side" and .image)|.image'), ['m:1'])
  assert.deepEqual(found('.spec.containers[] | select(.kind == "x" or .name == "main") | .name'), ['main', 'side'])
  assert.deepEqual(found('.nothing[]?.x'), [])
  for (const bad of [
    '',
    'x',
    '.a |',
    '.a[',
    '.a[] | map(.b)',
    '.a | select(.b',
    'del(.x)',
    '.a"',
    `.${'a'.repeat(2000)}`,
    '.a | input',
  ])
    assert.equal(parseJqPath(bad), undefined, bad)
})

test('rules choose by group, kind, name and namespace', () => {
  assert.equal(ignoredFieldsFor(live, [{ ...rule, name: 'other', jsonPointers: ['/spec'] }]), undefined)
  assert.equal(ignoredFieldsFor(live, [{ group: '', kind: 'Deployment', jsonPointers: ['/spec'] }]), undefined)
  assert.ok(ignoredFieldsFor(live, [{ group: '*', kind: '*', jsonPointers: ['/spec'] }]))
})

test('ignored fields go from both sides; the original stays as it is', () => {
  const ignored = ignoredFieldsFor(live, [
    { ...rule, jsonPointers: ['/metadata/annotations/a~1b', '/nothing/here', '/__proto__/x'] },
    { ...rule, jqPathExpressions: ['.spec.containers[] | select(.name == "main")'], managedFieldsManagers: ['autoscaler'] },
  ])!
  const without = ignored.without(live, live)
  assert.deepEqual(without.metadata.annotations, { c: '2' })
  assert.deepEqual(without.spec, { containers: [{ name: 'side', kind: 'x' }] })
  assert.equal((live.spec as { replicas: number }).replicas, 7)
  assert.match(
    ignoredFieldsFor(live, [{ ...rule, jqPathExpressions: ['.a | map(.b)'] }])!.problems[0]!,
    /map\(.b\) is not a path/,
  )
})

test('live values stay on request', () => {
  const desired: KubeObject = {
    ...live,
    metadata: { name: 'web' },
    spec: { replicas: 1, containers: [{ name: 'main', image: 'm:2' }] },
  }
  const kept = ignoredFieldsFor(live, [{ ...rule, jsonPointers: ['/spec/replicas', '/metadata/annotations/c'] }])!.keepLive(
    desired,
    live,
  )
  assert.equal((kept.spec as { replicas: number }).replicas, 7)
  assert.deepEqual(kept.metadata.annotations, { c: '2' })
})
