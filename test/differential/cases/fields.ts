import { builtInSchemas } from '../../../src/kube/schema/built-in.js'
import type { FieldNode, SchemaNode } from '../../../src/kube/schema/schema-node.js'
import type { Case, Step } from '../case.js'
import { collectionOf, objectOf, type Sample, samples } from './samples.js'

/** How far below the spec values are tried. */
const deepest = 2

/** Structs whose insides are tried with Pods alone, not again with everything that makes Pods. */
const elsewhere = new Set([
  'io.k8s.api.core.v1.PodTemplateSpec',
  'io.k8s.api.batch.v1.JobTemplateSpec',
  'io.k8s.api.core.v1.PersistentVolumeClaim',
])

/** Every field of every kind with values that are empty, too small, too big or not well formed: one dry run for each. */
export const fieldCases: readonly Case[] = samples
  // They act upon other requests, or answer with what they happen to have.
  .filter(({ plural }) => !['flowschemas', 'prioritylevelconfigurations'].includes(plural))
  .map((sample) => ({
    name: `${sample.plural}.${sample.apiVersion}`,
    ...(sample.namespaced ? {} : { namespace: 'none' as const }),
    steps: [...changesOf(sample)].map(
      (change): Step => ({
        method: 'POST',
        path: collectionOf(sample),
        query: { dryRun: 'All' },
        body: objectOf(sample, [change]),
      }),
    ),
  }))

type Change = readonly [path: string, value: unknown]

function* changesOf(sample: Sample): Generator<Change> {
  const schema = builtInSchemas.forKind(sample.apiVersion, sample.kind)
  for (const [name, field] of schema?.fields ?? []) {
    if (['apiVersion', 'kind', 'metadata', 'status'].includes(name)) continue
    yield* changesAt(name, field, (sample.members as Record<string, unknown>)[name], 0)
  }
}

function* changesAt(path: string, field: FieldNode, present: unknown, depth: number): Generator<Change> {
  const { schema } = field
  for (const value of valuesOf(schema)) yield [path, value]
  if (depth > deepest || elsewhere.has(schema.name ?? '')) return
  if (schema.type === 'struct' && (depth < deepest || present !== undefined)) yield* inside(path, schema, present, depth)
  if (schema.type === 'list' && schema.items?.type === 'struct' && Array.isArray(present) && present.length > 0) {
    yield* inside(`${path}.0`, schema.items, present[0], depth)
  }
}

function* inside(path: string, schema: SchemaNode, present: unknown, depth: number): Generator<Change> {
  for (const [name, field] of schema.fields ?? []) {
    yield* changesAt(`${path}.${name}`, field, (present as Record<string, unknown> | undefined)?.[name], depth + 1)
  }
}

function valuesOf(schema: SchemaNode): readonly unknown[] {
  switch (schema.type) {
    case 'string':
      return ['', 'Not valid!']
    case 'integer':
    case 'number':
      return [-1, 99_999_999]
    case 'boolean':
      return [true]
    case 'struct':
      return [{}]
    case 'list':
      return schema.items?.type === 'struct' ? [[{}]] : schema.items?.type === 'string' ? [['Not valid!', 'Not valid!']] : []
    case 'map':
      return schema.items?.type === 'string'
        ? [{ 'bad key!': 'bad value!' }]
        : schema.items?.type === 'quantity'
          ? [{ cpu: '-1' }]
          : []
    case 'quantity':
      return ['-1']
    case 'int-or-string':
      return [-1, 'x%']
    default:
      return []
  }
}
