import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { isObject } from '../../base/json.js'
import type { KubeObject, ManagedFieldsEntry } from '../object/kube-object.js'
import { StatusError } from '../object/status-error.js'
import { builtInSchemas } from '../schema/built-in.js'
import { applyServerSide, recordUpdate } from './server-side-apply.js'

// What k8s.io/apimachinery 0.33 (util/managedfields over structured-merge-diff) makes of random sequences of writes.
interface Step {
  op: 'apply' | 'update'
  object: KubeObject
  manager: string
  force?: boolean
  owners: ManagedFieldsEntry[] | null
  result?: KubeObject
  error?: string
  causes?: { field: string; message: string; reason: string }[]
}
const cases = JSON.parse(readFileSync('src/kube/apply/goldens/server-side-apply.json', 'utf8')) as {
  name: string
  steps: Step[]
}[]

/** Without what the Go types add (`resources: {}`, null times): neither is told apart in a typed object. */
function essence(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => essence(item) ?? null)
  if (!isObject(value)) return value === null || value === '' || value === 0 ? undefined : value
  const result: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) {
    const kept = essence(member)
    if (kept === undefined || (isObject(kept) && Object.keys(kept).length === 0) || (Array.isArray(kept) && kept.length === 0))
      continue
    result[key] = kept
  }
  return result
}

for (const { name, steps } of cases) {
  test(`writes as upstream: ${name}`, () => {
    let live: KubeObject | undefined
    for (const [index, step] of steps.entries()) {
      const about = `step ${index}: ${step.op} by ${step.manager}`
      const nowText = `2020-01-01T00:00:0${index}Z`
      const schema = builtInSchemas.forKind(step.object.apiVersion, step.object.kind)
      let next: KubeObject
      try {
        if (step.op === 'apply') {
          next = applyServerSide({ schema, live, applied: step.object, manager: step.manager, force: step.force, nowText })
        } else {
          next = recordUpdate({ schema, live, updated: step.object, manager: step.manager, nowText })
        }
      } catch (error) {
        if (!(error instanceof StatusError)) throw error
        assert.equal(error.message, step.error, about)
        const order = (causes: { field?: string; message?: string }[]) =>
          causes.map((cause) => `${cause.field} ${cause.message}`).sort()
        if (step.causes) assert.deepEqual(order(error.status.details?.causes ?? []), order(step.causes), about)
        continue
      }
      assert.equal(step.error, undefined, about)
      assert.deepEqual(next.metadata.managedFields ?? null, step.owners, about)
      const { managedFields: _, ...metadata } = next.metadata
      const { uid: __, ...expected } = (step.result as KubeObject).metadata
      assert.deepEqual(essence({ ...next, metadata }), essence({ ...step.result, metadata: expected }), about)
      live = next
    }
  })
}
