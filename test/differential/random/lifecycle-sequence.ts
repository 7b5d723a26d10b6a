import type { Case, Step } from '../case.js'
import { Dice } from './dice.js'

interface Kind {
  readonly path: string
  readonly apiVersion: string
  readonly kind: string
  readonly body: Readonly<Record<string, unknown>>
}

const kinds: readonly Kind[] = [
  { path: '/api/v1/namespaces/${ns}/configmaps', apiVersion: 'v1', kind: 'ConfigMap', body: { data: { a: '1' } } },
  {
    path: '/api/v1/namespaces/${ns}/pods',
    apiVersion: 'v1',
    kind: 'Pod',
    body: { spec: { containers: [{ name: 'c', image: 'i:1' }] } },
  },
  {
    path: '/apis/random.example.com/v1/namespaces/${ns}/widgets',
    apiVersion: 'random.example.com/v1',
    kind: 'Widget',
    body: { spec: { replicas: 1 } },
  },
  {
    path: '/apis/apps/v1/namespaces/${ns}/replicasets',
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    body: {
      spec: {
        selector: { matchLabels: { app: 'x' } },
        template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } },
      },
    },
  },
]

const names = ['p', 'q'] as const
const finalizers = ['e.com/x', 'e.com/y', 'foregroundDeletion', 'orphan'] as const
const someUid = '11111111-2222-3333-4444-555555555555'
const otherUid = '66666666-7777-8888-9999-000000000000'

/** Objects of one kind come and go: finalizers, owners, preconditions, propagation, generated names. */
export function lifecycleSequence(seed: number): Case {
  const dice = new Dice(seed ^ 0x5eed)
  const kind = kinds[seed % kinds.length] as Kind
  const steps: Step[] = [create(dice, kind)]
  const length = 5 + dice.below(8)
  while (steps.length < length) steps.push(...stepOf(dice, kind))
  steps.push({ method: 'GET', path: kind.path })
  return { name: `lifecycle ${seed} ${kind.kind}`, steps }
}

function metadataOf(dice: Dice, name: string): Record<string, unknown> {
  return {
    ...(dice.chance(0.15) ? { generateName: dice.pick(['g-', 'Bad_']) } : { name }),
    ...(dice.chance(0.5) ? { finalizers: dice.some(finalizers) } : {}),
    ...(dice.chance(0.2) ? { ownerReferences: [owner(dice)] } : {}),
    ...(dice.chance(0.1) ? { resourceVersion: dice.pick(['1', 'x']) } : {}),
    ...(dice.chance(0.1) ? { uid: someUid } : {}),
    ...(dice.chance(0.1)
      ? { generation: 7, deletionTimestamp: '2020-01-01T00:00:00Z', creationTimestamp: '2020-01-01T00:00:00Z' }
      : {}),
    ...(dice.chance(0.1) ? { deletionGracePeriodSeconds: 3 } : {}),
  }
}

function owner(dice: Dice): Record<string, unknown> {
  return {
    apiVersion: dice.pick(['v1', 'apps/v1']),
    kind: dice.pick(['ConfigMap', 'Foo']),
    name: 'o',
    uid: dice.pick([someUid, '']),
    ...(dice.chance(0.4) ? { controller: true } : {}),
    ...(dice.chance(0.4) ? { blockOwnerDeletion: dice.chance(0.5) } : {}),
  }
}

function create(dice: Dice, { path, apiVersion, kind, body }: Kind): Step {
  return { method: 'POST', path, body: { apiVersion, kind, metadata: metadataOf(dice, dice.pick(names)), ...body } }
}

