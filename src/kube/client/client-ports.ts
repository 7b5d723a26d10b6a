import type { Clock } from '../../base/clock.js'
import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'

/** What clients of real clusters take from outside. */
export interface ClientPorts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of a file; rejects with an error of code ENOENT when there is none. */
  readonly readFile: (path: string) => Promise<string>
  readonly runProcess: RunProcess
  /** Plain HTTPS for cloud APIs (AWS STS). Rejects only when there is no answer. */
  readonly fetch: FetchPort
}

/** Runs a program (never a shell) and collects its output. Rejects when it cannot be started (ENOENT ...) or times out. */
export type RunProcess = (request: {
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}) => Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>

export type FetchPort = (request: {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}) => Promise<{ readonly status: number; readonly body: string }>
