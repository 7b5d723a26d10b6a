import { createHash } from 'node:crypto'
import { printJson } from '../../../base/json-text.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Resource } from '../resource.js'
import type { WriteRequest } from './write-request.js'

interface Applied {
  readonly resource: Resource
  readonly manager: string
  readonly subresource: string
  readonly digest: string
}

/**
 * What was applied last to the state that an object is in. Delivery applies the same manifests over and over; the same apply
 * to the same state gives the same state, so the second one need not be computed. Goes with the object's state.
 */
const lastApplied = new WeakMap<KubeObject, Applied>()

/** Identifies a configuration by its text. Two spellings of the same configuration are two. */
export function digestOf(applied: KubeObject): string {
  return createHash('sha1').update(printJson(applied)).digest('base64')
}

/** True when the same manager's apply of the same configuration has left (or made) the object as it is. */
export function isAppliedAlready(request: WriteRequest, live: KubeObject, digest: string): boolean {
  const last = lastApplied.get(live)
  return (
    last !== undefined &&
    last.digest === digest &&
    last.resource === request.resource &&
    last.manager === request.options.fieldManager &&
    last.subresource === request.subresource
  )
}

/** The apply has given this state, and stored it. */
export function rememberApplied(request: WriteRequest, state: KubeObject, digest: string): void {
  const { resource, subresource, options } = request
  lastApplied.set(state, { resource, subresource, digest, manager: options.fieldManager ?? '' })
}
