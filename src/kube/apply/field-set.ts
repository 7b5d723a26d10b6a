import { comparePathElements, formatPathElement, type PathElement } from './path-element.js'

/**
 * A set of field paths as a tree. `member` says that the path that ends here is in the set; `children` are longer paths.
 * Invariant: every node is a member or has children. Sets are shared and never changed once built; operations give an
 * operand back when the result equals it, so that identity tells that nothing changed.
 */
export type FieldSet = ReadonlyMap<PathElement, FieldSetNode>

export interface FieldSetNode {
  readonly member: boolean
  readonly children: FieldSet
}

export const emptyFieldSet: FieldSet = new Map()

const leafNode: FieldSetNode = { member: true, children: emptyFieldSet }

/** The node of a path in the set, with its longer paths. Leaves are shared. */
export function fieldSetNode(member: boolean, children: FieldSet): FieldSetNode {
  return member && children.size === 0 ? leafNode : { member, children }
}

export function hasPath(set: FieldSet, path: readonly PathElement[]): boolean {
  let node: FieldSetNode | undefined
  for (const element of path) {
    node = (node === undefined ? set : node.children).get(element)
    if (node === undefined) return false
  }
  return node?.member ?? false
}

/** The set of the given paths. */
export function fieldSetOf(paths: Iterable<readonly PathElement[]>): FieldSet {
  let set = emptyFieldSet
  for (const path of paths) set = union(set, singlePath(path, 0))
  return set
}

function singlePath(path: readonly PathElement[], from: number): FieldSet {
  if (from >= path.length) return emptyFieldSet
  const last = from === path.length - 1
  return new Map([[path[from] as PathElement, fieldSetNode(last, last ? emptyFieldSet : singlePath(path, from + 1))]])
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || b.size === 0) return a
  if (a.size === 0) return b
  let result: Map<PathElement, FieldSetNode> | undefined
  for (const [element, right] of b) {
    const left = a.get(element)
    let node = right
    if (left !== undefined) {
      if (left === right) continue
      const children = union(left.children, right.children)
      if (children === left.children && (left.member || !right.member)) continue
      node = fieldSetNode(left.member || right.member, children)
    }
    result ??= new Map(a)
    result.set(element, node)
  }
  return result ?? a
}

/** What is in `a` and not in `b`; a path stays when only longer or shorter ones are in `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return emptyFieldSet
  if (a.size === 0 || b.size === 0) return a
  let result: Map<PathElement, FieldSetNode> | undefined
  const few = b.size < a.size
  for (const element of few ? b.keys() : a.keys()) {
    const left = a.get(element)
    const right = b.get(element)
    if (left === undefined || right === undefined) continue
    const children = difference(left.children, right.children)
    const member = left.member && !right.member
    if (children === left.children && member === left.member) continue
    result ??= new Map(a)
    if (member || children.size > 0) result.set(element, fieldSetNode(member, children))
    else result.delete(element)
  }
  return result ?? a
}

/** As `difference`, but a path in `b` takes all longer ones with it. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0 || b.size === 0) return a
  let result: Map<PathElement, FieldSetNode> | undefined
  for (const [element, right] of b) {
    const left = a.get(element)
    if (left === undefined) continue
    const children = right.member ? emptyFieldSet : recursiveDifference(left.children, right.children)
    const member = left.member && !right.member
    if (children === left.children && member === left.member) continue
    result ??= new Map(a)
    if (member || children.size > 0) result.set(element, fieldSetNode(member, children))
    else result.delete(element)
  }
  return result ?? a
}

export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || a.size === 0) return a
  if (b.size === 0) return b
  const [few, many] = a.size <= b.size ? [a, b] : [b, a]
  const result = new Map<PathElement, FieldSetNode>()
  for (const [element, left] of few) {
    const right = many.get(element)
    if (right === undefined) continue
    const children = intersection(left.children, right.children)
    const member = left.member && right.member
    if (member || children.size > 0) result.set(element, fieldSetNode(member, children))
  }
  return result.size === 0 ? emptyFieldSet : result
}

export function equalFieldSets(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [element, left] of a) {
    const right = b.get(element)
    if (right === undefined) return false
    if (left !== right && (left.member !== right.member || !equalFieldSets(left.children, right.children))) return false
  }
  return true
}

/** The members that have no longer member below them. */
export function leaves(set: FieldSet): FieldSet {
  const result = new Map<PathElement, FieldSetNode>()
  for (const [element, node] of set) {
    result.set(element, node.children.size === 0 ? leafNode : fieldSetNode(false, leaves(node.children)))
  }
  return result
}

/** Every path in the set as steps: the members of a node, in canonical order, before the longer paths. */
export function* pathsOf(set: FieldSet, prefix: readonly PathElement[] = []): Generator<readonly PathElement[]> {
  const elements = [...set.keys()].sort(comparePathElements)
  for (const element of elements) if (set.get(element)?.member) yield [...prefix, element]
  for (const element of elements) {
    const { children } = set.get(element) as FieldSetNode
    if (children.size > 0) yield* pathsOf(children, [...prefix, element])
  }
}

/** `.spec.template.spec.containers[name="web"].image` */
export function formatFieldPath(path: readonly PathElement[]): string {
  return path.map(formatPathElement).join('')
}
