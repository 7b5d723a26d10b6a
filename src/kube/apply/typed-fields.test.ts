import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInSchemas } from '../schema/built-in.js'
import type { SchemaNode } from '../schema/schema-node.js'
import { fieldSetOf, formatFieldPath, leaves, pathsOf } from './field-set.js'
import { extractFields, fieldSetOfValue, removeFields } from './typed-fields.js'

const schema = builtInSchemas.forKind('v1', 'Pod') as SchemaNode
const pod = {
  metadata: { labels: { app: 'web' }, finalizers: ['a/b', 'c/d'] },
  spec: {
    containers: [
      { name: 'web', image: 'web:1', args: ['x'], ports: [{ containerPort: 80 }], resources: {} },
      { name: 'side', image: 'side:1' },
    ],
    nodeSelector: { disk: 'ssd' },
    tolerations: [{ key: 'a' }],
  },
}

test('fields are told apart as the schema says', () => {
  assert.deepEqual([...pathsOf(leaves(fieldSetOfValue(schema, pod)))].map(formatFieldPath).sort(), [
    '.metadata.finalizers[="a/b"]',
    '.metadata.finalizers[="c/d"]',
    '.metadata.labels.app',
    '.spec.containers[name="side"].image',
    '.spec.containers[name="side"].name',
    '.spec.containers[name="web"].args',
    '.spec.containers[name="web"].image',
    '.spec.containers[name="web"].name',
    '.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"].containerPort',
    '.spec.containers[name="web"].resources',
    '.spec.nodeSelector',
    '.spec.tolerations',
  ])
})

const image = ['f:spec', 'f:containers', 'k:{"name":"web"}', 'f:image']

test('removing takes members and elements, and leaves null where nothing is left', () => {
  const side = ['f:spec', 'f:containers', 'k:{"name":"side"}']
  const finalizer = ['f:metadata', 'f:finalizers', 'v:"a/b"']
  const result = removeFields(schema, pod, fieldSetOf([image, side, finalizer])) as typeof pod
  assert.deepEqual(
    result.spec.containers.map((container) => Object.keys(container)),
    [['name', 'args', 'ports', 'resources']],
  )
  assert.deepEqual(result.metadata.finalizers, ['c/d'])
  assert.equal(result.metadata.labels, pod.metadata.labels, 'what stays is shared')
  const all = removeFields(schema, pod, fieldSetOf([['f:metadata', 'f:labels', 'f:app']])) as { metadata: { labels: unknown } }
  assert.equal(all.metadata.labels, null)
  assert.equal(removeFields(schema, pod, fieldSetOf([])), pod)
})

test('extracting takes what is named, with the keys of the elements on the way', () => {
  assert.deepEqual(extractFields(schema, pod, fieldSetOf([image, ['f:spec', 'f:nodeSelector']])), {
    spec: { containers: [{ name: 'web', image: 'web:1' }], nodeSelector: { disk: 'ssd' } },
  })
  assert.equal(extractFields(schema, pod, fieldSetOf([['f:spec', 'f:hostNetwork']])), undefined)
  const everything = leaves(fieldSetOfValue(schema, pod))
  assert.deepEqual(extractFields(schema, pod, everything), pod)
})

test('elements that are there twice are owned together', () => {
  const twice = {
    spec: {
      containers: [
        { name: 'a', image: 'x' },
        { name: 'a', image: 'y' },
      ],
    },
  }
  assert.deepEqual([...pathsOf(fieldSetOfValue(schema, twice))].map(formatFieldPath), ['.spec.containers[name="a"]'])
})
