import { printJson } from '../../base/json-text.js'
import { formatYaml } from '../../formats/yaml/format-yaml.js'
import type { KubeList, KubeObject } from '../../kube/object/kube-object.js'
import type { TablePrinter } from '../table/printer.js'
import type { ResponseForm } from './accept.js'
import { contentTypeOf } from './send.js'
import type { Pieces } from './send-list.js'

/** How much of the object each row of a Table carries. */
export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TransformOptions {
  readonly form: ResponseForm
  readonly include: IncludeObject
  /** Lists of built-in kinds: items do not say what they are. */
  readonly bareItems: boolean
  readonly printer: () => TablePrinter
  /** Milliseconds since the epoch: ages count from here. */
  readonly now: () => number
  /** The object's JSON text. */
  readonly encode: (object: KubeObject) => string
}

/** The object in the form asked for, as a value; undefined when it stays as it is (send its cached encoding). */
export function transformObject(object: KubeObject, options: TransformOptions): unknown {
  switch (options.form.as) {
    case 'object':
      return undefined
    case 'Table': {
      const printer = options.printer()
      return {
        ...tableHead(options.form, { resourceVersion: object.metadata.resourceVersion }),
        columnDefinitions: printer.columns,
        rows: [rowOf(object, printer, options)],
      }
    }
    default:
      return partialMetadata(object, options.form.metaVersion)
  }
}

/** The pieces of a list in the form asked for. */
export function listPieces(list: KubeList, options: TransformOptions): Pieces<KubeObject> {
  const { form } = options
  const metadata = list.metadata
  if (form.as === 'Table') {
    const printer = options.printer()
    const head = { ...tableHead(form, metadata), columnDefinitions: printer.columns }
    return pieces(form, head, 'rows', list.items, (item) => rowOf(item, printer, options))
  }
  if (form.as !== 'object') {
    // An empty token is left out here, as of all that Go writes from its own types.
    const { continue: next, ...others } = metadata
    const about = next === '' ? others : metadata
    const head = { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${form.metaVersion}`, metadata: about }
    return pieces(form, head, 'items', list.items, (item) => partialMetadata(item, form.metaVersion))
  }
  const head = { kind: list.kind, apiVersion: list.apiVersion, metadata }
  if (form.media === 'json' && !form.pretty) {
    return {
      contentType: contentTypeOf(form),
      head: openJson(head, 'items'),
      items: list.items,
      piece: options.bareItems ? (item) => withoutHead(item, options.encode(item)) : options.encode,
      separator: ',',
      tail: ']}\n',
    }
  }
  return pieces(form, head, 'items', list.items, options.bareItems ? bare : (item) => item)
}

/** The object without apiVersion and kind. */
function bare({ apiVersion: _, kind: __, ...rest }: KubeObject): unknown {
  return rest
}

/** The same of the object's text, which mostly begins with them. */
function withoutHead(object: KubeObject, text: string): string {
  const apiVersion = JSON.stringify(object.apiVersion)
  const kind = JSON.stringify(object.kind)
  for (const head of [`{"apiVersion":${apiVersion},"kind":${kind},`, `{"kind":${kind},"apiVersion":${apiVersion},`]) {
    if (text.startsWith(head)) return `{${text.slice(head.length)}`
  }
  return printJson(bare(object))
}

function pieces(
  form: ResponseForm,
  head: Record<string, unknown>,
  member: string,
  items: readonly KubeObject[],
  value: (item: KubeObject) => unknown,
): Pieces<KubeObject> {
  const contentType = contentTypeOf(form)
  if (form.media === 'yaml') {
    // Members stand in the order of their names.
    const before = Object.fromEntries(Object.entries(head).filter(([key]) => key < member))
    const after = Object.fromEntries(Object.entries(head).filter(([key]) => key > member))
    const tail = Object.keys(after).length > 0 ? formatYaml(after) : ''
    const opening = Object.keys(before).length > 0 ? formatYaml(before) : ''
    if (items.length === 0) {
      return {
        contentType,
        head: `${opening}${formatYaml({ [member]: [] })}${tail}`,
        items,
        piece: () => '',
        separator: '',
        tail: '',
      }
    }
    return {
      contentType,
      head: `${opening}${member}:\n`,
      items,
      piece: (item) => formatYaml([value(item)]),
      separator: '',
      tail,
    }
  }
  if (form.pretty) {
    const opening = printJson({ ...head, [member]: [] }, 2).slice(0, -4)
    return {
      contentType,
      head: `${opening}[${items.length === 0 ? '' : '\n'}`,
      items,
      piece: (item) => `    ${printJson(value(item), 2).replaceAll('\n', '\n    ')}`,
      separator: ',\n',
      tail: items.length === 0 ? ']\n}\n' : '\n  ]\n}\n',
    }
  }
  return {
    contentType,
    head: openJson(head, member),
    items,
    piece: (item) => printJson(value(item)),
    separator: ',',
    tail: ']}\n',
  }
}

/** `{"a":1,"member":[` */
function openJson(head: Record<string, unknown>, member: string): string {
  return `${printJson({ ...head, [member]: [] }).slice(0, -3)}[`
}

function tableHead(form: ResponseForm, metadata: object): Record<string, unknown> {
  return { kind: 'Table', apiVersion: `meta.k8s.io/${form.metaVersion}`, metadata }
}

function rowOf(object: KubeObject, printer: TablePrinter, options: TransformOptions): Record<string, unknown> {
  const conditions = printer.conditions?.(object)
  const row = { cells: printer.cells(object, options.now()), ...(conditions && { conditions }) }
  switch (options.include) {
    case 'None':
      return { ...row, object: null }
    case 'Object':
      return { ...row, object }
    default:
      return { ...row, object: partialMetadata(object, options.form.metaVersion) }
  }
}

/** Metadata alone, as a kind of its own. */
export function partialMetadata(object: KubeObject, metaVersion: string): Record<string, unknown> {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${metaVersion}`, metadata: shownMetadata(object) }
}

/** Upstream has the generation of a DaemonSet's template in a field of its own type, which metadata alone does not show. */
function shownMetadata({ apiVersion, kind, metadata }: KubeObject): KubeObject['metadata'] {
  if (kind !== 'DaemonSet' || apiVersion !== 'apps/v1' || metadata.annotations === undefined) return metadata
  const { 'deprecated.daemonset.template.generation': _, ...annotations } = metadata.annotations
  const { annotations: __, ...rest } = metadata
  return Object.keys(annotations).length === 0 ? rest : { ...rest, annotations }
}

/** The object of a watch event. Only the first Table of a stream carries the columns. */
export function transformWatched(object: KubeObject, first: boolean, bookmark: boolean, options: TransformOptions): unknown {
  const { form } = options
  if (form.as !== 'Table') return transformObject(object, options)
  const printer = options.printer()
  return {
    ...tableHead(form, { resourceVersion: object.metadata.resourceVersion }),
    columnDefinitions: first ? printer.columns : null,
    rows: bookmark ? [] : [rowOf(object, printer, options)],
  }
}
