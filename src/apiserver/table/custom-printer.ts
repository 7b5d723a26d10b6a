import { isNumber, printJson } from '../../base/json-text.js'
import { JsonPath } from '../../formats/jsonpath/json-path.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { listAt, numberAt, textAt } from './fields.js'
import { ageOf } from './human-duration.js'
import type { TableColumn, TablePrinter } from './printer.js'

interface CustomColumn {
  readonly column: TableColumn
  readonly path: JsonPath | undefined
}

const nameColumn: TableColumn = { name: 'Name', type: 'string', format: 'name', description: 'Name of the object.', priority: 0 }

/** The columns of one version of a definition; `Age` when it defines none, as upstream. */
export function customPrinter(definition: KubeObject, version: string): TablePrinter {
  const versions = listAt(definition, 'spec', 'versions')
  const served = versions.find((candidate) => textAt(candidate, 'name') === version)
  const defined = listAt(served, 'additionalPrinterColumns')
  const columns =
    defined.length === 0 ? [{ name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Age' }] : defined
  const custom = columns.map(customColumn)
  return {
    columns: [nameColumn, ...custom.map(({ column }) => column)],
    cells: (object, now) => [object.metadata.name, ...custom.map((column) => cellOf(column, object, now))],
  }
}

function customColumn(defined: unknown): CustomColumn {
  const column: TableColumn = {
    name: textAt(defined, 'name'),
    type: textAt(defined, 'type') as TableColumn['type'],
    format: textAt(defined, 'format'),
    description:
      textAt(defined, 'description') || `Custom resource definition column (in JSONPath format): ${textAt(defined, 'jsonPath')}`,
    priority: numberAt(defined, 'priority'),
  }
  try {
    return { column, path: JsonPath.parse(`{${textAt(defined, 'jsonPath')}}`) }
  } catch {
    // Validation refuses such a definition; one that came before it shows an empty column.
    return { column, path: undefined }
  }
}

/** Upstream shows the first value only; values of another type than the column's are left empty. */
function cellOf({ column, path }: CustomColumn, object: KubeObject, now: number): unknown {
  const value = path?.find(object)[0]
  if (value === undefined || value === null) return null
  switch (column.type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : typeof value === 'bigint' ? value : null
    case 'number':
      return isNumber(value) ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value !== 'string' ? null : Number.isNaN(Date.parse(value)) ? '<invalid>' : ageOf(value, now)
    default:
      return typeof value === 'string' ? value : printJson(value)
  }
}
