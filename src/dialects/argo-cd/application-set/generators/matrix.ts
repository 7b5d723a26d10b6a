import type { Generator } from '../../kinds/application-set.js'
import { combineParams, mergeParams, type Params } from '../params.js'
import { earliest, type GeneratorKind } from './contract.js'

/**
 * Every set of the first generator with every set that the second one gives for it: the second's whole spec is rendered
 * with the first's parameters. Where both have a key, Go-template mode merges deeply and the first wins; the other mode
 * makes everything a string and refuses to choose.
 */
export const matrixGenerator: GeneratorKind = {
  name: 'matrix',
  combines: true,
  async generate(spec, { text, runNested }) {
    const generators = nested(spec)
    if (generators.length !== 2) throw new Error(`matrix.generators: expected exactly two generators, found ${generators.length}`)
    const [first, second] = generators as [Generator, Generator]
    const sets: Params[] = []
    for (const outer of await runNested(first, undefined)) {
      for (const inner of await runNested(second, outer)) {
        sets.push(text.goTemplate ? mergeParams(inner, outer) : combineParams(outer, inner))
      }
    }
    return sets
  },
  recheckSeconds: (spec, recheck) => earliest(nested(spec).map(recheck)),
}

function nested(spec: Readonly<Record<string, unknown>>): Generator[] {
  return Array.isArray(spec['generators']) ? (spec['generators'] as Generator[]) : []
}
