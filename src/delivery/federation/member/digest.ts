import { createHash } from 'node:crypto'
import { canonicalJson, isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { replicasField } from '../../placement/replicas-of.js'
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

/** What is written to a cluster: a copy that carries this digest is what was wanted. Replicas that the cluster keeps have no say. */
export function digestOfDesired({ object, rules }: Desired): string {
  const { labels, annotations, retain, onRemoval, propagation } = rules
  const counted = retain.includes('replicas') ? digestText(canonicalJson(withoutReplicas(object))) : digestOf(object)
  return digestText(`${counted} ${canonicalJson({ labels, annotations, retain, onRemoval, propagation })}`)
}

function withoutReplicas(object: KubeObject): KubeObject {
  const field = replicasField(object)
  const { spec } = object
  return field === undefined || !isObject(spec) ? object : { ...object, spec: { ...spec, [field]: undefined } }
}
