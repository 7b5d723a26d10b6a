import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../support/peers/free-ports.js'
import type { ServeLimits, ServeOrder } from './serve.support.js'

const here = dirname(fileURLToPath(import.meta.url))

export interface ServerMemory {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
}

/** An embedded API server in a process of its own, on a port that stays over restarts. */
export interface ServerProcess {
  readonly port: number
  readonly token: string
  readonly pid: number
  agent(): Agent
  /** kill -9, and a new process over the same files. */
  restart(): Promise<void>
  /** No file of the server may grow beyond what the log has now plus `bytes`; undefined: any may. False: cannot be done here. */
  limitFiles(bytes: number | undefined): boolean
  jump(ms: number): Promise<void>
  memory(): Promise<ServerMemory>
  fill(namespace: string, count: number): Promise<void>
  /** For how many milliseconds the event loop was held up at most since this was asked last. */
  held(): Promise<number>
  stop(): Promise<void>
}

export async function startServer({ sync = false, ...limits }: { sync?: boolean } & ServeLimits = {}): Promise<ServerProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-storm-'))
  const [port] = await freePorts(1)
  let child: ChildProcess
  const ask = <T = object>(order: ServeOrder): Promise<T> =>
    new Promise((done, fail) => {
      const onExit = (code: number | null, signal: string | null) => fail(new Error(`the server ended: ${signal ?? code}`))
      child.once('exit', onExit)
      child.once('message', (answer: T & { error?: string }) => {
        child.off('exit', onExit)
        if (answer.error === undefined) done(answer)
        else fail(new Error(answer.error))
      })
      child.send(order)
    })
  const start = () => {
    child = fork(join(here, 'serve.support.js'), { execArgv: ['--expose-gc', '--enable-source-maps'] })
    return ask<{ token: string }>({ kind: 'start', directory, port: port!, sync, ...limits })
  }
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((done) => child.once('exit', done))
    child.kill('SIGKILL')
    await gone
  }
  const { token } = await start()
  const agents: Agent[] = []
  return {
    port: port!,
    token,
    get pid() {
      return child.pid!
    },
    agent() {
      const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, maxCachedSessions: 0 })
      agents.push(agent)
      return agent
    },
    async restart() {
      await kill()
      await start()
    },
    limitFiles(bytes) {
      const state = join(directory, 'state')
      const sizes = readdirSync(state).map((name) => statSync(join(state, name)).size)
      const limit = bytes === undefined ? 'unlimited' : String(Math.max(...sizes) + bytes)
      return spawnSync('prlimit', ['--pid', String(child.pid), `--fsize=${limit}:unlimited`]).status === 0
    },
    jump: async (ms) => void (await ask({ kind: 'jump', ms })),
    memory: () => ask<ServerMemory>({ kind: 'memory' }),
    fill: async (namespace, count) => void (await ask({ kind: 'fill', namespace, count })),
    held: async () => (await ask<{ ms: number }>({ kind: 'held' })).ms,
    async stop() {
      for (const agent of agents) agent.destroy()
      await kill()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
