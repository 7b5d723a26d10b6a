import type { Readable, Writable } from 'node:stream'
import type { LocalCommand } from '../image-table.js'
import type { ServerSpec } from './messages.js'

/** Starts the processes of containers. The only place of a fleet where programs are started for pods. */
export interface Launcher {
  /** Rejects when the process cannot be started. */
  launch(wish: LaunchWish): Promise<RunningContainer>
  /** Ends everything that still runs, at once. */
  stop(): Promise<void>
}

export type LaunchWish = { readonly directory: string } & (
  | { readonly kind: 'built-in'; readonly spec: ServerSpec }
  | {
      readonly kind: 'local'
      readonly command: LocalCommand
      readonly args: readonly string[]
      /** The pod's variables; those that change what a program loads are left out by the launcher. */
      readonly env: Readonly<Record<string, string>>
      readonly address: string
      /** A directory in which the mounts are found at their paths. */
      readonly root: string
      readonly stdin: boolean
    }
)

export interface RunningContainer {
  readonly pid: number
  readonly stdout: Readable
  readonly stderr: Readable
  /** Where the container takes input. */
  readonly stdin?: Writable
  readonly ended: Promise<{ readonly code: number; readonly signal?: number }>
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
  /** Starts a command in the container. Throws when the image does not allow it. */
  exec(command: readonly string[], options: { stdin: boolean; tty: boolean }): RunningCommand
  resize(size: { width: number; height: number }): void
}

export interface RunningCommand {
  readonly stdin?: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly ended: Promise<{ readonly code: number }>
  resize(size: { width: number; height: number }): void
  cancel(): void
}
