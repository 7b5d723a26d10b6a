import { layOut, type Mark, type TextNode, type TextRecord } from './go-text.js'
import { type GoValue, quote } from './go-value.js'

/**
 * How two values of one type differ, as Go's comparer (github.com/google/go-cmp, its Diff) tells people in refusals. Long texts
 * that differ are shown whole, where the original shows which part of them does.
 */
export function goDiff(x: GoValue, y: GoValue): string {
  return layOut(diff(compare(x, y), 'emit'))
}

interface Comparison {
  readonly x: GoValue | undefined
  readonly y: GoValue | undefined
  readonly type: string
  readonly kind: GoValue['kind']
  readonly same: number
  readonly different: number
  readonly children: number
  readonly depth: number
  /** Of structs, slices and maps. */
  readonly records?: readonly (readonly [string | undefined, Comparison])[]
  readonly pointee?: Comparison
}

function compare(x: GoValue | undefined, y: GoValue | undefined): Comparison {
  const { type, kind } = (x ?? y) as GoValue
  const leaf = (isSame: boolean): Comparison => ({
    x,
    y,
    type,
    kind,
    same: isSame ? 1 : 0,
    different: isSame ? 0 : 1,
    children: 0,
    depth: 0,
  })
  if (x === undefined || y === undefined) return leaf(false)
  const node = (below: readonly Comparison[], rest: Partial<Comparison>): Comparison => ({
    x,
    y,
    type,
    kind,
    same: below.reduce((sum, each) => sum + each.same, 0),
    different: below.reduce((sum, each) => sum + each.different, 0),
    children: below.reduce((sum, each) => sum + each.children + 1, 0),
    depth: Math.max(0, ...below.map((each) => each.depth + 1)),
    ...rest,
  })
  if (x.isWhole || !['struct', 'pointer', 'slice', 'map'].includes(kind)) return leaf(isEqual(x, y))
  if (kind === 'struct') {
    const records = (x.fields ?? []).map(([name, value], index) => [name, compare(value, y.fields?.[index]?.[1])] as const)
    return node(
      records.map(([, each]) => each),
      { records },
    )
  }
  if (kind === 'pointer') {
    if (x.pointee === undefined || y.pointee === undefined) return leaf(x.pointee === y.pointee)
    const pointee = compare(x.pointee, y.pointee)
    return node([pointee], { pointee })
  }
  if (kind === 'slice') {
    if (x.items === undefined || y.items === undefined) return leaf(x.items === y.items)
    const records = pair(x.items, y.items).map(([a, b]) => [undefined, compare(a, b)] as const)
    return node(
      records.map(([, each]) => each),
      { records },
    )
  }
  if (x.entries === undefined || y.entries === undefined) return leaf(x.entries === y.entries)
  const before = new Map(x.entries)
  const after = new Map(y.entries)
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort()
  const records = keys.map((key) => [key, compare(before.get(key), after.get(key))] as const)
  return node(
    records.map(([, each]) => each),
    { records },
  )
}

function isEqual(x: GoValue, y: GoValue): boolean {
  return x.text === y.text && x.isZero === y.isZero
}

/** Which element became which: a shortest way from one list to the other, where what is alike counts as changed. */
function pair(x: readonly GoValue[], y: readonly GoValue[]): (readonly [GoValue | undefined, GoValue | undefined])[] {
  if (x.length * y.length > 4096)
    return [...x.map((each) => [each, undefined] as const), ...y.map((each) => [undefined, each] as const)]
  const cost = (a: GoValue, b: GoValue): number => {
    const { same, different } = compare(a, b)
    if (different === 0) return 0
    return same + 1 >= different ? 1 : Number.POSITIVE_INFINITY
  }
  const best: number[][] = Array.from({ length: x.length + 1 }, () => new Array<number>(y.length + 1).fill(0))
  const at = (i: number, j: number) => best[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = x.length; i >= 0; i--) {
    for (let j = y.length; j >= 0; j--) {
      if (i === x.length || j === y.length) (best[i] as number[])[j] = x.length - i + y.length - j
      else
        (best[i] as number[])[j] = Math.min(
          at(i + 1, j + 1) + cost(x[i] as GoValue, y[j] as GoValue),
          at(i + 1, j) + 1,
          at(i, j + 1) + 1,
        )
    }
  }
  const pairs: (readonly [GoValue | undefined, GoValue | undefined])[] = []
  for (let i = 0, j = 0; i < x.length || j < y.length; ) {
    const both =
      i < x.length && j < y.length ? at(i + 1, j + 1) + cost(x[i] as GoValue, y[j] as GoValue) : Number.POSITIVE_INFINITY
    if (both === at(i, j)) pairs.push([x[i++], y[j++]])
    else if (i < x.length && at(i + 1, j) + 1 === at(i, j)) pairs.push([x[i++], undefined])
    else pairs.push([undefined, y[j++]])
  }
  return pairs
}

type TypeMode = 'emit' | 'auto' | 'elide'
type DiffMode = Mark | 'same'

function diff(node: Comparison, types: TypeMode, mode: DiffMode = ''): TextNode {
  const verbosity = mode === 'same' ? 1 : 3
  if (node.depth === 0) {
    if (mode === '-') return shown(node.x, types, mode, verbosity) as TextNode
    if (mode === '+') return shown(node.y, types, mode, verbosity) as TextNode
    if (node.different === 0) return shown(node.x, types, 'same', verbosity) as TextNode
    const records: TextRecord[] = []
    if (node.x !== undefined) records.push({ mark: '-', value: shown(node.x, 'elide', mode, verbosity) as TextNode })
    if (node.y !== undefined) records.push({ mark: '+', value: shown(node.y, 'elide', mode, verbosity) as TextNode })
    return withType(node.type, node.kind, { records }, 'emit', mode)
  }
  if (node.pointee !== undefined) return { prefix: '&', value: diff(node.pointee, types, mode), suffix: '' }
  const list: TextNode = { prefix: '{', value: { records: diffRecords(node, mode, verbosity) }, suffix: '}' }
  return withType(node.type, node.kind, list, types, mode)
}

