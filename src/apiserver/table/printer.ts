import type { KubeObject } from '../../kube/object/kube-object.js'

/** A column of a Table (metav1.TableColumnDefinition). */
export interface TableColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  readonly format: string
  readonly description: string
  /** 0: always shown; above: with `-o wide`. */
  readonly priority: number
}

/** How objects of one resource become rows of a Table. */
export interface TablePrinter {
  readonly columns: readonly TableColumn[]
  /** One value for each column. `now` is in milliseconds since the epoch: ages count from it. */
  cells(object: KubeObject, now: number): unknown[]
  /** What the row says of the object beside its cells (metav1.TableRowCondition); absent or undefined: nothing. */
  conditions?(object: KubeObject): readonly RowCondition[] | undefined
}

export interface RowCondition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/**
 * A printer from a short description of its columns: `Name`, `Desired:integer`, and `Images+` for one that only
 * `-o wide` shows. The column `Name` has the format `name`.
 */
export function definePrinter(columns: string, cells: TablePrinter['cells']): TablePrinter {
  return {
    columns: columns.split('|').map((column) => {
      const wide = column.endsWith('+')
      const [name, type = 'string'] = (wide ? column.slice(0, -1) : column).split(':') as [string, TableColumn['type']?]
      return {
        name,
        type,
        format: name === 'Name' || name === 'Attacher' ? 'name' : '',
        description: descriptions[name] ?? '',
        priority: wide ? 1 : 0,
      }
    }),
    cells,
  }
}

const descriptions: Readonly<Record<string, string>> = {
  Name: 'Name is unique within a namespace and kind.',
  Age: 'Time since the object was created.',
  'Created At': 'Time at which the object was created.',
  Status: 'State of the object, in one word.',
  Containers: 'Names of the containers in the template.',
  Images: 'Images of the containers in the template.',
  Selector: 'Label selector of the objects that this one stands for.',
  Restarts: 'How often containers were restarted, and how long ago for the last time.',
}
