import type { Duplex, Readable, Writable } from 'node:stream'
import type { KubeObject } from '../kube/object/kube-object.js'

/**
 * Reaches into the containers of pods, for the subresources log, exec, attach, portforward and proxy. The caller has
 * authorised the request and checked that the pod exists and the container is one of its; `pod` is its current state.
 * Failures are StatusErrors with upstream's texts (BadRequest: the container is not running yet ...).
 */
export interface PodAccess {
  /** The log as bytes; ends at once without `follow`, otherwise when the container has ended or the reader destroys it. */
  log(cluster: string, pod: KubeObject, options: PodLogOptions): Promise<Readable>
  /** Starts a command in the container. */
  exec(cluster: string, pod: KubeObject, options: ExecOptions): Promise<ContainerSession>
  /** Joins the main process of the container: its output from now on, its input where it takes any. */
  attach(cluster: string, pod: KubeObject, options: AttachOptions): Promise<ContainerSession>
  /** A TCP connection to a port of the pod. */
  connect(cluster: string, pod: KubeObject, port: number): Promise<Duplex>
  /** What the containers of the pod with this uid use now; undefined when nothing can be measured. */
  usage?(cluster: string, uid: string): readonly MeasuredUsage[] | undefined
}

export interface MeasuredUsage {
  readonly container: string
  /** Processor time since the container was started. */
  readonly cpuMs: number
  readonly memoryBytes: number
}

/** As in core/v1 PodLogOptions. */
export interface PodLogOptions {
  readonly container: string
  readonly follow: boolean
  /** Of the instance before the last restart. */
  readonly previous: boolean
  readonly timestamps: boolean
  readonly tailLines?: number
  readonly limitBytes?: number
  /** Epoch ms: lines from then on. */
  readonly sinceMs?: number
  readonly stream: 'All' | 'Stdout' | 'Stderr'
}

export interface AttachOptions {
  readonly container: string
  readonly stdin: boolean
  readonly stdout: boolean
  /** Never together with `tty`: a terminal has one output. */
  readonly stderr: boolean
  readonly tty: boolean
}

export interface ExecOptions extends AttachOptions {
  readonly command: readonly string[]
}

/** A running command, or the main process that was joined. */
export interface ContainerSession {
  readonly stdin?: Writable
  readonly stdout?: Readable
  readonly stderr?: Readable
  /** Columns and rows of the client's terminal (only with tty). */
  resize(size: { width: number; height: number }): void
  /** How the command ended; for attach, when the container ended or the session was closed (then code 0). */
  readonly ended: Promise<{ readonly code: number }>
  /** The client has gone: ends the command, leaves an attached process alone. */
  close(): void
}
