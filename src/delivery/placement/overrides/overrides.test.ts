import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freezeJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { deliveryBuilder } from '../build-delivery.js'
import { formatImageName, parseImageName, withTagOrDigest } from './image-name.js'
import { applyKarmadaOverriders } from './karmada-overriders.js'
import { applyKubefedOverrides, checkKubefedOverrides, type KubefedOverride } from './kubefed-overrides.js'

// Karmada's overriders are held against its own code on random objects in test/differential/replay-placement.test.ts.

const deployment = freezeJson<KubeObject>({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { 'a.b/c': 'x' } },
  spec: { replicas: 3, template: { spec: { containers: [{ name: 'c', image: 'nginx:1.19', args: ['-v'] }] } } },
})

const kubefed = (...clusterOverrides: KubefedOverride[]) =>
  checkKubefedOverrides([{ clusterName: 'one', clusterOverrides }]).get('one')!

test('KubeFed: replace unless told, slashes and dots', () => {
  const apply = (...overrides: KubefedOverride[]) =>
    applyKubefedOverrides(deployment, kubefed(...overrides)) as unknown as {
      metadata: { labels: Record<string, string> }
      spec: { replicas?: number; template: { spec: { containers: { args: string[] }[] } } }
    }
  assert.equal(apply({ path: '/spec/replicas', value: 5 }).spec.replicas, 5)
  assert.equal(apply({ path: 'spec.replicas', value: 5 }).spec.replicas, 5)
  assert.deepEqual(
    apply({ op: 'add', path: '/spec/template/spec/containers/0/args/-', value: '-x' }).spec.template.spec.containers[0]!.args,
    ['-v', '-x'],
  )
  assert.equal(apply({ op: 'remove', path: 'spec.replicas' }).spec.replicas, undefined)
  assert.deepEqual(apply({ path: 'metadata.labels.a\\.b/c', value: 'y' }).metadata.labels, { 'a.b/c': 'y' })
  assert.equal(apply({ path: '/apiVersion', value: 'apps/v2' } as KubefedOverride) !== undefined, true)
  assert.equal((deployment['spec'] as { replicas: number }).replicas, 3, 'the template stays as it is')
})

test('KubeFed: what is refused, and that nothing is last-wins', () => {
  for (const path of ['/metadata/name', 'metadata.namespace', '/metadata/generateName', '/kind'])
    assert.throws(() => kubefed({ path, value: 'x' }), {
      code: 'overrides-invalid',
      message: /override\[0\] for cluster "one" has an invalid path/,
    })
  assert.throws(() => kubefed({ path: '/spec/a', value: 1 }, { path: 'spec.a', value: 2 }), {
    message: 'path "/spec/a" appears more than once for cluster "one"',
  })
  assert.throws(() => checkKubefedOverrides([{ clusterName: 'x' }, { clusterName: 'x' }]), {
    message: 'cluster "x" appears more than once',
  })
  assert.throws(() => applyKubefedOverrides(deployment, kubefed({ op: 'remove', path: '/spec/none' })), {
    code: 'json-patch-path-missing',
  })
})

test('Karmada: the order is fixed, plaintext has the last word', () => {
  const result = applyKarmadaOverriders(deployment, {
    plaintext: [{ path: '/spec/template/spec/containers/0/image', operator: 'replace', value: 'last' }],
    argsOverrider: [{ containerName: 'c', operator: 'add', value: ['-q'] }],
    imageOverrider: [{ component: 'Tag', operator: 'replace', value: '2' }],
    labelsOverrider: [{ operator: 'replace', value: { 'a.b/c': 'y', none: 'z' } }],
    annotationsOverrider: [{ operator: 'add', value: { note: 'n' } }],
  })
  assert.deepEqual(result.metadata, { name: 'web', namespace: 'shop', labels: { 'a.b/c': 'y' }, annotations: { note: 'n' } })
  assert.deepEqual((result['spec'] as { template: unknown }).template, {
    spec: { containers: [{ name: 'c', image: 'last', args: ['-v', '-q'] }] },
  })
})

