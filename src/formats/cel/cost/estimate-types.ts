import type { Expr } from '../syntax/syntax-tree.js'
import type { TypeNode } from '../types/type-node.js'

/** Between `min` and `max`; a uint64 that stays at its end instead of going over. */
export interface Range {
  readonly min: bigint
  readonly max: bigint
}

export interface CallEstimate {
  readonly cost: Range
  readonly size?: Range
}

/** An argument as cost rules see it. */
export interface SizedNode {
  readonly path: readonly string[]
  readonly type: TypeNode
  readonly expr?: Expr
  readonly size?: Range | undefined
}

export interface EstimateContext {
  /** What is known of a node's size; everything when nothing is. */
  sizeOf(node: SizedNode): Range
}

export const most = 0xffffffffffffffffn
export const unknownRange: Range = { min: 0n, max: most }

export function fixed(value: number | bigint): Range {
  return { min: BigInt(value), max: BigInt(value) }
}

function addUp(a: bigint, b: bigint): bigint {
  const sum = a + b
  return sum > most ? most : sum
}

function timesUp(a: bigint, b: bigint): bigint {
  const product = a * b
  return product > most ? most : product
}

function scaleUp(value: bigint, factor: number): bigint {
  const up = Math.ceil(Number(value) * factor)
  return up >= 2 ** 64 ? most : BigInt(up)
}

export function add(a: Range, b: Range): Range {
  return { min: addUp(a.min, b.min), max: addUp(a.max, b.max) }
}
export function times(a: Range, b: Range): Range {
  return { min: timesUp(a.min, b.min), max: timesUp(a.max, b.max) }
}
export function scale(a: Range, factor: number): Range {
  return { min: scaleUp(a.min, factor), max: scaleUp(a.max, factor) }
}
export function union(a: Range, b: Range): Range {
  return { min: a.min < b.min ? a.min : b.min, max: a.max > b.max ? a.max : b.max }
}
