import { CodedError } from '../../../base/errors.js'
import { exactFieldValue, type FieldSelector, matchesFields, parseFieldSelector } from '../../../kube/object/field-selector.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type LabelSelector, matchesLabels, parseLabelSelector } from '../../../kube/object/selector.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import { fieldText, type SelectableField, valueAt } from '../lifecycles/strategy.js'
import { type Resource, viewOf } from '../resource.js'

/** Which objects of a resource a list, watch or deletecollection means. */
export interface Selection {
  /** '' for all. */
  readonly namespace: string
  /** Set when at most one object can match. */
  readonly name: string | undefined
  /** Undefined: everything in the namespace. Looks at labels and fields, not at the namespace. */
  readonly matches: ((object: KubeObject) => boolean) | undefined
}

/** Throws BadRequest when a selector cannot be read or asks for a field that the resource does not offer. */
export function compileSelection(
  resource: Resource,
  options: { namespace?: string; labelSelector?: string; fieldSelector?: string },
): Selection {
  const labels = parse(() => parseLabelSelector(options.labelSelector ?? ''))
  const fields = parse(() => parseFieldSelector(options.fieldSelector ?? ''))
  const known = resource.strategy.selectable ?? {}
  // Kinds that have fields of their own say it otherwise, and have a namespace only where they are in one.
  const own = resource.custom !== undefined || Object.keys(known).length > 0
  for (const { field } of fields) {
    if (field === 'metadata.name' || (field === 'metadata.namespace' && (!own || resource.type.namespaced))) continue
    if (Object.hasOwn(known, field)) continue
    throw statusErrors.badRequest(
      own
        ? resource.stored === 'jobs.batch'
          ? `field label ${JSON.stringify(field)} not supported for Job`
          : `field label not supported: ${field}`
        : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
    )
  }
  const name = exactFieldValue(fields, 'metadata.name')
  const fieldNamespace = exactFieldValue(fields, 'metadata.namespace')
  const namespace = options.namespace || (resource.type.namespaced ? (fieldNamespace ?? '') : '')
  return {
    namespace: resource.type.namespaced ? namespace : '',
    name,
    matches: inVersion(resource, matcher(labels, fields, known)),
  }
}

/** A webhook makes the fields that selectors of a version name. */
function inVersion(resource: Resource, matches: Selection['matches']): Selection['matches'] {
  if (matches === undefined || resource.custom?.webhook === undefined) return matches
  return (stored) => matches(viewOf(resource, stored))
}

function matcher(
  labels: LabelSelector,
  fields: FieldSelector,
  known: Readonly<Record<string, SelectableField>>,
): ((object: KubeObject) => boolean) | undefined {
  const byLabels = labels === 'nothing' || labels.length > 0
  if (fields.length === 0) return byLabels ? (object) => matchesLabels(labels, object.metadata.labels) : undefined
  const readers = fields.map(({ field }) => [field, readerOf(known[field] ?? field)] as const)
  return (object) => {
    if (byLabels && !matchesLabels(labels, object.metadata.labels)) return false
    const texts: Record<string, string> = {}
    for (const [field, read] of readers) texts[field] = read(object)
    return matchesFields(fields, texts)
  }
}

function readerOf(field: SelectableField): (object: KubeObject) => string {
  if (typeof field === 'string') return (object) => fieldText(valueAt(object, field))
  const { path, or, absent = '' } = field
  return (object) => fieldText(valueAt(object, path)) || (or === undefined ? '' : fieldText(valueAt(object, or))) || absent
}

function parse<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof CodedError) throw statusErrors.badRequest(error.message)
    throw error
  }
}
