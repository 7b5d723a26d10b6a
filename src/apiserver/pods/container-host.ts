import type { Clock } from '../../base/clock.js'
import type { Random } from '../../base/random.js'
import type { Container, Pod } from './pod-types.js'
import type { Launcher, LaunchWish } from './process/launcher.js'

/** What a container needs from its pod. */
export interface ContainerHost {
  readonly pod: Pod
  readonly hasInit: boolean
  readonly clock: Clock
  readonly random: Random
  readonly launcher: Launcher
  /** Of the pod's files. */
  readonly directory: string
  readonly address: string
  readonly graceSeconds: number
  readonly boundPort: (port: number) => number
  /** The pod is gone: what starts now is to end at once. */
  readonly disposed: boolean
  nowText(): string
  /** Everything that a start takes; throws ConfigProblem or MountProblem when something is missing. */
  prepare(container: Container): Promise<Prepared>
  record(type: 'Normal' | 'Warning', reason: string, message: string, container: { name: string; list: string }): void
  /** The status has to be written. */
  changed(): void
  /** Something has happened that the pod has to look at. */
  poke(): void
  /** A failure that is nobody's mistake but ours. */
  report(error: unknown): void
}

export interface Prepared {
  readonly wish: LaunchWish
  readonly root: string
}
