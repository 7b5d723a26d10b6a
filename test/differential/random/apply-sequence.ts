import type { Case, Step } from '../case.js'
import { Dice } from './dice.js'
import { type RandomKind, randomKinds, randomObject } from './object-parts.js'

const managers = ['one', 'two', 'three', 'kubectl'] as const

/** Several writers apply, update and patch one object. The seed says which. */
export function applySequence(seed: number): Case {
  const dice = new Dice(seed)
  const kind = randomKinds[seed % randomKinds.length] as RandomKind
  const length = 4 + dice.below(8)
  const steps: Step[] = []
  for (let index = 0; index < length; index++) steps.push(...writeOf(dice, kind, index))
  steps.push({ method: 'GET', path: pathOf(kind) })
  return { name: `apply ${seed} ${kind.name}`, steps }
}

function collectionOf(kind: RandomKind): string {
  const prefix = kind.apiVersion.includes('/') ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`
  return `${prefix}/namespaces/\${ns}/${kind.path}`
}

function pathOf(kind: RandomKind, subresource = ''): string {
  return `${collectionOf(kind)}/obj${subresource === '' ? '' : `/${subresource}`}`
}

function writeOf(dice: Dice, kind: RandomKind, index: number): Step[] {
  const manager = dice.pick(managers)
  const query: Record<string, string> = { fieldManager: manager }
  if (index > 0 && kind.name !== 'Service' && dice.chance(0.08)) query['dryRun'] = 'All'
  const roll = dice.next()
  if (index === 0 && roll < 0.3) {
    return [{ method: 'POST', path: collectionOf(kind), query, body: randomObject(dice, kind, 'obj', true) }]
  }
  if (roll < 0.55 || index === 0) return [apply(dice, kind, query, index === 0 || dice.chance(0.3))]
  if (roll < 0.67) return update(dice, kind, query)
  if (roll < 0.78) return [{ method: 'PATCH', path: pathOf(kind), as: 'merge', query, body: mergeBody(dice, kind) }]
  if (roll < 0.84 && kind.custom !== true) {
    return [{ method: 'PATCH', path: pathOf(kind), as: 'strategic', query, body: kind.part(dice) }]
  }
  if (roll < 0.9) return [{ method: 'PATCH', path: pathOf(kind), as: 'json-patch', query, body: jsonPatch(dice, kind) }]
  if (roll < 0.96 && kind.status === true && kind.statusPart !== undefined) {
    const status = kind.statusPart(dice)
    return dice.chance(0.5)
      ? [{ method: 'PATCH', path: pathOf(kind, 'status'), as: 'merge', query, body: { status } }]
      : [
          {
            method: 'PATCH',
            path: pathOf(kind, 'status'),
            as: 'apply',
            query: { ...query, ...(dice.chance(0.5) ? { force: 'true' } : {}) },
            body: { apiVersion: kind.apiVersion, kind: kind.kind, metadata: { name: 'obj' }, status },
          },
        ]
  }
  if (kind.scale === true) {
    return [
      { method: 'PATCH', path: pathOf(kind, 'scale'), as: 'merge', query, body: { spec: { replicas: 10 + dice.below(90) } } },
    ]
  }
  return [apply(dice, kind, query, false)]
}

function apply(dice: Dice, kind: RandomKind, query: Record<string, string>, withBase: boolean): Step {
  const body = randomObject(dice, kind, 'obj', withBase)
  return {
    method: 'PATCH',
    path: pathOf(kind),
    as: 'apply',
    query: dice.chance(0.35) ? { ...query, force: 'true' } : query,
    body,
  }
}

/** PUT needs the revision that is there, so a GET comes before. */
function update(dice: Dice, kind: RandomKind, query: Record<string, string>): Step[] {
  const body = randomObject(dice, kind, 'obj', true) as { metadata: Record<string, unknown> }
  const metadata = { ...body.metadata, resourceVersion: '${rv}' }
  return [
    { method: 'GET', path: pathOf(kind), capture: { rv: 'metadata.resourceVersion' }, silent: true },
    { method: 'PUT', path: pathOf(kind), query, body: { ...body, metadata } },
  ]
}

/** A part of an object in which some members are taken away. */
function mergeBody(dice: Dice, kind: RandomKind): unknown {
  const remove = (value: unknown, depth: number): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, depth > 0 && dice.chance(0.2) ? null : remove(member, depth + 1)]),
    )
  }
  const labels = dice.chance(0.3) ? { metadata: { labels: dice.chance(0.2) ? null : { a: dice.pick(['1', null, '3']) } } } : {}
  return { ...(remove(kind.part(dice), 0) as object), ...labels }
}

function jsonPatch(dice: Dice, kind: RandomKind): unknown[] {
  const count = 1 + dice.below(2)
  return Array.from({ length: count }, () => {
    const path = dice.pick(Object.keys(kind.pointers))
    const op = dice.pick(['add', 'replace', 'remove', 'test'])
    return op === 'remove' ? { op, path } : { op, path, value: dice.pick(kind.pointers[path] ?? []) }
  })
}
