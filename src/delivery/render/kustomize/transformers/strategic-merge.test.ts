import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInSchemas } from '../../../../kube/schema/built-in.js'
import { mergeStrategically } from './strategic-merge.js'

const pod = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec })
const merge = (spec: object, patch: object) =>
  (mergeStrategically(pod(spec), pod(patch), builtInSchemas) as { spec: Record<string, unknown> } | undefined)?.spec

test('elements of the patch come first, those of the object keep their fields', () => {
  assert.deepEqual(
    merge({ containers: [{ name: 'a', image: 'x' }, { name: 'b' }] }, { containers: [{ name: 'c' }, { name: 'a', tty: true }] }),
    { containers: [{ name: 'c' }, { name: 'a', image: 'x', tty: true }, { name: 'b' }] },
  )
})

test('null removes, directives delete and replace', () => {
  assert.deepEqual(merge({ a: 1, b: { c: 2 } }, { a: null, b: { c: null } }), { b: {} })
  assert.deepEqual(merge({ nodeSelector: { a: '1' } }, { nodeSelector: { $patch: 'replace', b: '2' } }), {
    nodeSelector: { b: '2' },
  })
  assert.deepEqual(merge({ nodeSelector: { a: '1' } }, { nodeSelector: { $patch: 'delete' } }), {})
  assert.deepEqual(merge({ volumes: [{ name: 'a' }, { name: 'b' }] }, { volumes: [{ name: 'a', $patch: 'delete' }] }), {
    volumes: [{ name: 'b' }],
  })
  assert.equal(mergeStrategically(pod({}), { ...pod({}), $patch: 'delete' }, builtInSchemas), undefined)
  assert.throws(
    () => merge({}, { nodeSelector: { $patch: 'maybe' } }) ?? merge({ nodeSelector: {} }, { nodeSelector: { $patch: 'maybe' } }),
    /unknown patch strategy 'maybe'/,
  )
})

test('two keys tell ports apart; scalar lists with a merge strategy are united', () => {
  assert.deepEqual(
    merge(
      {
        containers: [
          {
            name: 'a',
            ports: [
              { containerPort: 80, protocol: 'UDP' },
              { containerPort: 80, protocol: 'TCP' },
            ],
          },
        ],
      },
      { containers: [{ name: 'a', ports: [{ containerPort: 80, protocol: 'UDP', name: 'dns' }] }] },
    ),
    {
      containers: [
        {
          name: 'a',
          ports: [
            { containerPort: 80, protocol: 'UDP', name: 'dns' },
            { containerPort: 80, protocol: 'TCP' },
          ],
        },
      ],
    },
  )
  const merged = mergeStrategically(
    { ...pod({}), metadata: { name: 'p', finalizers: ['a', 'b'] } },
    { ...pod({}), metadata: { name: 'p', finalizers: ['c', 'a'] } },
    builtInSchemas,
  )
  assert.deepEqual((merged!['metadata'] as { finalizers: string[] }).finalizers, ['c', 'a', 'b'])
})

test('without a schema lists are replaced', () => {
  const widget = (list: unknown[]) => ({ apiVersion: 'example.com/v1', kind: 'Widget', spec: { list } })
  assert.deepEqual(mergeStrategically(widget([{ name: 'a' }]), widget([{ name: 'b' }]), builtInSchemas), widget([{ name: 'b' }]))
})

test('kinds of values must agree', () => {
  assert.throws(
    () => merge({ containers: { name: 'a' } }, { containers: [{ name: 'a' }] }),
    /^Stalled: spec\.containers: wrong node kind: expected a map but got a list$/,
  )
})
