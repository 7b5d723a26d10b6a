import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directives, plainOptions, typeOf } from '../../../test/support/worlds/delivery-fixture.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { DesiredEntry } from './desired-entry.js'
import { liveObjectOf } from './live-object.js'
import { identityOf, objectKeyOf } from './object-identity.js'
import type { PreparedHook } from './prepare.js'
import { decideTasks, isMultiStep } from './tasks.js'

const object = (kind: string, name: string, annotations: Record<string, string> = {}, more = {}): KubeObject => ({
  apiVersion: kind === 'CustomResourceDefinition' ? 'apiextensions.k8s.io/v1' : 'v1',
  kind,
  metadata: { name, namespace: kind === 'Namespace' || kind === 'CustomResourceDefinition' ? undefined : 'shop', annotations },
  ...more,
})
const entryOf = (of: KubeObject): DesiredEntry => ({
  delivery: 'd',
  owner: 'o',
  object: of,
  marked: of,
  directives: directives.read(of),
  identity: identityOf(objectKeyOf(of)),
  schema: undefined,
  ignored: undefined,
  verdict: undefined,
})
const hookFor = (of: KubeObject): PreparedHook => {
  const asked = directives.read(of)
  assert.ok(asked.hook)
  return { object: of, directives: { ...asked, hook: asked.hook } }
}
const wave = (value: number | string) => ({ 'argocd.argoproj.io/sync-wave': String(value) })

function decide(input: {
  entries?: KubeObject[]
  hooks?: KubeObject[]
  extras?: KubeObject[]
  options?: Partial<typeof plainOptions>
}) {
  return decideTasks({
    entries: (input.entries ?? []).map(entryOf),
    hooks: (input.hooks ?? []).map(hookFor),
    extras: (input.extras ?? []).map((live) => ({ live: liveObjectOf(live, directives, []), type: typeOf(live.kind) })),
    types: new Map(),
    request: { prune: true, dryRun: false, options: { ...plainOptions, ...input.options } },
    revision: 'abc1234',
    startedAt: 1_767_225_600_000,
    mark: (one) => one,
  })
}
const names = (tasks: ReturnType<typeof decide>) => tasks.map((task) => `${task.wave} ${task.key.name}`)

test('a namespace and a definition come before the first who needs them', () => {
  const definition = object('CustomResourceDefinition', 'widgets.x', wave(3), { spec: { group: '', names: { kind: 'Widget' } } })
  const tasks = decide({
    entries: [definition, object('Namespace', 'shop', wave(9)), object('ConfigMap', 'a', wave(-2)), object('Widget', 'w')],
  })
  assert.deepEqual(names(tasks), ['-2 shop', '-2 a', '0 widgets.x', '0 w'])
})

test('pruning goes in reverse waves, or at the very end', () => {
  const extras = [object('ConfigMap', 'first', wave(0)), object('ConfigMap', 'last', wave(7))]
  assert.deepEqual(names(decide({ extras })), ['0 last', '7 first'])
  assert.deepEqual(names(decide({ extras, entries: [object('ConfigMap', 'a', wave(8))], options: { pruneLast: true } })), [
    '8 a',
    '9 first',
    '9 last',
  ])
})

test('a hook of several phases is as many tasks, and may leave its name to us', () => {
  const hook: KubeObject = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: '',
      generateName: 'job-',
      namespace: 'shop',
      annotations: { 'argocd.argoproj.io/hook': 'PreSync, PostSync' },
    },
  }
  const tasks = decide({ hooks: [hook] })
  assert.deepEqual(
    tasks.map((task) => task.key.name),
    ['job-abc1234-presync-1767225600', 'job-abc1234-postsync-1767225600'],
  )
  assert.ok(isMultiStep(tasks))
})
