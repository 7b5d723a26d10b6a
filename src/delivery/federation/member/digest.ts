import { createHash } from 'node:crypto'
import { canonicalJson } from '../../../base/json.js'
import type { Desired } from '../contract.js'

const known = new WeakMap<object, string>()

/** A short digest of JSON data: the same for the same data, whatever the order of keys. Data that is shared is read once. */
export function digestOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return digestText(canonicalJson(value))
  let digest = known.get(value)
  if (digest === undefined) known.set(value, (digest = digestText(canonicalJson(value))))
  return digest
}

export function digestText(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** What is written to a cluster: a copy that carries this digest is what was wanted. */
export function digestOfDesired({ object, rules }: Desired): string {
  const { labels, annotations, retain, onRemoval, propagation } = rules
  return digestText(`${digestOf(object)} ${canonicalJson({ labels, annotations, retain, onRemoval, propagation })}`)
}
