import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../test/support/peers/free-ports.js'
import type { DriveOrder, DriveResult } from './api-drive.support.js'
import type { ServeOrder } from './serve-embedded.support.js'

const here = dirname(fileURLToPath(import.meta.url))

/** An API server under measurement, in processes of its own. */
export interface Server {
  readonly port: number
  readonly token: string
  /** From its start to its first answer. */
  readonly startMs: number
  /** Resident memory of all its processes, bytes. */
  rss(): Promise<number>
  stop(): Promise<void>
}

export interface EmbeddedServer extends Server {
  order<T = object>(order: ServeOrder): Promise<T>
}

/** Drives a server from a process of its own. */
export function drive(order: DriveOrder): Promise<DriveResult> {
  const child = fork(join(here, 'api-drive.support.js'))
  child.send(order)
  return new Promise((done) =>
    child.once('message', (result) => {
      child.kill()
      done(result as DriveResult)
    }),
  )
}

/** An embedded API server in a process of its own, with files in a temporary directory; every write waits for the disk. */
export async function startOurs(): Promise<EmbeddedServer> {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-bench-'))
  const [port] = await freePorts(1)
  const begin = performance.now()
  const child = forkServer()
  const { token } = await ask<{ token: string }>(child, { kind: 'start', directory, port: port!, sync: true })
  return {
    port: port!,
    token,
    startMs: performance.now() - begin,
    rss: () => Promise.resolve(rssOf(child.pid!)),
    order: (order) => ask(child, order),
    async stop() {
      child.kill('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function forkServer(): ChildProcess {
  return fork(join(here, 'serve-embedded.support.js'), { execArgv: ['--expose-gc'] })
}

function ask<T = object>(child: ChildProcess, order: ServeOrder): Promise<T> {
  return new Promise((done, fail) => {
    child.once('message', (answer: T & { error?: string }) => (answer.error ? fail(new Error(answer.error)) : done(answer)))
    child.once('exit', (code) => fail(new Error(`the server ended with ${code}`)))
    child.send(order)
  })
}

/** Resident memory of a process in bytes (Linux). */
export function rssOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
}
