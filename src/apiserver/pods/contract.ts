import type { Clock } from '../../base/clock.js'
import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ClusterChange, LogicalCluster, LogicalClusters, NetworkOf } from '../contract.js'
import type { PodAccess } from '../pod-access.js'
import type { ImageTable } from './image-table.js'
import type { Launcher } from './process/launcher.js'

/**
 * Pods whose containers are processes of this machine. The kubelet asks where a pod belongs, hands over those that are to be
 * processes, and is called back when their status may have changed; everything else stays with the simulation.
 */
export interface ProcessPods extends PodAccess {
  /** Decided once for the life of a pod in this process: its images, and whether there is room for it. */
  placeOf(cluster: string, pod: KubeObject): PodPlace
  /** Changes of pods, ConfigMaps, Secrets and PersistentVolumeClaims: be quick. */
  hear(change: ClusterChange): void
  /** Brings a process pod in order and writes its status; confirms its deletion once everything in it has ended. */
  reconcile(cluster: LogicalCluster, pod: KubeObject, write: PodWriter): Promise<void>
  /** Is called with the key of every pod whose status may have changed. */
  onChange(listener: (cluster: string, key: string) => void): void
  /** The machine of a node is without power: what runs on it ends at once, and starts again when its pods are reconciled. */
  halt(cluster: string, node: string): void
  /** The cluster is gone, and with it all its pods. */
  forget(cluster: string): void
  /** What the containers of a pod use now; undefined when it has no processes. */
  usage(cluster: string, uid: string): readonly ContainerUsage[] | undefined
  /** Ends every process and removes what the pods had on disk. */
  stop(): Promise<void>
}

/** `none`: nobody here runs it; it stays Pending for a kubelet outside. */
export type PodPlace = 'simulated' | 'process' | 'none'

export interface ContainerUsage {
  readonly container: string
  /** Processor time since the container was started. */
  readonly cpuMs: number
  /** Resident memory. */
  readonly memoryBytes: number
  /** Resident memory without what is shared with other processes, such as the program itself. */
  readonly ownMemoryBytes: number
}

/** The part of a controller's Writer that pods need. */
export interface PodWriter {
  status<T extends KubeObject>(before: T, after: T): Promise<T>
  delete(object: KubeObject, options?: { gracePeriodSeconds?: number }): Promise<void>
}

export interface ProcessPodsOptions {
  readonly clusters: LogicalClusters
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly images: ImageTable
  readonly networkOf: NetworkOf
  /** Starts processes; tests pass one that starts none. */
  readonly launcher: Launcher
  /** Where pods have their files (made if need be, mode 0700). What an earlier process left there is removed. */
  readonly directory: string
  /** Where claims have theirs: a directory for each, removed with its claim. Undefined: pods with claims are not started. */
  readonly claimDirectory?: (cluster: string, claim: KubeObject) => string
  /** Processes at the same time, over all clusters (default 64). */
  readonly mostProcesses?: number
  /** The port to bind for a port that a pod names. */
  readonly boundPort: (port: number) => number
  /** The annotation that says which ports are bound instead of those that a pod names. */
  readonly boundPortsAnnotation: string
  /** The name server of a cluster, for the built-in images. */
  readonly nameServerOf?: (cluster: string) => { readonly address: string; readonly port: number } | undefined
}
