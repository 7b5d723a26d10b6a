import { isObject } from '../../../base/json.js'
import type { Document } from './document.js'
import type { Path, Place, Spot } from './spot.js'

/**
 * Data within a document: the whole of it, or what stands below `root`. Whatever is read is checked: a member that is absent
 * or of another type than asked for is undefined (or empty), never an error.
 */
export class View {
  readonly root: Path
  readonly value: unknown
  readonly #document: Document | undefined

  constructor(document: Document | undefined, root: Path, value: unknown) {
    this.#document = document
    this.root = root
    this.value = value
  }

  get document(): Document {
    if (this.#document === undefined) throw new Error('a document is a view of itself')
    return this.#document
  }

  /** The value at a path below here; undefined where there is none. */
  get(...path: Path): unknown {
    let value = this.value
    for (const step of path) {
      if (typeof step === 'number') {
        if (!Array.isArray(value)) return undefined
        value = value[step]
      } else {
        if (!isObject(value) || !Object.hasOwn(value, step)) return undefined
        value = value[step]
      }
    }
    return value
  }

  has(...path: Path): boolean {
    return this.get(...path) !== undefined
  }

  /** Text that is not empty. */
  text(...path: Path): string | undefined {
    const value = this.get(...path)
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  /** A number, also one that is written as text. */
  number(...path: Path): number | undefined {
    const value = this.get(...path)
    if (typeof value === 'number') return value
    return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined
  }

  /** A boolean, also one that is written as text (`"true"`). */
  flag(...path: Path): boolean | undefined {
    const value = this.get(...path)
    if (typeof value === 'boolean') return value
    return value === 'true' ? true : value === 'false' ? false : undefined
  }

  map(...path: Path): Readonly<Record<string, unknown>> {
    const value = this.get(...path)
    return isObject(value) ? value : {}
  }

  keys(...path: Path): string[] {
    return Object.keys(this.map(...path))
  }

  /** The items of a list, each as a view. */
  items(...path: Path): View[] {
    const value = this.get(...path)
    return Array.isArray(value) ? value.map((_, index) => this.view(...path, index)) : []
  }

  /** The texts of a list; a single text counts as a list of one, as many tools have it. */
  texts(...path: Path): string[] {
    const value = this.get(...path)
    if (typeof value === 'string') return [value]
    return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
  }

  /** What stands below a path, there or not. */
  view(...path: Path): View {
    return new View(this.document, this.fullPath(path), this.get(...path))
  }

  /** Where a path below here stands in the document. */
  protected fullPath(path: Path): Path {
    return [...this.root, ...path]
  }

  /** The value at a path, to be pointed at; of an absent one, what is nearest above it. */
  at(...path: Path): Spot {
    return this.document.spot(this.fullPath(path), 'value')
  }

  /** The key of a member of a map, to be pointed at. */
  atKey(...path: Path): Spot {
    return this.document.spot(this.fullPath(path), 'key')
  }

  place(...path: Path): Place {
    return this.at(...path).place()
  }
}

/** A value with where it was read, so that a finding can point at it. */
export interface Fact<T> {
  readonly value: T
  readonly at: Spot
}