const kinds = { struct: 'field', slice: 'element', map: 'entry' } as const

function diffRecords(node: Comparison, mode: DiffMode, verbosity: number): TextRecord[] {
  const records = node.records ?? []
  const below: TypeMode = node.kind === 'struct' ? 'auto' : 'elide'
  if (mode !== '') {
    const most = mode === 'same' ? ((1 << verbosity) >> 1) << 2 : (1 << verbosity) << 1
    const list: TextRecord[] = []
    for (const [key, each] of records) {
      if (list.length === most) return [...list, ellipsis()]
      const value = mode === '+' ? each.y : each.x
      if (value === undefined || (node.kind === 'struct' && value.isZero)) continue
      list.push({ ...keyed(key), value: diff(each, below, mode) })
    }
    return list
  }
  const list: TextRecord[] = []
  const groups = grouped(records)
  for (const [place, group] of groups.entries()) {
    if (group[0]?.[1].different === 0) {
      let first = place === 0 ? 0 : Math.min(2, group.length)
      let last = place === groups.length - 1 ? 0 : Math.min(2, group.length - first)
      if (group.length - first - last === 1) last++
      first = Math.min(first, group.length)
      const identical = (each: (typeof group)[number]): TextRecord => ({ ...keyed(each[0]), value: diff(each[1], below, 'same') })
      list.push(...group.slice(0, first).map(identical))
      const left = group.length - first - last
      const name = kinds[node.kind as keyof typeof kinds]
      const plural = left === 1 ? name : name === 'entry' ? 'entries' : `${name}s`
      if (left > 0) list.push({ ...ellipsis(), comment: `${left} identical ${plural}` })
      list.push(...group.slice(group.length - last).map(identical))
      continue
    }
    for (const [key, each] of group) {
      if (each.children !== each.depth) {
        list.push({ ...keyed(key), value: diff(each, below) })
        continue
      }
      if (each.x !== undefined) list.push({ mark: '-', ...keyed(key), value: diff(each, below, '-') })
      if (each.y !== undefined) list.push({ mark: '+', ...keyed(key), value: diff(each, below, '+') })
    }
  }
  return list
}

type Keyed = readonly [string | undefined, Comparison]

function grouped(records: readonly Keyed[]): Keyed[][] {
  const groups: Keyed[][] = []
  for (const record of records) {
    const last = groups.at(-1)
    const isSame = record[1].different === 0
    if (last === undefined || (last[0]?.[1].different === 0) !== isSame) groups.push([record])
    else last.push(record)
  }
  return groups
}

function keyed(key: string | undefined): { key?: string } {
  return key === undefined ? {} : { key }
}

function ellipsis(): TextRecord {
  return { value: '...', isEllipsis: true }
}

/** A value alone; undefined when there is none. The deeper, the less of it. */
function shown(value: GoValue | undefined, types: TypeMode, mode: DiffMode, verbosity: number): TextNode | undefined {
  if (value === undefined) return undefined
  const { type, kind, pointee, items, entries, fields } = value
  const most = ((1 << Math.max(verbosity, 0)) >> 1) << 2
  const below = verbosity - 1
  const limited = <T>(all: readonly T[], record: (each: T) => TextRecord): TextRecord[] =>
    all.length > most ? [...all.slice(0, most).map(record), ellipsis()] : all.map(record)
  const braces = (records: TextRecord[]): TextNode => ({ prefix: '{', value: { records }, suffix: '}' })
  switch (kind) {
    case 'string':
      return cut(value.text, verbosity)
    case 'time':
      return `s${quote(value.text)}`
    case 'pointer':
      if (pointee === undefined) return 'nil'
      return { prefix: '&', value: shown(pointee, types, mode, verbosity) as TextNode, suffix: '' }
    case 'struct': {
      const set = (fields ?? []).filter(([, each]) => !each.isZero)
      const records = limited(set, ([key, each]) => ({ key, value: shown(each, 'auto', mode, below) as TextNode }))
      return withType(type, kind, braces(records), types, mode)
    }
    case 'slice': {
      if (items === undefined) return 'nil'
      const records = limited(items, (each) => ({ value: shown(each, 'elide', mode, below) as TextNode }))
      return withType(type, kind, braces(records), types, mode)
    }
    case 'map': {
      if (entries === undefined) return 'nil'
      const records = limited(entries, ([key, each]) => ({ key, value: shown(each, 'elide', mode, below) as TextNode }))
      return withType(type, kind, braces(records), types, mode)
    }
    default:
      return value.text
  }
}

function cut(text: string, verbosity: number): string {
  const most = (1 << Math.max(verbosity, 0)) << 5
  return text.length > most + 3 ? `${quote(text.slice(0, most))}...` : quote(text)
}

function withType(type: string, kind: GoValue['kind'], node: TextNode, types: TypeMode, mode: DiffMode): TextNode {
  if (types === 'elide') return node
  if (types === 'auto' && (mode === 'same' || !['struct', 'slice', 'map'].includes(kind))) return node
  const hasBraces = typeof node === 'object' && 'prefix' in node && node.prefix === '{'
  return { prefix: type, value: hasBraces ? node : { prefix: '(', value: node, suffix: ')' }, suffix: '' }
}
