import { RE2JS } from 're2js'
import { messageOf } from '../../../../base/errors.js'
import { matchesLabels, parseLabelSelector } from '../../../../kube/object/selector.js'
import { buildError } from '../build-error.js'
import type { ResourceSelector } from '../sources/kustomization.js'
import type { Resource } from './resource.js'

/** A test for the target of a patch: anchored regular expressions against the current and the original identity. */
export function fromTextSelector(selector: ResourceSelector): (resource: Resource) => boolean {
  const group = anchoredPattern(selector.group)
  const version = anchoredPattern(selector.version)
  const kind = anchoredPattern(selector.kind)
  const name = anchoredPattern(selector.name)
  const namespace = anchoredPattern(selector.namespace)
  const labels = fromLabelText(selector)
  return (resource) => {
    const current = resource.currentId()
    const original = resource.originalId()
    return (
      (namespace(original.effectiveNamespace) || namespace(current.effectiveNamespace)) &&
      (name(original.name) || name(current.name)) &&
      group(current.group) &&
      version(current.version) &&
      kind(current.kind) &&
      labels(resource)
    )
  }
}

/** A test of the label and annotation selectors only. */
export function fromLabelText(selector: ResourceSelector): (resource: Resource) => boolean {
  const labels = parse('labelSelector', selector.labelSelector)
  const annotations = parse('annotationSelector', selector.annotationSelector)
  return (resource) =>
    (labels === undefined || matchesLabels(labels, resource.labels())) &&
    (annotations === undefined || matchesLabels(annotations, resource.annotations()))
}

function parse(field: string, text: string | undefined) {
  if (text === undefined || text === '') return undefined
  try {
    return parseLabelSelector(text)
  } catch (error) {
    throw buildError(`${field} "${text}": ${messageOf(error)}`)
  }
}

const compiled = new Map<string, (text: string) => boolean>()

/** A test with a whole-text regular expression; none matches anything. */
export function anchoredPattern(text: string | undefined): (text: string) => boolean {
  if (text === undefined || text === '') return () => true
  const known = compiled.get(text)
  if (known !== undefined) return known
  let matches: (candidate: string) => boolean
  if (/^[\w /-]*$/.test(text)) matches = (candidate) => candidate === text
  else {
    const expression = compilePattern(`^(?:${text})$`)
    matches = (candidate) => expression.test(candidate)
  }
  if (compiled.size > 1000) compiled.clear()
  compiled.set(text, matches)
  return matches
}

export interface Pattern {
  test(candidate: string): boolean
}

const patterns = new Map<string, Pattern>()

/** A test with a regular expression of Go's (RE2: linear time, whatever the text). True when it matches anywhere. */
export function compilePattern(text: string): Pattern {
  const known = patterns.get(text)
  if (known !== undefined) return known
  try {
    const expression = RE2JS.compile(text)
    const pattern: Pattern = { test: (candidate) => expression.matcher(candidate).find() }
    if (patterns.size > 1000) patterns.clear()
    patterns.set(text, pattern)
    return pattern
  } catch (error) {
    throw buildError(`invalid regular expression ${text}: ${messageOf(error)}`)
  }
}
