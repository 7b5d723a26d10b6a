import type { Clock } from '../../../../base/clock.js'
import type { VirtualFiles } from '../virtual-files.js'
import type { Sink, Source } from './streams.js'

/** What a container's programs share. */
export interface ContainerWorld {
  readonly files: VirtualFiles
  readonly clock: Clock
  readonly hostname: string
  readonly user: { readonly id: number; readonly group: number; readonly groups: readonly number[] }
  readonly address: string
  /** The port to bind or dial for a port of an address of this machine's fleets. */
  readonly boundPort: (port: number) => number
  /** Addresses of a name, through the cluster's name server and search list. */
  resolve(name: string): Promise<readonly string[]>
  /** What runs in the container, for ps and kill; the main program has id 1. */
  readonly processes: Map<number, ProcessEntry>
  nextProcess(): number
  readonly searchDomains: readonly string[]
  readonly nameServer: string | undefined
  /** Ends the container's main program with this code. */
  exit(code: number): void
}

export interface ProcessEntry {
  readonly id: number
  readonly command: string
  readonly startedMs: number
  signal(name: string): void
}

/** The surroundings of one running command. */
export interface CommandContext {
  readonly world: ContainerWorld
  readonly stdin: Source
  readonly stdout: Sink
  readonly stderr: Sink
  readonly env: ReadonlyMap<string, string>
  readonly cwd: string
  readonly tty: boolean
  /** Aborts when the command is to end. */
  readonly signal: AbortSignal
  /** Who handles ^C on the terminal; without anybody it ends the command. */
  readonly interrupts?: Set<() => void>
}

/** A tool: arguments without its own name; the exit code. */
export type Applet = (args: readonly string[], context: CommandContext) => Promise<number>
