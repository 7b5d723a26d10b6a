import { isObject } from '../../../base/json.js'
import { clusterSets } from '../application-set/generators/clusters.js'
import { listSets } from '../application-set/generators/list.js'
import type { Params } from '../application-set/params.js'
import { selectSets } from '../application-set/run-generator.js'
import type { TextRenderer } from '../application-set/text-renderer.js'
import type { ApplicationSetTemplate, Generator } from '../kinds/application-set.js'
import type { WarningFacts } from './facts.js'
import { type TemplateText, templateTexts } from './template-texts.js'

/** A generator whose sets of parameters can be known without reading a repository. */
export interface KnownSets {
  readonly sets: readonly Params[]
  /** The templates of its `values`, which are rendered with the same sets. */
  readonly values: readonly TemplateText[]
  readonly template: ApplicationSetTemplate | undefined
}

/** More than these are not looked at: who applies an object waits for the answer. */
const maxSets = 100

/**
 * The sets that an entry of `generators` gives now; undefined when only the controller can tell (git, matrix, merge). Sets with
 * different members come first, so that the odd cluster among many is not missed. Throws as the controller would.
 */
export function knownSets(entry: Generator, where: string, text: TextRenderer, facts: WarningFacts): KnownSets | undefined {
  const names = Object.keys(entry).filter((name) => name !== 'selector' && isObject(entry[name]))
  const [name] = names
  if (names.length !== 1 || (name !== 'clusters' && name !== 'list')) return undefined
  const spec = entry[name] as Record<string, unknown>
  const all = name === 'list' ? listSets(spec, text) : clusterSets(spec, { text, clusters: facts.clusters, warn() {} })
  const values = name === 'list' ? [] : templateTexts(spec['values'], `${where}.clusters.values`)
  const template = spec['template'] as ApplicationSetTemplate | undefined
  return { sets: mostDifferent(selectSets(all, entry)), values, template }
}

function mostDifferent(sets: readonly Params[]): readonly Params[] {
  if (sets.length <= maxSets) return sets
  const shapes = new Set<string>()
  const first: Params[] = []
  const others: Params[] = []
  for (const params of sets) {
    const shape = shapeOf(params)
    if (shapes.has(shape)) others.push(params)
    else {
      shapes.add(shape)
      first.push(params)
    }
  }
  return [...first, ...others].slice(0, maxSets)
}

function shapeOf(value: unknown): string {
  if (!isObject(value)) return ''
  return Object.keys(value)
    .sort()
    .map((key) => `${key}{${shapeOf(value[key])}}`)
    .join()
}
