import { setOwn } from '../../../base/json.js'
import { type GoFunction, goFunction, goVariadic } from '../functions.js'
import { type GoMap, isMap, sortedKeys, typedList, typeName } from '../values.js'
import { textOf } from './conversion.js'
import { isEmpty } from './defaults.js'

export function dictFunctions(): [string, GoFunction][] {
  const merge = goVariadic(['map'], 'map', (target, ...sources) => mergeAll(target, sources, false))
  const mergeOverwrite = goVariadic(['map'], 'map', (target, ...sources) => mergeAll(target, sources, true))
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
    ['pick', goVariadic(['map'], 'string', (map, ...keys) => select(map, (key) => keys.includes(key)))],
    ['omit', goVariadic(['map'], 'string', (map, ...keys) => select(map, (key) => !keys.includes(key)))],
    [
      'dict',
      goVariadic([], 'any', (...pairs) => {
        const map: GoMap = {}
        for (let index = 0; index < pairs.length; index += 2)
          setOwn(map, textOf(pairs[index]), index + 1 < pairs.length ? pairs[index + 1] : '')
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

function select(map: GoMap, wanted: (key: string) => boolean): GoMap {
  const selected: GoMap = {}
  for (const key of Object.keys(map)) if (wanted(key)) setOwn(selected, key, map[key])
  return selected
}

function mergeAll(target: GoMap, sources: readonly GoMap[], overwrites: boolean): GoMap {
  for (const source of sources) mergeMaps(target, source, overwrites)
  return target
}

/**
 * Merges a map into another in place, deeply. Without `overwrites` the target's values win unless they are empty
 * (false and 0 count as empty); with it the source's win, empty ones too, and lists are replaced.
 */
export function mergeMaps(target: GoMap, source: GoMap, overwrites: boolean): void {
  if (target === source) return
  for (const key of Object.keys(source)) {
    const given = source[key]
    if (given === null || given === undefined) {
      if (overwrites) setOwn(target, key, null)
      continue
    }
    const held = Object.hasOwn(target, key) ? target[key] : undefined
    if (isMap(given) && isMap(held)) {
      mergeMaps(held, given, overwrites)
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
    if (!isMap(step)) {
      const found = step === null || step === undefined ? 'nil' : typeName(step)
      throw new Error(`interface conversion: interface {} is ${found}, not map[string]interface {}`)
    }
    if (!Object.hasOwn(step, key)) return fallback
    step = step[key]
  }
  return step
}
