import type { BuiltInName } from '../image-table.js'

/** What a container's process is told first. Its variables are data, never its own: they could make Node load a file. */
export interface ServerSpec {
  readonly server: BuiltInName
  readonly image: string
  /** Of the image; an exec in an image with a shell may start more. */
  readonly command: readonly string[]
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingDir: string
  readonly root: string
  readonly mounts: readonly Mount[]
  /** The root is read-only but for these files. */
  readonly writable?: readonly string[]
  /** As whom the container is said to run. It is the user of the fleet in truth. */
  readonly user?: { readonly id: number; readonly group: number; readonly groups: readonly number[] }
  readonly address: string
  readonly hostname: string
  readonly ports: readonly number[]
  /** Added to ports below 1024 on loopback addresses; 0 where they can be bound. */
  readonly lowPortOffset: number
  readonly nameServer?: { readonly address: string; readonly port: number }
  readonly searchDomains: readonly string[]
  readonly stdin: boolean
  readonly tty: boolean
}

export interface Mount {
  /** Absolute, inside the container. */
  readonly path: string
  readonly directory: string
  readonly readOnly: boolean
  /** The volume is to be held in memory. It is a directory like others. */
  readonly inMemory?: boolean
  /** Whose files the volume's are (fsGroup). */
  readonly group?: number
}

/** From the fleet to a container's process. `id` 0 is the main program. */
export type ToContainer =
  | { readonly type: 'start'; readonly spec: ServerSpec }
  | {
      readonly type: 'exec'
      readonly id: number
      readonly command: readonly string[]
      readonly stdin: boolean
      readonly tty: boolean
    }
  /** Without data: the end of the input. */
  | { readonly type: 'input'; readonly id: number; readonly data?: Uint8Array }
  | { readonly type: 'resize'; readonly id: number; readonly width: number; readonly height: number }
  /** Output may wait, or go on: its reader is slow. */
  | { readonly type: 'pause' | 'resume'; readonly id: number }
  /** Whoever asked for it has gone. */
  | { readonly type: 'cancel'; readonly id: number }

export type FromContainer =
  /** The process is there and begins with its main program. */
  | { readonly type: 'ready' }
  | { readonly type: 'output'; readonly id: number; readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array }
  | { readonly type: 'ended'; readonly id: number; readonly code: number }
