import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { CelEnvironment, CelType } from '../../formats/cel/contract.js'
import { testAuthorizer } from './authorizer-value.support.js'
import { type Golden, readResult, readType, runProgram } from './goldens.support.js'
import { createKubernetesCelEnvironment } from './kubernetes-environment.js'

interface File {
  readonly type: unknown
  readonly bindings: Readonly<Record<string, unknown>>
  readonly goldens: readonly Golden[]
}

/** Where this engine is known to differ, and why. */
const deviations = new Map([
  ['google.protobuf.Int64Value{value: 1}', 'protobuf messages are not known: Kubernetes has none to build'],
  [
    '((self.ports + self.limits.map(k, self.limits[k])) + (self.ports + self.ports))',
    'upstream writes the second sum over the first: both append to the spare room of one Go slice',
  ],
])

function read(name: string): File {
  return JSON.parse(readFileSync(`src/kube/cel/goldens/${name}.json`, 'utf8')) as File
}

/** What this engine makes of an expression, in the shape of a golden. */
function outcome(environment: CelEnvironment, golden: Golden, bindings: File['bindings']): Golden {
  const { expression } = golden
  const compiled = environment.compile(expression)
  if ('issues' in compiled) {
    if (compiled.stage === 'check') return { expression, issues: compiled.issues }
    return { expression, ...(golden.type === undefined ? {} : { type: golden.type }), planIssue: compiled.issues }
  }
  const type = golden.type === undefined ? {} : { type: golden.type }
  return { expression, ...type, ...runProgram(compiled.program, bindings) }
}

/** Go leaves empty results out. */
function normal(golden: Golden): Golden {
  if (golden.issues !== undefined || golden.planIssue !== undefined) return golden
  if (golden.error !== undefined) return golden
  return { ...golden, result: readResult(golden.result) }
}

function compareAll(environment: CelEnvironment, { goldens }: File, bindings: File['bindings']): void {
  const differing: unknown[] = []
  for (const golden of goldens) {
    if (deviations.has(golden.expression)) continue
    const own = outcome(environment, golden, bindings)
    try {
      assert.deepEqual(own, normal(golden))
    } catch {
      differing.push({ own, golden })
    }
  }
  assert.deepEqual(differing.slice(0, 5), [], `${differing.length} of ${goldens.length} differ`)
}

const simple = (kind: 'dyn' | 'int' | 'uint' | 'double' | 'bool'): CelType => ({ kind })
const text: CelType = { kind: 'string' }

test('expressions over plain variables end as in the real engine: issues, results, costs', () => {
  const environment = createKubernetesCelEnvironment({
    declaredSizes: false,
    variables: {
      x: simple('dyn'),
      i: simple('int'),
      u: simple('uint'),
      d: simple('double'),
      s: text,
      b: simple('bool'),
      ints: { kind: 'list', items: simple('int') },
      strs: { kind: 'list', items: text },
      m: { kind: 'map', key: text, value: simple('int') },
      opt: { kind: 'optional', of: text },
      unset: simple('int'),
      authorizer: { kind: 'opaque', name: 'kubernetes.authorization.Authorizer' },
    },
  })
  const file = read('plain')
  assert.ok(file.goldens.length > 2500)
  compareAll(environment, file, {
    ...file.bindings,
    ...{ i: 7, u: 7n, d: 2.5, s: 'héllo wörld', b: true, ints: [3, 1, 2], strs: ['b', 'a', 'ab'] },
    ...{ m: { one: 1, two: 2 }, opt: null, authorizer: testAuthorizer },
  })
})

test('rules over a custom resource end as in the real engine: issues, results, costs and their estimates', () => {
  const file = read('resource')
  const self = readType(file.type)
  const environment = createKubernetesCelEnvironment({ variables: { self, oldSelf: { kind: 'optional', of: self } } })
  assert.ok(file.goldens.length > 350)
  compareAll(environment, file, file.bindings)
})