test('Karmada: documents within fields', () => {
  const config = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c' },
    data: { 'a/b.json': '{"x":1}', y: 'k: 1\n', n: 7 },
  }
  const patch = (fieldPath: string, more: object) =>
    applyKarmadaOverriders(config as KubeObject, { fieldOverrider: [{ fieldPath, ...more }] })['data']
  const operation = [{ subPath: '/x', operator: 'add', value: [true] }]
  assert.deepEqual(patch('/data/a~1b.json', { json: operation }), { ...config.data, 'a/b.json': '{"x":[true]}' })
  assert.deepEqual(patch('/data/y', { yaml: operation }), { ...config.data, y: 'k: 1\nx:\n- true\n' })
  assert.throws(() => patch('/data/n', { json: operation }), { code: 'field-not-text' })
  assert.throws(() => patch('/data/gone', { json: operation }), { code: 'field-not-text' })
})

test('image names come apart and together; hostile ones end soon', () => {
  const digest = `sha256:${'0'.repeat(64)}`
  for (const [text, registry, repository, tag] of [
    ['nginx', '', 'nginx', ''],
    ['team/app:1', '', 'team/app', '1'],
    ['localhost/app', 'localhost', 'app', ''],
    ['r.example:5000/a/b:v1', 'r.example:5000', 'a/b', 'v1'],
  ] as const) {
    assert.deepEqual(parseImageName(text), { registry, repository, tag, digest: '' })
    assert.equal(formatImageName(parseImageName(text)), text)
  }
  assert.equal(formatImageName(withTagOrDigest(parseImageName('a:1'), digest)), `a@${digest}`)
  for (const wrong of [
    '',
    'UPPER',
    'a//b',
    'a:',
    'a@sha256:00',
    'a b',
    `a@md5:${'0'.repeat(32)}`,
    `${'a-'.repeat(2000)}!`,
    'a'.repeat(5000),
  ])
    assert.throws(() => parseImageName(wrong), { code: 'image-name-invalid' }, wrong)
})

test('a delivery: replicas first, overrides after them', () => {
  const build = deliveryBuilder(deployment, [
    {
      dialect: 'kubefed',
      name: 'own',
      overrides: [{ clusterName: 'two', clusterOverrides: [{ path: '/spec/replicas', value: 9 }] }],
    },
  ])
  const replicas = (object: KubeObject) => (object['spec'] as { replicas: number }).replicas
  assert.deepEqual(
    [replicas(build({ name: 'one' }, 4)), replicas(build({ name: 'two' }, 4)), replicas(build({ name: 'one' }, undefined))],
    [4, 9, 3],
  )
})

test('no override makes another object of what goes out', () => {
  const facts = { name: 'one', labels: {} }
  const karmada = (...plaintext: { path: string; operator: string; value?: unknown }[]) =>
    deliveryBuilder(deployment, [{ dialect: 'karmada', name: 'o', namespace: 'shop', rules: [{ overriders: { plaintext } }] }])(
      facts,
      undefined,
    )
  const refused = { code: 'override-changes-identity' }
  const other = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'web' } }
  for (const [path, value] of [
    ['/metadata/namespace', 'kube-system'],
    ['/metadata/name', 'other'],
    ['/kind', 'DaemonSet'],
    ['/apiVersion', 'rbac.authorization.k8s.io/v1'],
    ['/metadata', { name: 'web', namespace: 'kube-system' }],
    ['/metadata', null],
    ['', other],
  ] as const)
    assert.throws(() => karmada({ path, operator: 'replace', value }), refused, path)
  assert.throws(() => karmada({ path: '/metadata/namespace', operator: 'remove' }), refused)
  assert.equal(karmada({ path: '/apiVersion', operator: 'replace', value: 'apps/v1beta1' }).apiVersion, 'apps/v1beta1')
  const overrides = [
    { clusterName: 'one', clusterOverrides: [{ path: '/metadata', value: { name: 'x', namespace: 'kube-system' } }] },
  ]
  assert.throws(() => deliveryBuilder(deployment, [{ dialect: 'kubefed', name: 'web', overrides }])(facts, undefined), refused)
  assert.throws(() => deliveryBuilder(deployment, [], (object) => ({ ...object, kind: 'Secret' }))(facts, 3), refused)
})
