import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import { hostsAddresses } from '../pod-hosts.js'
import type { FromContainer, ServerSpec, ToContainer } from '../process/messages.js'
import { isOwnProgram, startServer } from './servers/start-server.js'
import { applets, findApplet, runCommand, runShell } from './shell/sh-applet.js'
import { Shell } from './shell/shell.js'
import type { CommandContext, ContainerWorld, ProcessEntry } from './shell/shell-context.js'
import { BrokenPipe, emptySource, Pipe, type Sink, type Source } from './shell/streams.js'
import { Terminal } from './terminal.js'
import { VirtualFiles } from './virtual-files.js'

/** The part of `process` that a container's process needs. */
export interface ServerProcess {
  readonly pid: number
  readonly connected: boolean
  readonly stdout: { write(data: Uint8Array | string, done: () => void): unknown }
  readonly stderr: { write(data: Uint8Array | string, done: () => void): unknown }
  send?(message: FromContainer, sent: (error: Error | null) => void): unknown
  on(event: 'message', listener: (message: ToContainer) => void): unknown
  on(event: 'disconnect', listener: () => void): unknown
  on(event: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP', listener: () => void): unknown
  exit(code: number): never
}

/**
 * The main program of a container's process: waits to be told what it is, runs that, and runs further commands on demand. It
 * ends as soon as the fleet's process has gone, however that came about.
 */
export function runServer(process: ServerProcess, clock: Clock): void {
  let host: ContainerHost | undefined
  process.on('disconnect', () => process.exit(137))
  // The fleet has gone while this program was loaded.
  if (!process.connected) process.exit(137)
  process.on('message', (message) => {
    if (message.type === 'start') {
      host ??= new ContainerHost(process, clock, message.spec)
      void host.main()
    } else host?.receive(message)
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'] as const)
    process.on(signal, () => host?.signal(signal.slice(3)))
}

interface Session {
  readonly abort: AbortController
  /** Resolves once the reader of the output has caught up. */
  room: Promise<void>
  resume(): void
  input(data: Uint8Array): void
  inputEnd(): void
}

class ContainerHost {
  readonly #process: ServerProcess
  readonly #spec: ServerSpec
  readonly #world: ContainerWorld
  readonly #sessions = new Map<number, Session>()
  readonly #traps = new Map<string, string>()
  readonly #abort = new AbortController()
  #onTerm: (() => void) | undefined
  #mainContext: CommandContext | undefined

  constructor(process: ServerProcess, clock: Clock, spec: ServerSpec) {
    this.#process = process
    this.#spec = spec
    this.#world = createWorld(spec, clock, (code) => this.#exit(code))
  }

  async main(): Promise<void> {
    const spec = this.#spec
    const out = (stream: 'stdout' | 'stderr'): Sink => ({
      write: (data) => new Promise((resolve) => this.#process[stream].write(data, resolve)),
    })
    const { session, context } = this.#session(0, {
      stdin: spec.stdin,
      tty: spec.tty,
      stdout: out('stdout'),
      stderr: out('stderr'),
      abort: this.#abort,
    })
    if (spec.stdin) this.#sessions.set(0, session)
    this.#mainContext = context
    const words = [...spec.command, ...spec.args]
    const id = this.#world.nextProcess()
    this.#world.processes.set(id, {
      id,
      command: words.join(' ') || spec.server,
      startedMs: this.#world.clock.now(),
      signal: (name) => (name === 'KILL' ? this.#process.exit(137) : this.signal(name)),
    })
    try {
      this.#exit(await this.#runMain(words, context))
    } catch (error) {
      await context.stderr.write(`${messageOf(error)}\n`)
      this.#exit(1)
    }
  }

  /** A command of its own, or the image's server with what stands in `args`. */
  async #runMain(words: readonly string[], context: CommandContext): Promise<number> {
    const [name = ''] = words
    const applet = name === '' ? undefined : findApplet(name)
    const given = (this.#spec.command.length > 0 && !isOwnProgram(this.#spec)) || this.#spec.server === 'shell'
    const begins = () => this.#process.send?.({ type: 'ready' }, () => {})
    if (given && applet !== undefined) {
      begins()
      if (/(^|\/)(ba|a)?sh$/.test(name)) return runShell(words.slice(1), context, this.#traps, name)
      return runCommand(words, context)
    }
    if (this.#spec.server === 'shell') {
      begins()
      if (words.length === 0) return runShell([], context, this.#traps)
      // The entry point of an image that is a tool takes what is no command as the tool's arguments.
      const tool = /(?:^|\/)(curl|socat)(?::|@|$)/.exec(this.#spec.image)?.[1]
      return runCommand(tool === undefined ? words : [tool, ...words], context)
    }
    const running = await startServer(this.#spec, this.#world, context)
    // From here on it answers: no probe comes too early.
    begins()
    if (typeof running === 'number') return running
    return new Promise((resolve, reject) => {
      running.ended?.then(resolve, reject)
      this.#onTerm = () => void running.stop().then(() => resolve(running.exitCode ?? 0))
    })
  }

  #exit(code: number): void {
    // What was written last has to reach the log first.
    this.#process.stdout.write('', () => this.#process.stderr.write('', () => this.#process.exit(code)))
  }

  /**
   * As for the first process of a container: a server stops on TERM, INT and QUIT, a script does what its trap says, and a
   * program without one is not disturbed.
   */
  signal(name: string): void {
    if (this.#onTerm !== undefined) {
      this.#onTerm()
      return
    }
    const trap = this.#traps.get(name)
    if (trap === undefined || trap === '' || this.#mainContext === undefined) return
    const context = { ...this.#mainContext, signal: new AbortController().signal }
    void new Shell(context, applets, { traps: new Map() }).line(trap).then(({ code, exited }) => {
      if (exited) this.#exit(code)
    })
  }

  receive(message: Exclude<ToContainer, { type: 'start' }>): void {
    if (message.type === 'exec') void this.#exec(message)
    else {
      const session = this.#sessions.get(message.id)
      if (message.type === 'cancel') {
        session?.abort.abort()
        session?.resume()
      } else if (message.type === 'resume') session?.resume()
      else if (message.type === 'pause' && session !== undefined) {
        session.room = new Promise((resolve) => (session.resume = resolve))
      } else if (message.type === 'input') {
        if (message.data === undefined) session?.inputEnd()
        else session?.input(message.data)
      }
    }
  }

  async #exec(message: ToContainer & { type: 'exec' }): Promise<void> {
    const { id } = message
    const out = (stream: 'stdout' | 'stderr'): Sink => ({
      write: async (data) => {
        const session = this.#sessions.get(id)
        await session?.room
        if (session?.abort.signal.aborted) throw new BrokenPipe('Broken pipe')
        await this.#send({ type: 'output', id, stream, data: typeof data === 'string' ? Buffer.from(data) : data })
      },
    })
    const abort = new AbortController()
    const { session, context } = this.#session(id, {
      stdin: message.stdin,
      tty: message.tty,
      stdout: out('stdout'),
      stderr: out('stderr'),
      abort,
    })
    this.#sessions.set(id, session)
    const process = this.#world.nextProcess()
    this.#world.processes.set(process, {
      id: process,
      command: message.command.join(' '),
      startedMs: this.#world.clock.now(),
      signal: () => abort.abort(),
    })
    const code = await runCommand(message.command, context).catch(() => 1)
    this.#world.processes.delete(process)
    this.#sessions.delete(id)
    await this.#send({ type: 'ended', id, code })
  }

  #session(
    id: number,
    options: { stdin: boolean; tty: boolean; stdout: Sink; stderr: Sink; abort: AbortController },
  ): { session: Session; context: CommandContext } {
    const { abort, tty } = options
    const interrupts = new Set<() => void>()
    const interrupt = () => {
      if (interrupts.size === 0 && id !== 0) abort.abort()
      for (const each of interrupts) each()
    }
    const terminal = tty ? new Terminal(options.stdout, interrupt) : undefined
    const pipe = new Pipe()
    abort.signal.addEventListener('abort', () => {
      pipe.break()
      terminal?.end()
    })
    const stdin: Source = !options.stdin ? emptySource : (terminal?.input ?? pipe)
    const stdout = terminal?.output ?? options.stdout
    const context: CommandContext = {
      world: this.#world,
      stdin,
      stdout,
      stderr: terminal?.output ?? options.stderr,
      env: new Map(Object.entries(this.#spec.env)),
      cwd: this.#spec.workingDir,
      tty,
      signal: abort.signal,
      interrupts,
    }
    const session: Session = {
      abort,
      room: Promise.resolve(),
      resume() {},
      input: (data: Uint8Array) => (terminal === undefined ? void pipe.write(data).catch(() => {}) : terminal.type(data)),
      inputEnd: () => (terminal === undefined ? pipe.end() : terminal.end()),
    }
    return { session, context }
  }

  #send(message: FromContainer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#process.send?.(message, (error) => (error === null ? resolve() : reject(error)))
    })
  }
}

