import { messageOf } from '../../../base/errors.js'
import { isObject, setOwn } from '../../../base/json.js'
import type { Generator } from '../kinds/application-set.js'
import type { Params } from './params.js'
import { renderTree } from './render-tree.js'
import type { TextRenderer } from './text-renderer.js'

/** Generators whose `values` are rendered again with their own parameters. */
const withValues = new Set(['clusters', 'git', 'scmProvider', 'clusterDecisionResource', 'pullRequest', 'plugin'])

/**
 * A generator's spec rendered with the parameters of the generator before it. In `values`, a template that needs a
 * key which those parameters do not have stays as it is: it is rendered later, with the generator's own.
 */
export function interpolateGenerator(generator: Generator, params: Params, text: TextRenderer): Generator {
  if (Object.keys(params).length === 0) return generator
  return renderTree(generator, params, text, (key, member, parent) => {
    if (key !== 'values' || parent === undefined || !withValues.has(parent) || !isObject(member)) return undefined
    const resolved: Record<string, unknown> = {}
    for (const [name, value] of Object.entries(member)) setOwn(resolved, name, renderIfKnown(String(value), params, text))
    return resolved
  }) as Generator
}

function renderIfKnown(template: string, params: Params, text: TextRenderer): string {
  try {
    return text.render(template, params, 'error')
  } catch (error) {
    if (/map has no entry for key|can't evaluate field/.test(messageOf(error))) return template
    throw error
  }
}
