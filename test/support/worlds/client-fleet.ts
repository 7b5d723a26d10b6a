import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ran } from './running-fleet.js'

/** A client that runs beside a test. */
export interface RunningClient {
  /** Everything it wrote so far, output and errors. */
  text(): string
  /** Waits for this in what it wrote; fails with all of it after `seconds`. */
  saw(wanted: RegExp | string, seconds?: number): Promise<void>
  /** Ends it with a signal, SIGTERM by default; gives its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

export interface RunOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** The command has to fail; its output is given all the same. */
  readonly fails?: boolean
}

/** A fleet as users start it, `flotilla up --detach` (without the demo if none is asked for), with one member `one`, which clients of $KUBECONFIG talk to. */
export interface ClientFleet {
  readonly folder: string
  readonly kubeconfig: string
  /** Runs a program in the folder of the fleet; `words` are its arguments, in quotes where they have blanks. */
  run(program: string, words: string | readonly string[], options?: RunOptions): Promise<Ran>
  start(program: string, words: string | readonly string[], env?: Readonly<Record<string, string>>): RunningClient
  write(name: string, text: string): string
  /** `flotilla down` and `up` again on the same directory and ports. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Parts a command line at blanks outside of single and double quotes, which go. */
export function splitWords(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'))
}

export async function startClientFleet(options: { pods?: 'auto' | 'simulated'; demo?: boolean } = {}): Promise<ClientFleet> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-clients-'))
  const dataDir = join(folder, 'state')
  const kubeconfig = join(dataDir, 'kubeconfig')
  const base = { PATH: process.env.PATH ?? '', HOME: folder, KUBECONFIG: kubeconfig, XDG_STATE_HOME: join(folder, 'state-home') }
  const argumentsOf = (words: string | readonly string[]) => (typeof words === 'string' ? splitWords(words) : [...words])
  const run: ClientFleet['run'] = (program, words, { input, env, fails } = {}) =>
    new Promise<Ran>((resolve, reject) => {
      const args = argumentsOf(words)
      const where = program === process.execPath ? process.cwd() : folder
      const settings = { env: { ...base, ...env }, cwd: where, timeout: 120_000, maxBuffer: 64 << 20 }
      const child = execFile(program, args, settings, (error, stdout, stderr) => {
        const said = `${program} ${args.join(' ')}:\n${stderr}${stdout}`
        if (error && fails !== true) reject(new Error(said || error.message))
        else if (!error && fails === true) reject(new Error(`did not fail: ${said}`))
        else resolve({ stdout, stderr, failed: error !== null })
      })
      child.stdin?.on('error', () => {})
      child.stdin?.end(input ?? '')
    })
  const flotilla = (...args: string[]) => run(process.execPath, ['bin/flotilla.js', ...args, '--data-dir', dataDir])
  const up = async () => {
    await flotilla(
      'up',
      '--detach',
      ...(options.demo ? [] : ['--no-demo']),
      '--clusters',
      'one',
      '--pods',
      options.pods ?? 'simulated',
    )
  }
  // Another fleet that starts at the same moment may take the ports that were free: the next try finds others.
  for (let tries = 3; ; tries--) {
    try {
      await up()
      break
    } catch (error) {
      if (tries === 1 || !String(error).includes('another program does')) throw error
      rmSync(dataDir, { recursive: true, force: true })
    }
  }
  await run('kubectl', 'config use-context one')
  const running = new Set<RunningClient>()
  return {
    folder,
    kubeconfig,
    run,
    start(program, words, env) {
      const client = startClient(program, argumentsOf(words), { ...base, ...env }, folder)
      running.add(client)
      return client
    },
    write(name, text) {
      const path = join(folder, name)
      writeFileSync(path, text)
      return path
    },
    async restart() {
      await flotilla('down')
      await up()
    },
    async stop() {
      for (const client of running) await client.stop('SIGKILL')
      await flotilla('down').catch(() => {})
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function startClient(program: string, args: readonly string[], env: Record<string, string>, cwd: string): RunningClient {
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const ended = new Promise<number | null>((done) => {
    child.on('error', (error) => {
      text += String(error)
      done(null)
    })
    child.on('close', (code) => done(code))
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  const has = (wanted: RegExp | string) => (typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text))
  return {
    text: () => text,
    async saw(wanted, seconds = 60) {
      const end = Date.now() + seconds * 1000
      while (!has(wanted)) {
        if (Date.now() > end || child.exitCode !== null) {
          await new Promise((done) => setTimeout(done, 200))
          if (has(wanted)) return
          throw new Error(`${program} ${args.join(' ')} never wrote ${wanted}:\n${text}`)
        }
        await new Promise((done) => setTimeout(done, 50))
      }
    },
    stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      return ended
    },
  }
}
