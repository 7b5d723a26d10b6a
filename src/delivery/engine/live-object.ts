import type { KubeObject } from '../../kube/object/kube-object.js'
import type { Directives, Permission } from '../directives.js'
import type { Health } from '../health/contract.js'
import { healthOf } from '../health/health.js'
import { versionOfObject } from './desired-entry.js'

/** What is kept of an object on a cluster: enough to decide, a fraction of its size. */
export interface LiveObject {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly version: string
  /** Values of tracking annotations, by annotation. */
  readonly marks: Readonly<Record<string, string>>
  readonly health: Health | undefined
  readonly wave: number
  readonly deleting: boolean
  readonly hook: boolean
  /** It has an owner on the cluster, which made it and will remove it. */
  readonly owned: boolean
  readonly ignoreHealth: boolean
  readonly ignoreExtraneous: boolean
  readonly prune: Permission
  readonly pruneLast: boolean
  readonly delete: Permission
}

const noMarks: Readonly<Record<string, string>> = {}

/** `marks`: the tracking annotations that are known. */
export function liveObjectOf(object: KubeObject, directives: Directives, marks: Iterable<string>): LiveObject {
  const { metadata } = object
  let own: Record<string, string> | undefined
  for (const annotation of marks) {
    const value = metadata.annotations?.[annotation]
    if (value !== undefined) (own ??= {})[annotation] = value
  }
  const asked = directives.read(object)
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    version: versionOfObject(object),
    marks: own ?? noMarks,
    health: healthOf(object),
    wave: asked.wave,
    deleting: metadata.deletionTimestamp !== undefined,
    hook: asked.hook !== undefined,
    owned: (metadata.ownerReferences?.length ?? 0) > 0,
    ignoreHealth: asked.ignoresHealth,
    ignoreExtraneous: asked.ignoreExtraneous,
    prune: asked.prune,
    pruneLast: asked.pruneLast,
    delete: asked.delete,
  }
}

/** True when there is a difference that a status could tell of. */
export function looksDifferent(a: LiveObject, b: LiveObject): boolean {
  return (
    a.uid !== b.uid ||
    a.health?.status !== b.health?.status ||
    a.health?.message !== b.health?.message ||
    a.deleting !== b.deleting ||
    a.hook !== b.hook ||
    a.wave !== b.wave ||
    a.prune !== b.prune ||
    a.delete !== b.delete ||
    a.ignoreHealth !== b.ignoreHealth ||
    a.ignoreExtraneous !== b.ignoreExtraneous ||
    !sameMarks(a.marks, b.marks)
  )
}

function sameMarks(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
