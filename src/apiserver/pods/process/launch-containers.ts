import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { PassThrough, Readable, Writable } from 'node:stream'
import { statusErrors } from '../../../kube/object/status-error.js'
import { createGuardian, type Guardian } from './guardian.js'
import type { Launcher, LaunchWish, RunningCommand, RunningContainer } from './launcher.js'
import { changesWhatIsLoaded } from './loading-variables.js'
import type { FromContainer, ServerSpec, ToContainer } from './messages.js'
import { recordProcess } from './process-records.js'

export interface LaunchOptions {
  /** The Node that runs the built-in servers. */
  readonly execPath: string
  /** The bundled program of built-in containers. */
  readonly serverFile: string
  /** Where programs of the configuration file are looked for; the only variable of the user's that they get. */
  readonly path: string
  /** Built-in containers that start at the same time (default 4): each costs a moment of processor time. */
  readonly mostStarting?: number
}

/** A small heap: these servers hold next to nothing. Of the 46 MB of a process 37 are program text that all of them share. */
const nodeFlags = ['--max-old-space-size=48', '--max-semi-space-size=1', '--no-warnings']

/** Starts containers as child processes of this one. Each is the leader of a process group, so that all of it ends with it. */
export function createLauncher(options: LaunchOptions): Launcher {
  const running = new Set<ChildProcess>()
  const starting = new Slots(options.mostStarting ?? 4)
  let guardian: Guardian | undefined

  const keep = (child: ChildProcess) => {
    running.add(child)
    child.on('error', () => {})
    child.once('exit', () => {
      running.delete(child)
      killGroup(child.pid, 'SIGKILL')
    })
  }

  async function launchBuiltIn(spec: ServerSpec, directory: string): Promise<RunningContainer> {
    await starting.take()
    try {
      const child = spawn(options.execPath, [...nodeFlags, options.serverFile], {
        cwd: directory,
        env: { UV_THREADPOOL_SIZE: '1' },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        serialization: 'advanced',
        detached: true,
      })
      await spawned(child)
      keep(child)
      record(child, directory)
      const container = new BuiltInContainer(child, spec)
      await container.ready
      return container
    } finally {
      starting.give()
    }
  }

  async function launchLocal(wish: LaunchWish & { kind: 'local' }): Promise<RunningContainer> {
    guardian ??= createGuardian({ execPath: options.execPath, serverFile: options.serverFile })
    const watch = guardian
    const { command } = wish
    const place = (text: string) => text.replaceAll('$(POD_IP)', wish.address).replaceAll('$(POD_ROOT)', wish.root)
    const env: Record<string, string> = {}
    for (const [name, value] of Object.entries(wish.env)) if (!changesWhatIsLoaded(name)) env[name] = value
    for (const [name, value] of Object.entries(command.env)) env[name] = place(value)
    env['PATH'] = command.env['PATH'] ?? options.path
    const start = async (words: readonly string[], stdin: boolean): Promise<ChildProcess> => {
      const [program = '', ...args] = words
      const child = spawn(program, args, {
        cwd: command.workingDirectory ?? wish.directory,
        env,
        stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
        detached: true,
      })
      await spawned(child)
      watch.add(child.pid as number)
      keep(child)
      child.once('exit', () => watch.remove(child.pid as number))
      return child
    }
    const words = [...command.command.map(place), ...(command.args === 'append' ? wish.args : [])]
    const child = await start(words, wish.stdin)
    record(child, wish.directory)
    /** Commands that exec has started: they end with the container. */
    const commands = new Set<RunningCommand>()
    child.once('exit', () => {
      for (const running of commands) running.cancel()
    })
    return {
      pid: child.pid as number,
      stdout: child.stdout as Readable,
      stderr: child.stderr as Readable,
      ...(child.stdin === null ? {} : { stdin: quiet(child.stdin) }),
      ended: endOf(child),
      kill: (signal) => killGroup(child.pid, signal),
      exec: (wanted, { stdin }) => {
        const [program = ''] = wanted
        if (!command.exec.includes(program)) {
          throw statusErrors.badRequest(
            `exec of ${JSON.stringify(program)} is not allowed: the image stands for a local command, and its rule in the pods configuration allows ${
              command.exec.length === 0 ? 'no commands' : command.exec.join(', ')
            }`,
          )
        }
        const running = localCommand(start(wanted, stdin), stdin)
        commands.add(running)
        void running.ended.then(() => commands.delete(running))
        if (child.exitCode !== null || child.signalCode !== null) running.cancel()
        return running
      },
      resize() {},
    }
  }

  return {
    launch: (wish) => (wish.kind === 'built-in' ? launchBuiltIn(wish.spec, wish.directory) : launchLocal(wish)),
    async stop() {
      const ends = [...running].map((child) => new Promise((resolve) => child.once('exit', resolve)))
      for (const child of running) killGroup(child.pid, 'SIGKILL')
      await Promise.all(ends)
      guardian?.stop()
    },
  }
}

/** The process of a built-in image, driven over its channel. */
class BuiltInContainer implements RunningContainer {
  readonly pid: number
  readonly stdout: Readable
  readonly stderr: Readable
  readonly stdin?: Writable
  readonly ended: Promise<{ code: number; signal?: number }>
  readonly ready: Promise<void>
  readonly #child: ChildProcess
  readonly #commands = new Map<number, { output(stream: 'stdout' | 'stderr', data: Uint8Array): void; end(code: number): void }>()
  #lastId = 0

