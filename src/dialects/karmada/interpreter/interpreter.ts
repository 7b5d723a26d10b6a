import { withReplicas } from '../../../delivery/placement/replicas-of.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Fields } from '../fields.js'
import { aggregateStatus, type StatusItem } from './aggregate-status.js'
import { type DependentReference, dependentsOf } from './dependencies.js'
import { healthOf, type ResourceHealth } from './health.js'
import { reflectStatus } from './reflect-status.js'
import { replicaRequirements, replicasOf } from './replicas.js'

/** How objects of a kind are read and written. What a script gets wrong counts as if there were none, and is told. */
export interface Interpreter {
  /** Undefined: the kind has no replicas. */
  replicas(object: KubeObject): number | undefined
  /** What one replica asks of a node. */
  requirements(object: KubeObject): Fields | undefined
  /** The object with so many replicas. Throws where a script should do it and fails: a wrong number is worse than none. */
  revise(object: KubeObject, replicas: number): KubeObject
  health(live: KubeObject): ResourceHealth
  /** What goes back to the hub of a copy's status; undefined for nothing. */
  reflect(live: KubeObject): Fields | undefined
  /** A merge patch of the template's status; undefined to leave it. */
  aggregate(template: KubeObject, items: readonly StatusItem[], nowText: string): Fields | undefined
  dependencies(object: KubeObject): readonly DependentReference[]
  /** Whether anything can name an object of the kind as what it needs. */
  mayFollow(object: KubeObject): boolean
  /** What scripts for the kind of an object have failed with. */
  problems?(object: KubeObject): readonly string[]
}

/** What pods and Ingresses name. */
export const dependencyKinds: ReadonlySet<string> = new Set(['ConfigMap', 'Secret', 'PersistentVolumeClaim', 'ServiceAccount'])

/** What Karmada knows of the kinds of Kubernetes. */
export const nativeInterpreter: Interpreter = {
  replicas: replicasOf,
  requirements: replicaRequirements,
  revise: (object, replicas) => (replicasOf(object) === undefined ? object : withReplicas(object, replicas)),
  health: healthOf,
  reflect: reflectStatus,
  aggregate: aggregateStatus,
  dependencies: dependentsOf,
  mayFollow: ({ apiVersion, kind }) => apiVersion === 'v1' && dependencyKinds.has(kind),
}
