import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../../base/clock.js'
import { sleep } from '../../../base/clock.js'
import { CodedError } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import type { PassthroughRoute } from '../catalogue-routes.js'
import type { Place } from '../dial.js'
import { renderConfiguration, renderMap } from './configuration.js'
import { changeLayout, type HaproxyLayout, layOut } from './layout.js'

export interface HaproxyGatewayOptions {
  readonly listen: Place
  /** Default: `haproxy` of the path. */
  readonly program?: string
  readonly maxConnections?: number
  readonly clock: Clock
  readonly log: Log
}

export interface HaproxyGateway {
  /** Resolves once HAProxy leads to these routes and to nothing else. Calls are carried out one after the other. */
  update(routes: readonly PassthroughRoute[]): Promise<void>
  /** Connections open now and taken since the start of the present worker. */
  stats(): Promise<{ readonly open: number; readonly accepted: number }>
  /** The process that has the connections now: another one after a reload. */
  worker(): Promise<number>
  /** New configurations that were loaded: every other change went over the socket. */
  readonly reloads: number
  /** Takes no more connections and ends when those that are open have, or after the grace; resolves to how many, at most, were reset. */
  drain(graceMs: number): Promise<number>
  /** Resolves when HAProxy has ended, whoever ended it. */
  readonly ended: Promise<number | null>
}

const startMs = 10_000

/** Runs HAProxy (2.4 or later) as the gateway's engine, for TLS that goes through. */
export async function startHaproxyGateway(
  options: HaproxyGatewayOptions,
  routes: readonly PassthroughRoute[],
): Promise<HaproxyGateway> {
  const { listen, clock, log } = options
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-haproxy-'))
  const at = (name: string) => join(directory, name)
  const [socket, master, mapFile, file] = [at('runtime.sock'), at('master.sock'), at('sni.map'), at('haproxy.cfg')]
  let layout: HaproxyLayout = []
  let reloads = 0
  let said = ''
  const write = (next: HaproxyLayout) => {
    const { maxConnections } = options
    const settings = { listen, socket, mapFile, ...(maxConnections === undefined ? {} : { maxConnections }) }
    replaceFile(mapFile, renderMap(next))
    replaceFile(file, renderConfiguration(next, settings))
    layout = next
  }
  write(layOut(routes))
  // The master stays; each reload gives it a new worker, which takes the listeners over.
  const child: ChildProcess = spawn(options.program ?? 'haproxy', ['-W', '-S', `${master},mode,600`, '-f', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000)
    })
  let failed: Error | undefined
  let over = false
  const ended = new Promise<number | null>((done) => {
    child.on('error', (error) => {
      failed = error
      over = true
      done(null)
    })
    child.on('close', (code) => {
      over = true
      done(code)
    })
  }).finally(() => rmSync(directory, { recursive: true, force: true }))
  const worker = async () => /^Pid: (\d+)$/m.exec(await ask(socket, 'show info'))?.[1]
  /** Before it answers, signals to the master are lost. */
  const takesSignals = async () => (await ask(master, 'show proc')).includes('master')
  /** Waits for a worker other than `before`, and for its master. */
  const untilServing = async (before: string | undefined) => {
    const end = clock.now() + startMs
    for (;;) {
      const found = over ? undefined : await worker().catch(() => undefined)
      if (found !== undefined && found !== before && (await takesSignals().catch(() => false))) return
      if (over || clock.now() > end) {
        child.kill('SIGKILL')
        const message = `HAProxy does not serve at ${listen.address}:${listen.port}: ${failed?.message ?? said.trim()}`
        const fix = 'Install HAProxy 2.4 or later, see that the address is free, or use the built-in engine.'
        throw new CodedError({ code: 'haproxy-failed', message, fix })
      }
      await sleep(clock, 20)
    }
  }
  await untilServing(undefined)
  let last: Promise<unknown> = Promise.resolve()
  const update = async (next: readonly PassthroughRoute[]) => {
    const change = changeLayout(layout, next, mapFile)
    if ('reload' in change) {
      const before = await worker().catch(() => undefined)
      write(change.reload)
      reloads++
      log.info('HAProxy gets a new configuration', { why: change.why })
      child.kill('SIGUSR2')
      await untilServing(before)
      return
    }
    for (const command of change.commands) {
      const answer = (await ask(socket, command)).trim()
      if (answer !== '' && !/^(no need to change|IP changed|port changed)/.test(answer) && !/changed from/.test(answer))
        log.warn('HAProxy refused a command', { command, answer })
    }
    layout = change.layout
  }
  const gateway: HaproxyGateway = {
    ended,
    get reloads() {
      return reloads
    },
    update(next) {
      const done = last.then(() => update(next))
      last = done.catch(() => undefined)
      return done
    },
    async stats() {
      const info = await ask(socket, 'show info')
      const number = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(info)?.[1] ?? 0)
      return { open: number('CurrConns'), accepted: number('CumConns') }
    },
    worker: async () => Number(await worker()),
    async drain(graceMs) {
      if (over) return 0
      // Once it drains, nobody answers at the socket.
      const { open } = await gateway.stats().catch(() => ({ open: 0 }))
      let isCut = false
      // The master hands both signals on to all workers, those of before a reload included.
      child.kill('SIGUSR1')
      const cancel = clock.after(graceMs, () => {
        isCut = true
        child.kill('SIGTERM')
      })
      await ended
      cancel()
      return isCut ? Math.max(1, open) : 0
    },
  }
  return gateway
}

/** HAProxy reads a file that is whole. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** One command over the runtime socket. */
function ask(socket: string, command: string): Promise<string> {
  return new Promise((done, failed) => {
    const connection = connect(socket)
    let answer = ''
    connection.setTimeout(5000, () => connection.destroy(new Error('HAProxy does not answer at its socket')))
    connection.setEncoding('utf8').on('data', (text: string) => {
      answer += text
    })
    connection.on('error', failed)
    connection.on('end', () => done(answer))
    connection.end(`${command}\n`)
  })
}
