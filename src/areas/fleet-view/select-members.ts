import { CodedError } from '../../base/errors.js'
import { formatFieldSelector, parseFieldSelector } from '../../kube/object/field-selector.js'
import { formatLabelSelector, matchesLabels, parseLabelSelector } from '../../kube/object/selector.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { clusterLabel, splitName } from './cluster-key.js'

/** The fields by which a field selector names clusters. */
const clusterFields: ReadonlySet<string> = new Set(['metadata.cluster', clusterLabel])

/** What a list or watch asks of whom. */
export interface Selection {
  /** Whether a cluster is asked. */
  readonly includes: (key: string) => boolean
  /** The request names clusters: it does not mean whatever clusters there are. */
  readonly narrowed: boolean
  /** Clusters that the selectors want by name. */
  readonly wanted: readonly string[]
  /** What the clusters are asked: the selectors without what was meant for the view. Empty: none. */
  readonly labelSelector: string
  readonly fieldSelector: string
  /** The request is for one name, without a cluster in it. */
  readonly plainName: boolean
}

/**
 * Takes from the selectors what names clusters: labels `flotilla.dev/cluster` with any operator, fields `metadata.cluster` with
 * = and !=, and names in fields that carry a cluster (`metadata.name=web@us-east`, `spec.nodeName=node-1@us-east`). Throws
 * BadRequest for selectors that cannot be read.
 */
export function selectMembers(
  selectors: { readonly labels: string; readonly fields: string; readonly key?: string | undefined },
  isKey: (key: string) => boolean,
): Selection {
  const tests: ((key: string) => boolean)[] = []
  const { key: only } = selectors
  if (only !== undefined) tests.push((key) => key === only)
  let plainName = false
  return readable(() => {
    const all = parseLabelSelector(selectors.labels)
    const labels = all === 'nothing' ? [] : all
    const own = labels.filter((each) => each.key === clusterLabel)
    const others = labels.filter((each) => each.key !== clusterLabel)
    if (own.length > 0) tests.push((key) => matchesLabels(own, { [clusterLabel]: key }))
    const wanted = own.flatMap(({ operator, values }) => (['=', '==', 'in'].includes(operator) ? values : []))
    const fields = parseFieldSelector(selectors.fields).flatMap((term) => {
      if (clusterFields.has(term.field)) {
        const isWanted = term.operator === '='
        if (isWanted) wanted.push(term.value)
        tests.push((key) => (key === term.value) === isWanted)
        return []
      }
      if (!/name(space)?$/i.test(term.field) || term.operator !== '=') return [term]
      const { name, key: named } = splitName(term.value, isKey)
      if (named !== undefined) tests.push((key) => key === named)
      else if (term.field === 'metadata.name') plainName = true
      return [{ ...term, value: name }]
    })
    return {
      includes: (key) => tests.every((test) => test(key)),
      narrowed: tests.length > 0,
      wanted,
      labelSelector: own.length === 0 ? selectors.labels : formatLabelSelector(others),
      fieldSelector: selectors.fields === '' ? '' : formatFieldSelector(fields),
      plainName,
    }
  })
}

function readable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof CodedError && /-selector$/.test(error.code)) throw statusErrors.badRequest(error.message)
    throw error
  }
}
