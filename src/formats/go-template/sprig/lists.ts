import { type CallContext, type GoFunction, goFunction, goVariadic } from '../functions.js'
import { GoStruct, kindOf, nilList, typedList, typeName } from '../values.js'
import { toInt } from './cast.js'
import { deepEqual, isEmpty } from './defaults.js'

export function listFunctions(): [string, GoFunction][] {
  const list = goVariadic([], 'any', (...values) => values)
  const append = goFunction(['any', 'any'], (target, value) => [...elements(target, 'Cannot push on type'), value])
  const prepend = goFunction(['any', 'any'], (target, value) => [value, ...elements(target, 'Cannot prepend on type')])
  const first = goFunction(['any'], (target) => elements(target, 'Cannot find first on type')[0] ?? null)
  const last = goFunction(['any'], (target) => elements(target, 'Cannot find last on type').at(-1) ?? null)
  const rest = goFunction(['any'], (target) => orNil(elements(target, 'Cannot find rest on type'), (items) => items.slice(1)))
  const initial = goFunction(['any'], (target) =>
    orNil(elements(target, 'Cannot find initial on type'), (items) => items.slice(0, -1)),
  )
  const reverse = goFunction(['any'], (target) => [...elements(target, 'Cannot find reverse on type')].reverse())
  const compact = goFunction(['any'], (target) => elements(target, 'Cannot compact on type').filter((item) => !isEmpty(item)))
  const uniq = goFunction(['any'], function (target) {
    const kept: unknown[] = []
    for (const item of elements(target, 'Cannot find uniq on type')) {
      this.charge(kept.length)
      if (!kept.some((other) => deepEqual(other, item, this))) kept.push(item)
    }
    return kept
  })
  const without = goVariadic(['any'], 'any', function (target, ...omitted) {
    const items = elements(target, 'Cannot find without on type')
    this.charge(items.length * omitted.length)
    return items.filter((item) => !omitted.some((other) => deepEqual(other, item, this)))
  })
  const has = goFunction(['any', 'any'], function (needle, target) {
    if (target === null) return false
    const items = elements(target, 'Cannot find has on type')
    this.charge(items.length)
    return items.some((item) => deepEqual(item, needle, this))
  })
  const slice = goVariadic(['any'], 'any', sliceList)
  const chunk = goFunction(['int', 'any'], chunkList)
  return [
    ['list', list],
    ['tuple', list],
    ['append', append],
    ['push', append],
    ['mustAppend', append],
    ['mustPush', append],
    ['prepend', prepend],
    ['mustPrepend', prepend],
    ['first', first],
    ['mustFirst', first],
    ['last', last],
    ['mustLast', last],
    ['rest', rest],
    ['mustRest', rest],
    ['initial', initial],
    ['mustInitial', initial],
    ['reverse', reverse],
    ['mustReverse', reverse],
    ['compact', compact],
    ['mustCompact', compact],
    ['uniq', uniq],
    ['mustUniq', uniq],
    ['without', without],
    ['mustWithout', without],
    ['has', has],
    ['mustHas', has],
    ['slice', slice],
    ['mustSlice', slice],
    ['chunk', chunk],
    ['mustChunk', chunk],
    [
      'concat',
      goVariadic([], 'any', function (...lists) {
        const parts = lists.map((item) => elements(item, 'Cannot concat type', ' as list'))
        this.charge(parts.reduce((sum, part) => sum + part.length, 0) >>> 2)
        const all = ([] as unknown[]).concat(...parts)
        return all.length === 0 ? nilList() : all
      }),
    ],
  ]
}

function elements(target: unknown, complaint: string, ending = ''): readonly unknown[] {
  const value = target instanceof GoStruct ? target.underlying : target
  if (Array.isArray(value)) return value
  if (target === null || target === undefined) throw new Error('runtime error: invalid memory address or nil pointer dereference')
  throw new Error(`${complaint} ${kindOf(target)}${ending}`)
}

function orNil(items: readonly unknown[], take: (items: readonly unknown[]) => unknown[]): unknown[] {
  return items.length === 0 ? nilList() : take(items)
}

function sliceList(target: unknown, ...bounds: unknown[]): unknown {
  const items = elements(target, 'list should be type of slice or array but')
  if (items.length === 0) return null
  const start = bounds.length > 0 ? toInt(bounds[0]) : 0
  const end = bounds.length > 1 ? toInt(bounds[1]) : items.length
  if (start < 0 || end < start || end > items.length) throw new Error('reflect.Value.Slice: slice index out of bounds')
  return typedList(typeName(items), items.slice(start, end))
}

function chunkList(this: CallContext, size: number, target: unknown): unknown {
  const items = elements(target, 'Cannot chunk type')
  // As upstream computes it, also for sizes that make no sense.
  const count = Math.floor((items.length - 1) / size) + 1
  if (!(count >= 0 && Number.isFinite(count))) throw new Error('runtime error: makeslice: len out of range')
  this.charge(count)
  const chunks: unknown[] = []
  for (let index = 0; index < count; index++) {
    const length = index === count - 1 ? Math.floor(items.length % size) || size : size
    if (length < 0) throw new Error('runtime error: makeslice: len out of range')
    chunks.push(items.slice(index * size, index * size + length))
  }
  return typedList('[][]interface {}', chunks)
}
