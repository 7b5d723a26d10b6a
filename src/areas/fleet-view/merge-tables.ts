import { isObject } from '../../base/json.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { type Naming, presentObject, type ViewCluster } from './present-object.js'

interface Column {
  readonly name: string
  readonly [field: string]: unknown
}

export interface TableRow {
  cells: unknown[]
  readonly [field: string]: unknown
}

const clusterColumn: Column = {
  name: 'Cluster',
  type: 'string',
  format: '',
  description: 'The member of the fleet that has the object.',
  priority: 0,
}

/**
 * Tables of many clusters as one, with a column that says which, behind the name. The first table decides which columns there
 * are: clusters of other versions may have more or fewer, and their cells go under the column of the same name.
 */
export class TableMerger {
  #columns: readonly Column[] | undefined
  readonly #names: readonly string[] | undefined
  /** Of each cluster, where its cells go; found when its table comes with columns. */
  readonly #places = new Map<string, readonly number[]>()

  /** `names`: the columns of an earlier page, which stay. */
  constructor(names?: readonly string[]) {
    this.#names = names
  }

  /** The columns, once a table has come. */
  get columns(): readonly Column[] | undefined {
    return this.#columns
  }

  /** The names of the clusters' columns, for a later page. */
  get names(): readonly string[] | undefined {
    return this.#columns?.filter((column) => column !== clusterColumn).map(({ name }) => name) ?? this.#names
  }

  /** The rows of a cluster's table, as rows of the merged one. */
  rows(table: unknown, cluster: ViewCluster, naming: Naming): TableRow[] {
    if (!isObject(table) || !Array.isArray(table['rows'])) throw notTable(cluster)
    const columns = table['columnDefinitions']
    if (Array.isArray(columns) && columns.length > 0) this.#learn(columns.filter(isColumn), cluster.key)
    const places = this.#places.get(cluster.key)
    if (places === undefined || this.#columns === undefined) {
      if (table['rows'].length === 0) return []
      throw notTable(cluster)
    }
    const width = this.#columns.length
    const rows: TableRow[] = []
    for (const row of table['rows']) {
      if (!isObject(row) || !Array.isArray(row['cells'])) continue
      const cells: unknown[] = new Array(width).fill(null)
      for (let index = 0; index < places.length; index++) {
        const place = places[index]!
        if (place >= 0) cells[place] = row['cells'][index]
      }
      cells[clusterAt(width)] = cluster.key
      presentObject(row['object'], cluster, naming)
      row['cells'] = cells
      rows.push(row as TableRow)
    }
    return rows
  }

  #learn(columns: readonly Column[], key: string): void {
    if (this.#columns === undefined) {
      const known = new Map(columns.map((column) => [column.name, column]))
      const own = this.#names?.map(
        (name) => known.get(name) ?? { name, type: 'string', format: '', description: '', priority: 0 },
      )
      const all = own ?? columns
      const at = clusterAt(all.length + 1)
      this.#columns = [...all.slice(0, at), clusterColumn, ...all.slice(at)]
    }
    const merged = this.#columns
    // A cluster that is a view itself has a column of that name already: the nearest view's wins.
    this.#places.set(
      key,
      columns.map(({ name }) => merged.findIndex((column) => column.name === name && column !== clusterColumn)),
    )
  }
}

function clusterAt(width: number): number {
  return Math.min(1, width - 1)
}

function isColumn(value: unknown): value is Column {
  return isObject(value) && typeof value['name'] === 'string'
}

function notTable(cluster: ViewCluster) {
  return statusErrors.internal(`cluster ${cluster.name} answered with something else than a table`)
}
