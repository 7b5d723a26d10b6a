import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { overridesVersion, templateVersion } from './version-hashes.js'

const object = (spec?: unknown): KubeObject => ({
  apiVersion: 'types.kubefed.io/v1beta1',
  kind: 'FederatedFoo',
  metadata: { name: 'foo', namespace: 'ns' },
  ...(spec === undefined ? {} : { spec }),
})

test('the hash of a template is the one of upstream', () => {
  assert.equal(templateVersion(object({ template: { spec: { foo: null } } })), 'a5b8d4352d5aed51c51b93900258ccf3')
  assert.equal(templateVersion(object({})), '')
})

test('hashes of overrides are those that Go makes of the same structs', () => {
  const hash = (overrides?: unknown) => overridesVersion(object(overrides === undefined ? {} : { overrides }))
  assert.equal(overridesVersion(object()), '')
  assert.equal(hash(), '2979b7538b527abe06492021841caf47')
  assert.equal(hash([]), 'fd97e6d9a670c7dcdc2477764f78b459')
  assert.equal(
    hash([
      {
        clusterName: 'c1',
        clusterOverrides: [
          { path: '/spec/replicas', value: 5 },
          { value: '<x>&y', path: '/metadata/labels/a~1b', op: 'add' },
        ],
      },
      { clusterName: 'c2' },
    ]),
    '03df80073f3add646007441861a9f02e',
  )
  const value = { b: [1, 2.5, null], a: { 9: 2, 10: 1, Ä: '\u2028' } }
  assert.equal(
    hash([
      {
        clusterName: 'c1',
        clusterOverrides: [
          { op: 'remove', path: '/x' },
          { op: '', path: '/y', value },
          { path: '/z', value: null },
        ],
      },
    ]),
    '890cc053f324356c33673b3ea1e48be6',
  )
})

test('keys are sorted by their bytes, and what HTML would take amiss is escaped', () => {
  const template = { b: 1, a: '<&>', 9: [{}], 10: true }
  assert.equal(
    templateVersion(object({ template: { spec: template, metadata: { labels: { z: 'ü' } } } })),
    '7e20d9f9d37190617036860a5fd73048',
  )
})
