import { type GoFunction, goFunction, goVariadic } from '../functions.js'
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
      if (!kept.some((other) => deepEqual(other, item))) kept.push(item)
    }
    return kept
  })
  const without = goVariadic(['any'], 'any', (target, ...omitted) =>
    elements(target, 'Cannot find without on type').filter((item) => !omitted.some((other) => deepEqual(other, item))),
  )
  const has = goFunction(['any', 'any'], (needle, target) => {
    if (target === null) return false
    return elements(target, 'Cannot find has on type').some((item) => deepEqual(item, needle))
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
      goVariadic([], 'any', (...lists) => {
        const all = lists.flatMap((item) => [...elements(item, 'Cannot concat type', ' as list')])
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

function chunkList(size: number, target: unknown): unknown {
  const items = elements(target, 'Cannot chunk type')
  if (size <= 0) throw new Error('runtime error: makeslice: len out of range')
  const chunks: unknown[] = []
  for (let index = 0; index < items.length; index += size) chunks.push(items.slice(index, index + size))
  return typedList('[][]interface {}', chunks)
}