function stepOf(dice: Dice, kind: Kind): Step[] {
  const name = dice.pick(names)
  const one = `${kind.path}/${name}`
  const roll = dice.next()
  if (roll < 0.2) return [create(dice, kind)]
  if (roll < 0.4) return remove(dice, one)
  if (roll < 0.55) {
    const changed = dice.chance(0.5)
      ? { finalizers: dice.chance(0.3) ? null : dice.some(finalizers) }
      : { labels: { a: dice.pick(['1', '2']) } }
    return [{ method: 'PATCH', path: one, as: 'merge', body: { metadata: changed } }]
  }
  if (roll < 0.7) return put(dice, kind, one, name)
  if (roll < 0.78) {
    const owners = dice.chance(0.3) ? null : [owner(dice), ...(dice.chance(0.3) ? [{ ...owner(dice), uid: otherUid }] : [])]
    return [{ method: 'PATCH', path: one, as: 'merge', body: { metadata: { ownerReferences: owners } } }]
  }
  if (roll < 0.84) {
    const change = dice.pick<Record<string, unknown>>([
      { uid: someUid },
      { resourceVersion: '1' },
      { deletionTimestamp: null },
      { generation: 9 },
      { name: 'other' },
      { namespace: 'other' },
      { creationTimestamp: null },
      { deletionGracePeriodSeconds: 9 },
      { generateName: 'g-' },
      { managedFields: [] },
    ])
    return [{ method: 'PATCH', path: one, as: 'merge', body: { metadata: change } }]
  }
  if (roll < 0.9) {
    return [
      {
        method: 'PATCH',
        path: one,
        as: 'apply',
        query: { fieldManager: 'm', ...(dice.chance(0.5) ? { force: 'true' } : {}) },
        body: {
          apiVersion: kind.apiVersion,
          kind: kind.kind,
          metadata: { name, finalizers: dice.some(finalizers, 1) },
          ...(dice.chance(0.7) ? kind.body : {}),
        },
      },
    ]
  }
  if (roll < 0.95) return [{ method: 'GET', path: one }]
  return [{ method: 'DELETE', path: kind.path, query: dice.chance(0.5) ? { dryRun: 'All' } : {}, body: deleteOptions(dice) }]
}

function put(dice: Dice, { apiVersion, kind, body }: Kind, one: string, name: string): Step[] {
  // A uid of another object and times are answered in ways that depend on what upstream's storage is asked first.
  const { uid: _, deletionTimestamp: __, ...asked } = metadataOf(dice, name)
  const metadata = { ...asked, name }
  const resourceVersion = dice.pick(['${rv}', '${rv}', '1', undefined])
  return [
    { method: 'GET', path: one, capture: { rv: 'metadata.resourceVersion', uid: 'metadata.uid' }, silent: true },
    {
      method: 'PUT',
      path: one,
      body: { apiVersion, kind, metadata: { ...metadata, ...(resourceVersion ? { resourceVersion } : {}) }, ...body },
    },
  ]
}

function remove(dice: Dice, one: string): Step[] {
  if (!dice.chance(0.4)) return [{ method: 'DELETE', path: one, ...(dice.chance(0.6) ? { body: deleteOptions(dice) } : {}) }]
  const preconditions = dice.pick([{ uid: '${uid}' }, { uid: someUid }, { resourceVersion: '${rv}' }, { resourceVersion: '1' }])
  return [
    { method: 'GET', path: one, capture: { rv: 'metadata.resourceVersion', uid: 'metadata.uid' }, silent: true },
    { method: 'DELETE', path: one, body: { ...deleteOptions(dice), preconditions } },
  ]
}

function deleteOptions(dice: Dice): Record<string, unknown> {
  const policy = dice.pick([undefined, 'Background', 'Foreground', 'Orphan', 'Foo'])
  return {
    ...(dice.chance(0.3) ? { kind: 'DeleteOptions', apiVersion: 'v1' } : {}),
    ...(policy !== undefined && dice.chance(0.8) ? { propagationPolicy: policy } : {}),
    ...(dice.chance(0.15) ? { gracePeriodSeconds: dice.pick([0, 1, 30, -1]) } : {}),
    ...(dice.chance(0.1) ? { orphanDependents: dice.chance(0.5) } : {}),
    ...(dice.chance(0.1) ? { dryRun: ['All'] } : {}),
  }
}
