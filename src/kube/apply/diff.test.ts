import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isObject } from '../../base/json.js'
import type { KubeObject } from '../object/kube-object.js'
import { builtInSchemas } from '../schema/built-in.js'
import { type DiffRequest, differsFromDesired, diffFromDesired } from './diff.js'
import { applyServerSide } from './server-side-apply.js'

const now = { nowText: '2026-01-01T00:00:00Z' }
const base: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop', labels: { app: 'web' }, finalizers: ['x/y'] },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          { name: 'web', image: 'web:1', ports: [{ containerPort: 80 }], resources: { limits: { cpu: '1', memory: '1Gi' } } },
        ],
        tolerations: [{ key: 'a', operator: 'Exists' }],
      },
    },
  },
}

/** A copy with the members laid over it; a function edits what is there. */
function edit<T>(value: T, change: (draft: T) => void): T {
  const draft = structuredClone(value)
  change(draft)
  return draft
}

type Spec = { replicas?: number; template: { spec: Record<string, unknown[]> } }
const specOf = (object: KubeObject) => object['spec'] as Spec
const containerOf = (object: KubeObject) => specOf(object).template.spec['containers']?.[0] as Record<string, unknown>

function diff(desired: KubeObject, live: KubeObject, more: Partial<DiffRequest> = {}) {
  const schema = builtInSchemas.forKind(desired.apiVersion, desired.kind)
  return differsFromDesired({ schema, desired, live, manager: 'argo', ...more }).paths
}

const live = edit(base, (draft) => {
  draft.metadata.uid = 'u1'
  draft.metadata.annotations = { 'deployment.kubernetes.io/revision': '1' }
  draft['status'] = { replicas: 2 }
  const container = containerOf(draft)
  container['imagePullPolicy'] = 'IfNotPresent'
  container['ports'] = [{ containerPort: 80, protocol: 'TCP' }]
  container['resources'] = { limits: { memory: '1073741824', cpu: '1000m' } }
})

test('what a server adds does not count', () => {
  assert.deepEqual(diff(base, live), [])
  const withStatus = edit(base, (draft) => {
    draft['status'] = { replicas: 9 }
    draft.metadata.finalizers = ['other/one']
    draft.metadata.annotations = {}
    specOf(draft).template.spec['volumes'] = []
    ;(specOf(draft).template.spec as Record<string, unknown>)['hostNetwork'] = false
    containerOf(draft)['env'] = null as never
  })
  assert.deepEqual(diff(withStatus, live), [])
})

test('differences have a path and both values', () => {
  const desired = edit(base, (draft) => {
    specOf(draft).replicas = 3
    containerOf(draft)['image'] = 'web:2'
    draft.metadata.labels = { app: 'web', team: 'a' }
  })
  const schema = builtInSchemas.forKind('apps/v1', 'Deployment')
  assert.deepEqual(diffFromDesired({ schema, desired, live, manager: 'argo' }), [
    { path: '.metadata.labels.team', desired: 'a', live: undefined },
    { path: '.spec.replicas', desired: 3, live: 2 },
    { path: '.spec.template.spec.containers[name="web"].image', desired: 'web:2', live: 'web:1' },
  ])
})

test('lists: by key, as sets, or element by element with room for defaults', () => {
  const two = edit(live, (draft) => {
    specOf(draft).template.spec['containers']?.unshift({ name: 'injected', image: 'x' })
    specOf(draft).template.spec['tolerations'] = [{ key: 'a', operator: 'Exists', effect: 'NoSchedule' }]
  })
  assert.deepEqual(diff(base, two), [])
  const longer = edit(live, (draft) => {
    specOf(draft).template.spec['tolerations']?.push({ key: 'b', operator: 'Exists' })
  })
  assert.deepEqual(diff(base, longer), ['.spec.template.spec.tolerations'])
})

test('what the manager owns and does not want any more is a difference', () => {
  const schema = builtInSchemas.forKind('apps/v1', 'Deployment')
  const applied = applyServerSide({ schema, applied: base, manager: 'argo', ...now })
  const fewer = edit(base, (draft) => {
    delete specOf(draft).template.spec['tolerations']
    delete specOf(draft).replicas
  })
  assert.deepEqual(diff(fewer, applied), ['.spec.replicas', '.spec.template.spec.tolerations'])
  assert.deepEqual(diff(fewer, applied, { manager: 'flux' }), [])
  assert.deepEqual(diff(fewer, applied, { ignore: { jsonPointers: ['/spec/replicas'] } }), ['.spec.template.spec.tolerations'])
  const synced = applyServerSide({ schema, live: applied, applied: fewer, manager: 'argo', ...now })
  assert.deepEqual(diff(fewer, synced), [])
})

test('ignore rules: pointers, jq paths, managers', () => {
  const desired = edit(base, (draft) => {
    specOf(draft).replicas = 5
    containerOf(draft)['image'] = 'web:9'
  })
  const image = '.spec.template.spec.containers[name="web"].image'
  assert.deepEqual(diff(desired, live, { ignore: { jsonPointers: ['/spec/replicas'] } }), [image])
  assert.deepEqual(diff(desired, live, { ignore: { jsonPointers: ['/spec/template/spec/containers/0/image'] } }), [
    '.spec.replicas',
  ])
  for (const expression of [
    '.spec.template.spec.containers[].image',
    '.spec.template.spec.containers[] | select(.name == "web") | .image',
    '.spec.template.spec.containers[] | select(.name=="web").image',
    '.spec["template"].spec.containers[0].image',
  ]) {
    assert.deepEqual(diff(desired, live, { ignore: { jqPathExpressions: [expression] } }), ['.spec.replicas'], expression)
  }
  assert.deepEqual(
    diff(desired, live, {
      ignore: { jqPathExpressions: ['.spec.template.spec.containers[] | select(.name == "other") | .image'] },
    }),
    ['.spec.replicas', image],
  )
  const scaled = edit(live, (draft) => {
    draft.metadata.managedFields = [
      {
        manager: 'hpa',
        operation: 'Update',
        apiVersion: 'apps/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      },
    ]
  })
  assert.deepEqual(diff(desired, scaled, { ignore: { managedFieldsManagers: ['hpa'] } }), [image])
  for (const expression of ['', 'spec', '.spec | keys', '.a[', '.spec.replicas = 3', '.a[] | select(.b > 3)']) {
    assert.throws(
      () => diff(desired, live, { ignore: { jqPathExpressions: [expression] } }),
      { code: 'jq-path-unsupported' },
      expression,
    )
  }
})

test('stringData of a Secret is compared as what it becomes', () => {
  const secret = (more: object): KubeObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, ...more })
  const desired = secret({ stringData: { pass: 'hün' } })
  assert.deepEqual(diff(desired, secret({ data: { pass: Buffer.from('hün').toString('base64') } })), [])
  assert.deepEqual(diff(desired, secret({ data: { pass: 'eA==' } })), ['.data.pass'])
})

test('kinds without a schema are compared by their values', () => {
  const thing = (spec: unknown): KubeObject => ({ apiVersion: 'x/v1', kind: 'Thing', metadata: { name: 't' }, spec })
  assert.deepEqual(diff(thing({ a: [1, { b: 2 }], c: null }), thing({ a: [1, { b: 2, d: 1 }], e: 1 })), [])
  assert.deepEqual(diff(thing({ a: [1] }), thing({ a: [1, 2] })), ['.spec.a'])
  assert.ok(isObject(thing({})))
})
