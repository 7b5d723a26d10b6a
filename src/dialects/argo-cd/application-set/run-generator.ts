import { fromLabelSelector, matchesLabels } from '../../../kube/object/selector.js'
import type { ApplicationSetTemplate, Generator } from '../kinds/application-set.js'
import { earliest, type GeneratorContext, type GeneratorKind } from './generators/contract.js'
import { generatorKinds } from './generators/index.js'
import { interpolateGenerator } from './interpolate-generator.js'
import { flattenParams, type Params } from './params.js'

export interface GeneratorOutcome {
  readonly params: Params[]
  /** The generator's own template, if it has one. */
  readonly template: ApplicationSetTemplate | undefined
}

/** Combining generators may hold combining generators, and those only others: three levels. */
const deepest = 3

/**
 * Runs one entry of `generators`: normally one generator, but as upstream an entry with two of them gives both. Sets that the
 * entry's selector does not match, by their flattened parameters, are left out.
 */
export async function runGenerator(entry: Generator, context: Omit<GeneratorContext, 'runNested'>): Promise<GeneratorOutcome[]> {
  return runAt(entry, undefined, context, 1)
}

async function runAt(
  entry: Generator,
  outer: Params | undefined,
  context: Omit<GeneratorContext, 'runNested'>,
  level: number,
): Promise<GeneratorOutcome[]> {
  const rendered = outer === undefined ? entry : interpolateGenerator(entry, outer, context.text)
  const outcomes: GeneratorOutcome[] = []
  for (const kind of kindsOf(entry, level)) {
    const sets = await kind.generate(rendered[kind.name] as Record<string, unknown>, {
      ...context,
      runNested: async (generator, params) => {
        const inner = await runAt(generator, params, context, level + 1)
        if (inner.length === 0)
          throw new Error(`${kind.name}.generators: expected a generator in each entry, found none in one of them`)
        if (inner.length > 1)
          throw new Error(`${kind.name}.generators: expected one generator in each entry, found ${inner.length} in one of them`)
        return inner[0]!.params
      },
    })
    // As upstream, the selector itself is not rendered.
    outcomes.push({
      params: selectSets(sets, entry),
      template: (entry[kind.name] as { template?: ApplicationSetTemplate }).template,
    })
  }
  return outcomes
}

function kindsOf(entry: Generator, level: number): GeneratorKind[] {
  const kinds: GeneratorKind[] = []
  for (const name of Object.keys(entry)) {
    if (name === 'selector' || entry[name] === undefined || entry[name] === null) continue
    const kind = generatorKinds.get(name)
    if (kind === undefined)
      throw new Error(`the generator ${name} is not known here; there are ${[...generatorKinds.keys()].join(', ')}`)
    if (kind.combines && level >= deepest) throw new Error(`${name}: combining generators stand at most two inside each other`)
    kinds.push(kind)
  }
  return kinds
}

/** The sets that the selector of a `generators` entry leaves. */
export function selectSets(sets: Params[], { selector }: Generator): Params[] {
  if (selector === undefined || selector === null) return sets
  for (const { operator } of selector.matchExpressions ?? []) {
    if (!['In', 'NotIn', 'Exists', 'DoesNotExist'].includes(operator))
      throw new Error(`selector: ${JSON.stringify(operator)} is not a valid operator`)
  }
  // Values are not held to the rules of labels, so that URLs can be matched.
  const wanted = fromLabelSelector(selector, { validate: false })
  return sets.filter((params) => matchesLabels(wanted, flattenParams(params)))
}

/** Seconds after which an entry should run again without any event. */
export function recheckSecondsOf(entry: Generator): number | undefined {
  return earliest(
    [...generatorKinds.values()].map((kind) => {
      const spec = entry[kind.name]
      return spec === undefined || spec === null
        ? undefined
        : kind.recheckSeconds(spec as Record<string, unknown>, recheckSecondsOf)
    }),
  )
}
