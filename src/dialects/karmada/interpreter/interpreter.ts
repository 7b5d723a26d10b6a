import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Fields } from '../fields.js'
import { aggregateStatus, type StatusItem } from './aggregate-status.js'
import { type DependentReference, dependentsOf } from './dependencies.js'
import { healthOf, type ResourceHealth } from './health.js'
import { reflectStatus } from './reflect-status.js'
import { replicaRequirements, replicasOf } from './replicas.js'

/** How objects of a kind are read and written. Never throws: what a script gets wrong counts as if the kind were unknown. */
export interface Interpreter {
  /** Undefined: the kind has no replicas. */
  replicas(object: KubeObject): number | undefined
  /** What one replica asks of a node. */
  requirements(object: KubeObject): Fields | undefined
  health(live: KubeObject): ResourceHealth
  /** What goes back to the hub of a copy's status; undefined for nothing. */
  reflect(live: KubeObject): Fields | undefined
  /** A merge patch of the template's status; undefined to leave it. */
  aggregate(template: KubeObject, items: readonly StatusItem[], nowText: string): Fields | undefined
  dependencies(object: KubeObject): readonly DependentReference[]
}

/** What Karmada knows of the kinds of Kubernetes. */
export const nativeInterpreter: Interpreter = {
  replicas: replicasOf,
  requirements: replicaRequirements,
  health: healthOf,
  reflect: reflectStatus,
  aggregate: aggregateStatus,
  dependencies: dependentsOf,
}
