import { canonicalJson, setOwn } from '../../../../base/json.js'
import type { Generator } from '../../kinds/application-set.js'
import { mergeParams, type Params } from '../params.js'
import { earliest, type GeneratorKind } from './contract.js'

/**
 * The sets of the first generator, each with what later generators say about the same values of the merge keys laid over it
 * (deeply in Go-template mode). Sets of later generators that fit none are dropped. Two sets of one generator with the
 * same key values are an error. The order is that of the first generator (upstream leaves it to chance).
 */
export const mergeGenerator: GeneratorKind = {
  name: 'merge',
  combines: true,
  async generate(spec, { text, runNested }) {
    const generators = nested(spec)
    if (generators.length < 2) throw new Error(`merge.generators: expected two or more generators, found ${generators.length}`)
    const keys = Array.isArray(spec['mergeKeys']) ? (spec['mergeKeys'] as string[]) : []
    const all: Params[][] = []
    for (const generator of generators) all.push(await runNested(generator, undefined))
    const [base, ...overrides] = all.map((sets) => byKey(sets, keys)) as [Map<string, Params>, ...Map<string, Params>[]]
    for (const override of overrides) {
      for (const [key, params] of base) {
        const over = override.get(key)
        if (over !== undefined) base.set(key, text.goTemplate ? mergeParams(params, over) : { ...params, ...over })
      }
    }
    return [...base.values()]
  },
  recheckSeconds: (spec, recheck) => earliest(nested(spec).map(recheck)),
}

function nested(spec: Readonly<Record<string, unknown>>): Generator[] {
  return Array.isArray(spec['generators']) ? (spec['generators'] as Generator[]) : []
}

/** Sets by the JSON of their merge keys' values; a missing one is null. Keys are top-level names, not paths. */
function byKey(sets: readonly Params[], keys: readonly string[]): Map<string, Params> {
  if (keys.length === 0) throw new Error('merge.mergeKeys: expected at least one key, found none')
  const found = new Map<string, Params>()
  for (const params of sets) {
    const values: Params = {}
    for (const key of keys) setOwn(values, key, Object.hasOwn(params, key) ? params[key] : null)
    const text = canonicalJson(values)
    if (found.has(text))
      throw new Error(`the parameters from a generator were not unique by the given merge keys: ${text} occurs twice`)
    found.set(text, params)
  }
  return found
}
