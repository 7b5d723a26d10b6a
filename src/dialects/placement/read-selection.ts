import type { ClusterAffinity, FieldExpression } from '../../delivery/placement/contract.js'
import type { ClusterSelection } from './placement-kind.js'

/** No cluster is called so: a list of names that is empty on purpose selects none. */
const nobody = ['']

/** A selection in the engine's words. `among`: only these, whatever else is asked. */
export function readSelection(selection: ClusterSelection = {}, among?: readonly string[]): ClusterAffinity {
  const { names, exclude, labels, matchExpressions } = selection
  const fields = (
    [
      ['region', selection.regions],
      ['zone', selection.zones],
      ['provider', selection.providers],
    ] as const
  ).flatMap(([field, values]): FieldExpression[] =>
    values === undefined || values.length === 0 ? [] : [{ field, operator: 'In', values }],
  )
  const named = names !== undefined && names.length > 0 ? names : undefined
  const both = among === undefined ? named : named === undefined ? among : among.filter((name) => named.includes(name))
  return {
    ...(both === undefined ? {} : { names: both.length === 0 ? nobody : both }),
    ...(exclude === undefined || exclude.length === 0 ? {} : { exclude }),
    ...(labels === undefined && matchExpressions === undefined
      ? {}
      : {
          labels: {
            ...(labels === undefined ? {} : { matchLabels: { ...labels } }),
            ...(matchExpressions === undefined
              ? {}
              : { matchExpressions: matchExpressions.map((each) => ({ ...each, values: [...(each.values ?? [])] })) }),
          },
        }),
    ...(fields.length === 0 ? {} : { fields }),
  }
}
