import { setOwn } from '../../../base/json.js'
import { type CallContext, type GoFunction, goFunction, goVariadic } from '../functions.js'
import { chargeForParts } from '../value-size.js'
import { type GoMap, isMap, sortedKeys, typedList, typeName } from '../values.js'
import { textOf } from './conversion.js'
import { isEmpty } from './defaults.js'

export function dictFunctions(): [string, GoFunction][] {
  const merge = goVariadic(['map'], 'map', function (target, ...sources) {
    return mergeAll(target, sources, false, this)
  })
  const mergeOverwrite = goVariadic(['map'], 'map', function (target, ...sources) {
    return mergeAll(target, sources, true, this)
  })
  return [
    ['get', goFunction(['map', 'string'], (map, key) => (Object.hasOwn(map, key) ? map[key] : ''))],
    [
      'set',
      goFunction(['map', 'string', 'any'], (map, key, value) => {
        setOwn(map, key, value)
        return map
      }),
    ],
    [
      'unset',
      goFunction(['map', 'string'], (map, key) => {
        delete map[key]
        return map
      }),
    ],
    ['hasKey', goFunction(['map', 'string'], (map, key) => Object.hasOwn(map, key))],
    [
      'pluck',
      goVariadic(['string'], 'map', (key, ...maps) => maps.filter((map) => Object.hasOwn(map, key)).map((map) => map[key])),
    ],
    // Upstream gives keys and values in no order at all; ours are sorted, so that the same input gives the same output.
    [
      'keys',
      goVariadic([], 'map', (...maps) =>
        typedList(
          '[]string',
          maps.flatMap((map) => sortedKeys(map)),
        ),
      ),
    ],
    ['values', goFunction(['map'], (map) => sortedKeys(map).map((key) => map[key]))],
    [
      'pick',
      goVariadic(['map'], 'string', function (map, ...keys) {
        return select.call(this, map, (key) => keys.includes(key))
      }),
    ],
    [
      'omit',
      goVariadic(['map'], 'string', function (map, ...keys) {
        return select.call(this, map, (key) => !keys.includes(key))
      }),
    ],
    [
      'dict',
      goVariadic([], 'any', function (...pairs) {
        const map: GoMap = {}
        for (let index = 0; index < pairs.length; index += 2) {
          if (typeof pairs[index] !== 'string') chargeForParts([pairs[index]], (size) => this.charge(size))
          setOwn(map, textOf(pairs[index]), index + 1 < pairs.length ? pairs[index + 1] : '')
        }
        return map
      }),
    ],
    ['merge', merge],
    ['mustMerge', merge],
    ['mergeOverwrite', mergeOverwrite],
    ['mustMergeOverwrite', mergeOverwrite],
    ['dig', goVariadic([], 'any', dig)],
  ]
}

function select(this: CallContext, map: GoMap, wanted: (key: string) => boolean): GoMap {
  const selected: GoMap = {}
  const keys = Object.keys(map)
  this.charge(keys.length >>> 1)
  for (const key of keys) if (wanted(key)) setOwn(selected, key, map[key])
  return selected
}

function mergeAll(target: GoMap, sources: readonly GoMap[], overwrites: boolean, context: CallContext): GoMap {
  for (const source of sources) mergeMaps(target, source, overwrites, context)
  return target
}

/**
 * Merges a map into another in place, deeply. Without `overwrites` the target's values win unless they are empty
 * (false and 0 count as empty); with it the source's win, empty ones too, and lists are replaced.
 */
export function mergeMaps(target: GoMap, source: GoMap, overwrites: boolean, context?: CallContext): void {
  if (target === source) return
  const keys = Object.keys(source)
  context?.charge(1 + (keys.length >>> 3))
  for (const key of keys) {
    const given = source[key]
    if (given === null || given === undefined) {
      if (overwrites) setOwn(target, key, null)
      continue
    }
    const held = Object.hasOwn(target, key) ? target[key] : undefined
    if (isMap(given) && isMap(held)) {
      mergeMaps(held, given, overwrites, context)
      if (!isEmpty(held)) continue
    } else if (Array.isArray(given) && !isEmpty(held)) {
      if (overwrites) setOwn(target, key, given)
      continue
    }
    if (overwrites || isEmpty(held)) setOwn(target, key, given)
  }
}

function dig(...parameters: unknown[]): unknown {
  if (parameters.length < 3) throw new Error('dig needs at least three arguments')
  let step = parameters.at(-1)
  const fallback = parameters.at(-2)
  for (const key of parameters.slice(0, -2)) {
    if (typeof key !== 'string') throw new Error(`interface conversion: interface {} is ${typeName(key)}, not string`)
    if (!isMap(step) || typeName(step) !== 'map[string]interface {}') {
      const found = step === null || step === undefined ? 'nil' : typeName(step)
      throw new Error(`interface conversion: interface {} is ${found}, not map[string]interface {}`)
    }
    if (!Object.hasOwn(step, key)) return fallback
    step = step[key]
  }
  return step
}