function createWorld(spec: ServerSpec, clock: Clock, exit: (code: number) => void): ContainerWorld {
  let last = 0
  const processes = new Map<number, ProcessEntry>()
  const files = new VirtualFiles(spec.root, spec.mounts, spec.writable)
  const hosts = () => (files.has('/etc/hosts', '/') ? files.read('/etc/hosts', '/').toString() : '')
  return {
    files,
    clock,
    hostname: spec.hostname,
    user: spec.user ?? { id: 0, group: 0, groups: [] },
    address: spec.address,
    boundPort: (port) => (port < 1024 ? port + spec.lowPortOffset : port),
    processes,
    nextProcess: () => ++last,
    searchDomains: spec.searchDomains,
    nameServer: spec.nameServer?.address,
    exit,
    async resolve(name) {
      const known = hostsAddresses(hosts(), name)
      if (known.length > 0) return known
      if (spec.nameServer === undefined) return []
      const { Resolver } = await import('node:dns/promises')
      const resolver = new Resolver({ timeout: 2000, tries: 2 })
      resolver.setServers([`${spec.nameServer.address}:${spec.nameServer.port}`])
      // Fewer than five dots: the search list comes first, as `ndots:5` in a pod's resolv.conf says.
      const bare = name.replace(/\.$/, '')
      const searched = name.endsWith('.') ? [] : spec.searchDomains.map((domain) => `${bare}.${domain}`)
      const names = bare.split('.').length > 5 ? [bare, ...searched] : [...searched, bare]
      for (const each of names) {
        const found = await resolver.resolve4(each).catch(() => [])
        if (found.length > 0) return found
      }
      return []
    },
  }
}
