import { type GoFunction, goFunction } from '../../../../formats/go-template/functions.js'
import { toJsonData } from '../../../../formats/go-template/sprig/json.js'
import { type GoMap, GoStruct } from '../../../../formats/go-template/values.js'
import { formatYaml } from '../../../../formats/yaml/format-yaml.js'
import type { HelmMajor } from '../helm-major.js'
import { tableAt, type Values, valueAt } from '../values/values.js'

/** A map as Go's chartutil.Values (in Helm 4: common.Values): the map, and its methods. */
export function valuesValue(values: Values, helmMajor: HelmMajor): GoStruct {
  let methods: Record<string, GoFunction> | undefined
  return new GoStruct({
    type: helmMajor === 4 ? 'common.Values' : 'chartutil.Values',
    underlying: values as GoMap,
    over: (copy) => valuesValue(copy, helmMajor),
    get methods() {
      methods ??= {
        AsMap: goFunction([], () => values as GoMap),
        YAML: goFunction([], () => formatYaml(toJsonData(values))),
        Table: goFunction(['string'], (path) => {
          const table = tableAt(values, path)
          if (table === undefined) throw new Error(`${JSON.stringify(path.split('.').at(-1))} is not a table`)
          return valuesValue(table, helmMajor)
        }),
        PathValue: goFunction(['string'], (path) => {
          const { found, value } = valueAt(values, path)
          if (!found) throw new Error(`${JSON.stringify(path.split('.').at(-1))} is not a value`)
          return value
        }),
      }
      return methods
    },
  })
}