  constructor(child: ChildProcess, spec: ServerSpec) {
    this.#child = child
    this.pid = child.pid as number
    this.stdout = child.stdout as Readable
    this.stderr = child.stderr as Readable
    this.ended = endOf(child)
    if (spec.stdin) this.stdin = this.#input(0)
    let begun = () => {}
    this.ready = new Promise((resolve) => (begun = resolve))
    child.on('message', (message: FromContainer) => {
      if (message.type === 'ready') begun()
      else if (message.type === 'output') this.#commands.get(message.id)?.output(message.stream, message.data)
      else {
        this.#commands.get(message.id)?.end(message.code)
        this.#commands.delete(message.id)
      }
    })
    child.on('error', () => {})
    void this.ended.then(() => {
      begun()
      for (const command of this.#commands.values()) command.end(137)
      this.#commands.clear()
    })
    this.#send({ type: 'start', spec })
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    killGroup(this.pid, signal)
  }

  resize(): void {}

  exec(command: readonly string[], { stdin, tty }: { stdin: boolean; tty: boolean }): RunningCommand {
    const id = ++this.#lastId
    let waits = false
    const tell = (type: 'pause' | 'resume') => void this.#send({ type, id })
    const read = () => {
      if (waits) tell('resume')
      waits = false
    }
    const outputs = { stdout: new Readable({ read }), stderr: new Readable({ read }) }
    let finish: (result: { code: number }) => void = () => {}
    const ended = new Promise<{ code: number }>((resolve) => (finish = resolve))
    this.#commands.set(id, {
      output(stream, data) {
        if (outputs[stream].destroyed || outputs[stream].push(Buffer.from(data)) || waits) return
        waits = true
        tell('pause')
      },
      end(code) {
        outputs.stdout.push(null)
        outputs.stderr.push(null)
        finish({ code })
      },
    })
    if (!this.#send({ type: 'exec', id, command, stdin, tty })) {
      this.#commands.get(id)?.end(137)
      this.#commands.delete(id)
    }
    return {
      ...(stdin ? { stdin: this.#input(id) } : {}),
      ...outputs,
      ended,
      resize: (size) => void this.#send({ type: 'resize', id, ...size }),
      cancel: () => void this.#send({ type: 'cancel', id }),
    }
  }

  #input(id: number): Writable {
    return new Writable({
      write: (chunk: Uint8Array, _encoding, done) => {
        if (!this.#send({ type: 'input', id, data: chunk }, () => done())) done()
      },
      final: (done) => {
        this.#send({ type: 'input', id })
        done()
      },
    })
  }

  #send(message: ToContainer, sent: () => void = () => {}): boolean {
    if (!this.#child.connected) return false
    this.#child.send(message, sent)
    return true
  }
}

/** A process that no later fleet could find is not left running. */
function record(child: ChildProcess, directory: string): void {
  try {
    recordProcess(directory, child.pid as number)
  } catch (error) {
    killGroup(child.pid, 'SIGKILL')
    throw error
  }
}

/** A command that is being started: what is asked of it meanwhile waits until it is there. */
function localCommand(starting: Promise<ChildProcess>, stdin: boolean): RunningCommand {
  const outputs = { stdout: new PassThrough(), stderr: new PassThrough() }
  let child: ChildProcess | undefined
  let cancelled = false
  const input = new Writable({
    write: (chunk, encoding, done) =>
      void starting.then(
        (started) => started.stdin?.write(chunk, encoding, () => done()),
        () => done(),
      ),
    final: (done) =>
      void starting.then(
        (started) => started.stdin?.end(() => done()),
        () => done(),
      ),
  })
  const ended = starting.then(
    async (started) => {
      child = started
      for (const name of ['stdout', 'stderr'] as const) {
        const from = started[name] as Readable
        // A reader that does not read holds the command back; one that has gone does not.
        from.pipe(outputs[name])
        outputs[name].once('close', () => from.resume())
      }
      if (started.stdin !== null) quiet(started.stdin)
      if (cancelled) killGroup(started.pid, 'SIGKILL')
      return { code: (await endOf(started)).code }
    },
    (error: Error) => {
      outputs.stderr.end(`${error.message}\n`)
      outputs.stdout.end()
      return { code: 127 }
    },
  )
  const cancel = () => {
    cancelled = true
    killGroup(child?.pid, 'SIGKILL')
    for (const output of Object.values(outputs)) output.resume()
  }
  return { ...(stdin ? { stdin: input } : {}), ...outputs, ended, resize() {}, cancel }
}

/** Whoever writes to a program that has ended need not hear of it: its end is told otherwise. */
function quiet(stream: Writable): Writable {
  return stream.on('error', () => {})
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
}

/** When it has ended and all its output has been read. A shell's code for a signal: 128 and its number. */
function endOf(child: ChildProcess): Promise<{ code: number; signal?: number }> {
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      const number = signal === null ? undefined : constants.signals[signal]
      resolve(number === undefined ? { code: code ?? 137 } : { code: 128 + number, signal: number })
    })
  })
}

function killGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // It has ended.
  }
}

class Slots {
  #free: number
  readonly #waiting: (() => void)[] = []
  constructor(free: number) {
    this.#free = free
  }
  async take(): Promise<void> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free++
    else next()
  }
}
