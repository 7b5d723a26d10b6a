import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupOf, versionOf } from '../../../kube/object/kube-object.js'
import type { Locator, Range } from './locator.js'
import type { Path, Place, Spot } from './spot.js'
import { View } from './view.js'

/** Where the text of a document stands: in a file of its own, among others, in a script, in another document's text. */
export interface DocumentText {
  readonly file: string
  readonly text: string
  /** Of `text` within the file: lines before it, characters before it, columns that every line of it is indented by. */
  readonly linesBefore: number
  readonly offset: number
  readonly indent: number
  /** Written in a script whose shell replaces variables: what is put in has to keep its `$`. */
  readonly isExpanded?: boolean
  /** Embedded text that is not written line by line: everything in it is where this is. */
  readonly fixed?: Place
}

export type DocumentRole =
  | 'object'
  | 'helm-values'
  | 'kubeconfig'
  | 'route53-batch'
  | 'dex-config'
  | 'kustomization'
  | 'chart'
  | 'fleet-yaml'
  | 'settings'
  /** A part of something that is shown without the rest: `annotations:` or `generators:` alone. */
  | 'fragment'

export interface DocumentOptions {
  readonly value: unknown
  readonly role: DocumentRole
  /** Absent of objects that were read from a cluster. */
  readonly text?: DocumentText
  /** Names it where there is no text: `context prod-us`. */
  readonly source: string
  readonly cluster?: string
  readonly locator: Locator
  /** What it stands in: a ConfigMap of the Dex configuration, an Application of its Helm values. */
  readonly parent?: Spot
  /** Rendered: what is written at `text` is only the nearest to it. */
  readonly rendered?: boolean
  /** Of what kustomize made: the documents that it may be made of, the one at `text` first. */
  readonly madeOf?: readonly Document[]
  /** Of a chart that is installed several times: which time. */
  readonly install?: string
  /** In a document that is not one object (a List), where the object is. */
  readonly root?: Path
}

/** A document of the input. */
export class Document extends View {
  readonly role: DocumentRole
  readonly written: DocumentText | undefined
  readonly source: string
  /** By name: of a folder, a context or as told by `flotilla.yaml`; undefined for what belongs to no cluster in particular. */
  readonly cluster: string | undefined
  readonly parent: Spot | undefined
  /** True of what kustomize or Helm made: its places are the nearest in the files that it was made of. */
  readonly rendered: boolean
  /** Of a chart that is installed several times: which time. */
  readonly install: string | undefined
  /** Documents with the same content of the same cluster, which checks do not see again. */
  readonly copies: Document[] = []
  readonly #locator: Locator
  readonly #madeOf: readonly Document[]
  /** Of the value within what `written` holds. */
  readonly prefix: Path

  constructor(options: DocumentOptions) {
    super(undefined, [], options.value)
    this.role = options.role
    this.written = options.text
    this.source = options.source
    this.cluster = options.cluster
    this.parent = options.parent
    this.prefix = options.root ?? []
    this.rendered = options.rendered === true
    this.install = options.install
    this.#locator = options.locator
    this.#madeOf = options.madeOf ?? []
  }

  override get document(): Document {
    return this
  }

  override view(...path: Path): View {
    return new View(this, path, this.get(...path))
  }

  /** How findings name it. */
  get subject(): string {
    return this.role === 'object' ? 'object' : this.role.replaceAll('-', ' ')
  }

  spot(path: Path, what: 'value' | 'key', note?: string): Spot {
    const annotations = isObject(this.value) ? this.map('metadata', 'annotations') : undefined
    return {
      subject: this.subject,
      ...(this.cluster === undefined ? {} : { cluster: this.cluster }),
      ...(note === undefined ? {} : { note }),
      ...(annotations === undefined ? {} : { annotations }),
      place: () => this.placeOf(path, what),
      says: (text) => this.spot(path, what, text),
      copies: () => this.copies.map((copy) => copy.placeOf(path, what)),
    }
  }

  placeOf(path: Path, what: 'value' | 'key'): Place {
    const origin = this.#originOf(path)
    if (origin !== undefined) return origin.placeOf(path, what)
    if (this.written === undefined) return { file: this.source, line: 0, column: 0 }
    if (this.written.fixed !== undefined) return this.written.fixed
    return this.#locator.place(this.written, [...this.prefix, ...path], what)
  }

  /** The patch that a value comes from which the first source does not have. */
  #originOf(path: Path): Document | undefined {
    const [first, ...patches] = this.#madeOf
    if (first === undefined || patches.length === 0) return undefined
    const value = this.get(...path)
    if (typeof value === 'object' || value === undefined || first.get(...path) === value) return undefined
    return patches.find((patch) => patch.get(...path) === value)
  }

  /** Offsets within `written.text`; undefined where the path is not written there. For edits. */
  rangeOf(path: Path): Range | undefined {
    return this.written === undefined ? undefined : this.#locator.range(this.written, [...this.prefix, ...path])
  }
}

/** A document that is a Kubernetes object: `apiVersion`, `kind` and a map of metadata. */
export class KubeDocument extends Document {
  readonly group: string
  readonly version: string
  readonly kind: string
  /** Empty where there is none (`generateName`). */
  readonly name: string
  /** Undefined when it names none: then it lands where it is applied to, or is of the whole cluster. */
  readonly namespace: string | undefined

  constructor(options: DocumentOptions) {
    super(options)
    const apiVersion = this.#plain('apiVersion')
    this.group = groupOf(apiVersion)
    this.version = versionOf(apiVersion)
    this.kind = this.#plain('kind')
    this.name = this.#plain('metadata', 'name')
    const namespace = this.#plain('metadata', 'namespace')
    this.namespace = namespace === '' ? undefined : namespace
  }

  #plain(...path: Path): string {
    const value = this.get(...path)
    return typeof value === 'string' ? value : ''
  }

  get apiVersion(): string {
    return this.group === '' ? this.version : `${this.group}/${this.version}`
  }

  /** For code of other rooms that takes objects; what it has is as unchecked as any input. */
  get object(): KubeObject {
    return this.value as KubeObject
  }

  override get subject(): string {
    const name = this.name === '' ? '(without a name)' : this.name
    return `${this.kind} ${this.namespace === undefined ? '' : `${this.namespace}/`}${name}`
  }

  label(key: string): string | undefined {
    const value = this.get('metadata', 'labels', key)
    return typeof value === 'string' ? value : undefined
  }

  annotation(key: string): string | undefined {
    const value = this.get('metadata', 'annotations', key)
    return typeof value === 'string' ? value : undefined
  }
}
