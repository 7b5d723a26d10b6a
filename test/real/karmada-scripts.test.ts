import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { LuaScript } from '../../src/dialects/karmada/scripts/lua-script.js'
import { lean } from '../support/cases/karmada-answers.js'
import { askPeer } from '../support/cases/placement-answers.js'
import { findPeer } from '../support/peers/real-apiserver.js'

type Fields = Record<string, unknown>
interface Case {
  readonly desiredInputPath?: string
  readonly observedInputPath?: string
  readonly statusInputPath?: string
  readonly desiredReplicas?: number
  readonly operation: string
}

const operations: Readonly<Record<string, readonly [field: string, name: string]>> = {
  InterpretReplica: ['replicaResource', 'GetReplicas'],
  InterpretComponent: ['componentResource', 'GetComponents'],
  ReviseReplica: ['replicaRevision', 'ReviseReplica'],
  Retain: ['retention', 'Retain'],
  AggregateStatus: ['statusAggregation', 'AggregateStatus'],
  InterpretStatus: ['statusReflection', 'ReflectStatus'],
  InterpretHealth: ['healthInterpretation', 'InterpretHealth'],
  InterpretDependency: ['dependencyInterpretation', 'GetDependencies'],
}

function documents(file: string): Fields[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).flatMap((each) => {
    const value: unknown = each.toJS()
    return value === null ? [] : [value as Fields]
  })
}

function filesNamed(name: string, below: string): string[] {
  return readdirSync(below, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.name === name)
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

test("the scripts that Karmada ships for other projects' kinds give what they give there", (context) => {
  const peer = findPeer('karmada')
  if (!('path' in peer)) return context.skip(`Karmada's code cannot be had: ${peer.reason}`)
  const module = execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', 'github.com/karmada-io/karmada'], {
    cwd: 'tools/peers/karmada',
    encoding: 'utf8',
  }).trim()
  const root = join(module, 'pkg/resourceinterpreter/default/thirdparty/resourcecustomizations')
  if (!existsSync(root)) return context.skip("Karmada's module has no scripts")
  const asked: { name: string; ours: () => unknown; theirs: object }[] = []
  for (const file of filesNamed('customizations.yaml', root)) {
    const folder = dirname(file)
    const cases = documents(join(folder, 'customizations_tests.yaml'))[0] as { tests: Case[] }
    for (const customization of documents(file)) {
      const scripts = (customization['spec'] as { customizations: Record<string, { luaScript: string } | undefined> })
        .customizations
      for (const each of cases.tests) {
        const [field, name] = operations[each.operation.trim()] ?? ['', '']
        const code = scripts[field]?.luaScript
        if (code === undefined) continue
        const read = (path: string | undefined) => (path === undefined ? undefined : documents(join(folder, path))[0])
        const desired = read(each.desiredInputPath)
        const observed = read(each.observedInputPath)
        const object = desired ?? observed
        const items =
          each.statusInputPath === undefined
            ? []
            : documents(join(folder, each.statusInputPath)).map((status) => ({ clusterName: '', ...status }))
        const replicas = each.desiredReplicas ?? 0
        const args =
          name === 'Retain'
            ? [desired, observed]
            : name === 'AggregateStatus'
              ? [object, items]
              : name === 'ReviseReplica'
                ? [object, replicas]
                : [object]
        const results = name === 'GetReplicas' ? 2 : 1
        asked.push({
          name: `${folder.slice(root.length + 1)} ${name}`,
          ours: () => {
            const [first, second] = new LuaScript(code, () => Date.parse('2026-01-01T00:00:00Z')).call(name, args, results, [
              desired,
              observed,
              items,
            ])
            return name === 'GetReplicas' ? { replicas: first, requirements: second } : first
          },
          theirs: { op: 'script', object, observed, items, replicas, script: code, function: name },
        })
      }
    }
  }
  assert.ok(asked.length > 100, `${asked.length} cases`)
  const answers = askPeer<{ value?: unknown; error?: string }>(
    peer.path,
    asked.map(({ theirs }) => theirs),
  )
  for (const [index, { value, error }] of answers.entries()) {
    const { name, ours } = asked[index]!
    if (error !== undefined) {
      assert.throws(ours, `${name}: ${error}`)
      continue
    }
    assert.deepEqual(sets(lean(ours())), sets(lean(value)), name)
  }
})

/** Lists that scripts make of tables have no order there either; times of now differ. */
function sets(value: unknown): unknown {
  const text = (each: unknown) => JSON.stringify(each, Object.keys(Object(each)).sort())
  if (Array.isArray(value)) return value.map(sets).sort((a, b) => (text(a) < text(b) ? -1 : 1))
  if (typeof value === 'string') return value.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
  if (typeof value !== 'object' || value === null) return value
  // A toleration has no such field, and typed objects lose it.
  const entries = Object.entries(value).filter(([key]) => key !== 'operation')
  return Object.fromEntries(entries.map(([key, each]) => [key, sets(each)]))
}
