import { sleep } from '../../../../base/clock.js'
import { messageOf } from '../../../../base/errors.js'
import { FileError } from '../virtual-files.js'
import { evaluateArithmetic } from './arithmetic.js'
import { expandGlob } from './expand-glob.js'
import { matchPattern } from './match-pattern.js'
import { nameCommands } from './name-commands.js'
import { parseScript } from './parse-script.js'
import { readLine } from './read-line.js'
import type { Applet, CommandContext } from './shell-context.js'
import { BrokenPipe, emptySource, nullSink, Pipe, readAll, type Sink, type Source } from './streams.js'
import { type Command, type Redirect, SyntaxProblem, type Word } from './syntax.js'
import { trimValue } from './trim-value.js'

/** Ends the shell, or the subshell, with a code. */
class Exit {
  readonly code: number
  constructor(code: number) {
    this.code = code
  }
}
/** Ends a function, or a file that is read, with a code. */
class Return extends Exit {}
class LoopJump {
  levels: number
  readonly goOn: boolean
  constructor(levels: number, goOn: boolean) {
    this.levels = levels
    this.goOn = goOn
  }
}

/** Functions that call each other; each is some frames of this program's own. */
const mostCalls = 100

interface Streams {
  readonly stdin: Source
  readonly stdout: Sink
  readonly stderr: Sink
}

/** Runs a script over the applets. Nothing but applets is ever started. */
export class Shell {
  #context: CommandContext
  readonly #applets: ReadonlyMap<string, Applet>
  readonly #variables: Map<string, string>
  readonly #functions: Map<string, Command>
  #parameters: readonly string[]
  #calls = 0
  /** What the local variables of the running function were before. */
  #locals = new Map<string, string | undefined>()
  readonly #name: string
  readonly #traps: Map<string, string>
  #cwd: string
  #last = 0
  #steps = 0
  #exitOnFailure = false
  #background: Promise<number>[] = []

  constructor(
    context: CommandContext,
    applets: ReadonlyMap<string, Applet>,
    options: {
      name?: string
      parameters?: readonly string[]
      traps?: Map<string, string>
      exitOnFailure?: boolean
      functions?: ReadonlyMap<string, Command>
    } = {},
  ) {
    this.#context = context
    this.#applets = applets
    this.#variables = new Map(context.env)
    this.#cwd = context.cwd
    this.#name = options.name ?? 'sh'
    this.#parameters = options.parameters ?? []
    this.#traps = options.traps ?? new Map()
    this.#functions = new Map(options.functions)
    this.#exitOnFailure = options.exitOnFailure ?? false
  }

  /** Runs a whole script to its end; the exit code. */
  async script(text: string): Promise<number> {
    try {
      return await this.#run(parseScript(text), this.#context)
    } catch (error) {
      if (error instanceof Exit) return error.code
      if (error instanceof BrokenPipe) return 141
      if (this.#context.signal.aborted) return 143
      await this.#context.stderr.write(`${this.#name}: ${messageOf(error)}\n`).catch(() => {})
      return error instanceof SyntaxProblem ? 2 : 1
    } finally {
      await this.#atExit()
    }
  }

  get cwd(): string {
    return this.#cwd
  }

  /** Runs one complete command of a dialogue; the shell goes on unless it was told to exit. */
  async line(text: string, interrupt?: AbortSignal): Promise<{ code: number; exited: boolean }> {
    const outer = this.#context
    if (interrupt !== undefined) this.#context = { ...outer, signal: AbortSignal.any([outer.signal, interrupt]) }
    try {
      return { code: await this.#run(parseScript(text), this.#context), exited: false }
    } catch (error) {
      this.#context = outer
      if (interrupt?.aborted && !outer.signal.aborted) return { code: 130, exited: false }
      if (error instanceof Exit) return { code: await this.finish(error.code), exited: true }
      if (!(error instanceof LoopJump)) await this.#context.stderr.write(`${this.#name}: ${messageOf(error)}\n`).catch(() => {})
      return { code: this.#context.signal.aborted ? 143 : 2, exited: this.#context.signal.aborted }
    } finally {
      this.#context = outer
    }
  }

  async finish(code: number): Promise<number> {
    await this.#atExit()
    return code
  }

  async #atExit(): Promise<void> {
    const trap = this.#traps.get('EXIT')
    this.#traps.delete('EXIT')
    if (trap !== undefined) await this.script(trap)
  }

  async #run(command: Command, streams: Streams): Promise<number> {
    // Lets the process breathe in loops of commands that never wait.
    if (++this.#steps % 64 === 0) await new Promise((resolve) => setImmediate(resolve))
    if (this.#context.signal.aborted) throw new Exit(143)
    this.#last = await this.#runKind(command, streams)
    if (this.#exitOnFailure && this.#last !== 0 && command.kind === 'simple') throw new Exit(this.#last)
    return this.#last
  }

  async #runKind(command: Command, streams: Streams): Promise<number> {
    switch (command.kind) {
      case 'simple':
        return this.#simple(command, streams)
      case 'pipe': {
        const code =
          command.commands.length === 1
            ? await this.#quietly(command.commands[0] as Command, streams)
            : await this.#pipe(command.commands, streams)
        return command.negated ? (code === 0 ? 1 : 0) : code
      }
      case 'and':
      case 'or': {
        const left = await this.#quietly(command.left, streams)
        return (left === 0) === (command.kind === 'and') ? this.#run(command.right, streams) : left
      }
      case 'list': {
        let code = 0
        for (const item of command.items) {
          if (item.background) {
            this.#background.push(this.#subshell({ ...streams, stdin: emptySource }).#contained(item.command))
            code = 0
          } else code = await this.#run(item.command, streams)
        }
        return code
      }
      case 'if':
        for (const branch of command.branches)
          if ((await this.#quietly(branch.test, streams)) === 0) return this.#run(branch.body, streams)
        return command.otherwise === undefined ? 0 : this.#run(command.otherwise, streams)
      case 'loop':
        return this.#redirected(command.redirects, streams, async (inner) => {
          let code = 0
          while (((await this.#quietly(command.test, inner)) === 0) !== command.until) {
            const step = await this.#iteration(command.body, inner)
            if (step === undefined) return 0
            code = step
          }
          return code
        })
      case 'for': {
        const values = command.words === undefined ? [...this.#parameters] : await this.#expandAll(command.words, streams)
        return this.#redirected(command.redirects, streams, async (inner) => {
          let code = 0
          for (const value of values) {
            this.#variables.set(command.name, value)
            const step = await this.#iteration(command.body, inner)
            if (step === undefined) return 0
            code = step
          }
          return code
        })
      }
      case 'case':
        return this.#redirected(command.redirects, streams, (inner) => this.#case(command, inner))
      case 'function':
        this.#functions.set(command.name, command.body)
        return 0
      case 'group':
        return this.#redirected(command.redirects, streams, (inner) =>
          command.subshell ? this.#subshell(inner).#contained(command.body) : this.#run(command.body, inner),
        )
    }
  }

  /** A condition: its failure never ends the shell (set -e). */
  async #quietly(command: Command, streams: Streams): Promise<number> {
    const before = this.#exitOnFailure
    this.#exitOnFailure = false
    try {
      return await this.#run(command, streams)
    } finally {
      this.#exitOnFailure = before
    }
  }

  /** Undefined: the loop was left. */
  async #iteration(body: Command, streams: Streams): Promise<number | undefined> {
    try {
      return await this.#run(body, streams)
    } catch (error) {
      if (!(error instanceof LoopJump)) throw error
      if (--error.levels > 0) throw error
      return error.goOn ? 0 : undefined
    }
  }

  #subshell(streams: Streams): Shell {
    const context = { ...this.#context, ...streams, env: new Map(this.#variables), cwd: this.#cwd }
    return new Shell(context, this.#applets, {
      name: this.#name,
      parameters: this.#parameters,
      exitOnFailure: this.#exitOnFailure,
      functions: this.#functions,
    })
  }

  /** A function sees the shell's variables, and parameters of its own. */
  async #call(body: Command, args: readonly string[], streams: Streams): Promise<number> {
    if (this.#calls >= mostCalls) throw new SyntaxProblem('too many functions inside each other')
    const [outer, locals] = [this.#parameters, this.#locals]
    this.#parameters = args
    this.#locals = new Map()
    this.#calls++
    try {
      return await this.#run(body, streams)
    } catch (error) {
      if (error instanceof Return) return error.code
      throw error
    } finally {
      for (const [name, before] of this.#locals)
        if (before === undefined) this.#variables.delete(name)
        else this.#variables.set(name, before)
      this.#parameters = outer
      this.#locals = locals
      this.#calls--
    }
  }

  async #case(command: Command & { kind: 'case' }, streams: Streams): Promise<number> {
    const value = await this.#expandOne(command.word, streams)
    for (const { patterns, body } of command.branches)
      for (const pattern of patterns)
        if (matchPattern(await this.#patternOf(pattern, streams), value)) return this.#run(body, streams)
    return 0
  }

  /** What is quoted stands for itself. */
  async #patternOf(word: Word, streams: Streams): Promise<string> {
    let pattern = ''
    for (const part of word) {
      const text = await this.#value(part, streams)
      pattern += part.quoted ? text.replace(/[\\*?[\]{}]/g, '\\$&') : text
    }
    return pattern
  }

  async #contained(command: Command): Promise<number> {
    try {
      return await this.#run(command, this.#context)
    } catch (error) {
      if (error instanceof Exit) return error.code
      if (error instanceof LoopJump) return 0
      if (error instanceof BrokenPipe) return 141
      throw error
    }
  }

  async #pipe(commands: readonly Command[], streams: Streams): Promise<number> {
    let stdin: Source = streams.stdin
    const running = commands.map((command, index) => {
      const input = stdin
      const output = index === commands.length - 1 ? undefined : new Pipe()
      if (output !== undefined) stdin = output
      const shell = this.#subshell({ stdin: input, stdout: output ?? streams.stdout, stderr: streams.stderr })
      return shell.#contained(command).finally(() => {
        output?.end()
        if (input instanceof Pipe && index > 0) input.break()
      })
    })
    return (await Promise.all(running)).at(-1) ?? 0
  }

  async #simple(command: Command & { kind: 'simple' }, streams: Streams): Promise<number> {
    const words = await this.#expandAll(command.words, streams)
    const assigned: [string, string][] = []
    for (const { name, value } of command.assignments) assigned.push([name, await this.#expandOne(value, streams)])
    const [name, ...args] = words
    return this.#redirected(command.redirects, streams, async (inner) => {
      if (name === undefined) {
        for (const [key, value] of assigned) this.#variables.set(key, value)
        return assigned.length === 0 ? 0 : this.#last
      }
      const called = this.#functions.get(name)
      if (called !== undefined) return this.#call(called, args, inner)
      const own = await this.#builtIn(name, args, inner)
      if (own !== undefined) return own
      const applet = this.#applets.get(name.replace(/^\/(usr\/)?(local\/)?s?bin\/|^\/(?=agnhost)/, ''))
      if (applet === undefined) {
        await inner.stderr.write(`${this.#name}: ${name}: not found\n`)
        return 127
      }
      const env = new Map(this.#variables)
      for (const [key, value] of assigned) env.set(key, value)
      return runApplet(name, applet, args, { ...this.#context, ...inner, env, cwd: this.#cwd })
    })
  }

  /** Commands that change the shell itself. */
  async #builtIn(name: string, args: readonly string[], streams: Streams): Promise<number | undefined> {
    switch (name) {
      case ':':
        return 0
      case 'exit':
        throw new Exit(args[0] === undefined ? this.#last : Number(args[0]) & 255)
      case 'return':
        throw new Return(args[0] === undefined ? this.#last : Number(args[0]) & 255)
      case 'shift':
        this.#parameters = this.#parameters.slice(Number(args[0] ?? 1) || 0)
        return 0
      case 'break':
      case 'continue':
        throw new LoopJump(Number(args[0] ?? 1) || 1, name === 'continue')
      case 'cd': {
        const to = args[0] ?? this.#variables.get('HOME') ?? '/'
        try {
          if (!this.#context.world.files.stat(to, this.#cwd).isDirectory()) throw new FileError('ENOTDIR')
          this.#cwd = this.#context.world.files.real(to, this.#cwd)
          this.#variables.set('PWD', this.#cwd)
          return 0
        } catch (error) {
          await streams.stderr.write(`${this.#name}: cd: can't cd to ${to}: ${messageOf(error)}\n`)
          return 2
        }
      }
      case 'export':
      case 'local':
      case 'readonly':
        for (const each of args) {
          const cut = each.indexOf('=')
          const own = cut > 0 ? each.slice(0, cut) : each
          if (name === 'local' && !this.#locals.has(own)) this.#locals.set(own, this.#variables.get(own))
          if (cut > 0) this.#variables.set(own, each.slice(cut + 1))
        }
        return 0
      case 'unset':
        for (const each of args) this.#variables.delete(each)
        return 0
      case 'set':
        if (args.includes('--')) this.#parameters = args.slice(args.indexOf('--') + 1)
        for (const each of args) if (/^[-+]\w*e/.test(each)) this.#exitOnFailure = each.startsWith('-')
        return 0
      case 'trap': {
        const [action = '', ...signals] = args
        for (const signal of signals) this.#traps.set(signalName(signal), action)
        return 0
      }
      case 'wait':
        await Promise.all(this.#background.splice(0))
        return 0
      case 'read': {
        const line = await readLine(streams.stdin)
        if (line === undefined) return 1
        const names = args.filter((each) => !each.startsWith('-'))
        const values = line.trim().split(/[ \t]+/)
        for (const [index, each] of names.entries())
          this.#variables.set(each, index === names.length - 1 ? values.slice(index).join(' ') : (values[index] ?? ''))
        return 0
      }
      case 'exec':
        if (args.length === 0) return 0
        throw new Exit(
          await this.#simple({ kind: 'simple', assignments: [], words: args.map(literalWord), redirects: [] }, streams),
        )
      case 'eval':
        return this.#run(parseScript(args.join(' ')), streams)
      case 'command':
      case 'type': {
        const asks = name === 'type' || /^-[vV]$/.test(args[0] ?? '')
        if (asks) return nameCommands(name === 'type' ? ['-V', ...args] : args, this.#applets, streams, this.#name)
        if (args.length === 0) return 0
        return this.#simple({ kind: 'simple', assignments: [], words: args.map(literalWord), redirects: [] }, streams)
      }
      default:
        return undefined
    }
  }

  async #redirected(redirects: readonly Redirect[], streams: Streams, run: (inner: Streams) => Promise<number>): Promise<number> {
    if (redirects.length === 0) return run(streams)
    const inner = { stdin: streams.stdin, stdout: streams.stdout, stderr: streams.stderr }
    const outputs = ['stdin', 'stdout', 'stderr'] as const
    for (const redirect of redirects) {
      const to = await this.#expandOne(redirect.to, streams)
      try {
        if (redirect.how === 'duplicate') {
          if (redirect.from === 0 || !/^[12]$/.test(to)) throw new Error(`${to}: bad file descriptor`)
          inner[outputs[redirect.from] as 'stdout'] = inner[outputs[Number(to)] as 'stdout']
        } else if (redirect.how === 'here') inner.stdin = sourceOf(Buffer.from(to))
        else if (redirect.how === 'read') inner.stdin = to === '/dev/null' ? emptySource : this.#fileSource(to)
        else inner[outputs[redirect.from || 1] as 'stdout'] = this.#outputTo(to, redirect.how, streams)
      } catch (error) {
        await streams.stderr.write(
          `${this.#name}: can't ${redirect.how === 'read' ? 'open' : 'create'} ${to}: ${messageOf(error)}\n`,
        )
        return 1
      }
    }
    return run(inner)
  }

  #outputTo(path: string, how: 'write' | 'append', streams: Streams): Sink {
    if (path === '/dev/null') return nullSink
    if (path === '/dev/stdout' || path === '/proc/1/fd/1') return streams.stdout
    if (path === '/dev/stderr' || path === '/proc/1/fd/2') return streams.stderr
    const { files } = this.#context.world
    const cwd = this.#cwd
    files.write(path, cwd, '', how === 'write' ? 'w' : 'a')
    return { write: async (data) => files.write(path, cwd, data, 'a') }
  }

  #fileSource(path: string): Source {
    return sourceOf(this.#context.world.files.read(path, this.#cwd))
  }

  async #expandAll(words: readonly Word[], streams: Streams): Promise<string[]> {
    const found: string[] = []
    for (const word of words) found.push(...(await this.#expand(word, streams)))
    return found
  }

  async #expandOne(word: Word, streams: Streams): Promise<string> {
    let text = ''
    for (const part of word) text += await this.#value(part, streams)
    return text
  }

  /** Expansion, then splitting at blanks and globbing of what is not quoted. */
  async #expand(word: Word, streams: Streams): Promise<string[]> {
    const fields: { text: string; pattern: string; glob: boolean }[] = []
    let open = false
    const append = (text: string, literal: boolean) => {
      if (!open) fields.push({ text: '', pattern: '', glob: false })
      open = true
      const field = fields.at(-1) as { text: string; pattern: string; glob: boolean }
      field.text += text
      field.pattern += literal ? text.replace(/[\\*?[\]{}]/g, '\\$&') : text
      if (!literal && /[*?[]/.test(text)) field.glob = true
    }
    for (const part of word) {
      if (part.kind === 'variable' && part.name === '@' && part.quoted) {
        for (const [index, each] of this.#parameters.entries()) {
          if (index > 0) open = false
          append(each, true)
        }
        continue
      }
      const text = await this.#value(part, streams)
      if (part.quoted) append(text, true)
      else if (part.kind === 'text') append(text, false)
      else {
        const pieces = text.split(/[ \t\n]+/)
        for (const [index, piece] of pieces.entries()) {
          if (index > 0) open = false
          if (piece !== '') append(piece, false)
        }
      }
    }
    const first = word[0]
    if (first?.kind === 'text' && !first.quoted && first.text.startsWith('~') && fields[0] !== undefined)
      fields[0].text = fields[0].text.replace(/^~(?=$|\/)/, this.#variables.get('HOME') ?? '/')
    return fields.flatMap((field) =>
      field.glob ? expandGlob(field.pattern, field.text, this.#context.world.files, this.#cwd) : [field.text],
    )
  }

  async #value(part: Word[number], streams: Streams): Promise<string> {
    if (part.kind === 'text') return part.text
    if (part.kind === 'arithmetic') {
      const expression = await this.#expandOne(part.expression, streams)
      return String(evaluateArithmetic(expression, (name) => this.#variables.get(name) ?? '0'))
    }
    if (part.kind === 'command') {
      const output = new Pipe()
      const reading = readAll(output)
      const shell = this.#subshell({ ...streams, stdout: output })
      this.#last = await shell.#contained(part.command).finally(() => output.end())
      return (await reading).toString().replace(/\n+$/, '')
    }
    const value = this.#variable(part.name)
    const isSet = part.operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined
    const argument = () => this.#expandOne(part.argument, streams)
    switch (part.operator.replace(':', '')) {
      case 'length':
        return String([...(value ?? '')].length)
      case '-':
        return isSet ? (value ?? '') : argument()
      case '=': {
        if (isSet) return value ?? ''
        const given = await argument()
        this.#variables.set(part.name, given)
        return given
      }
      case '+':
        return isSet ? argument() : ''
      case '?':
        if (isSet) return value ?? ''
        await streams.stderr.write(`${this.#name}: ${part.name}: ${(await argument()) || 'parameter not set'}\n`)
        throw new Exit(2)
      case '%':
      case '%%':
      case '#':
      case '##':
        return trimValue(value ?? '', part.operator, await argument())
      default:
        return value ?? ''
    }
  }

  #variable(name: string): string | undefined {
    if (name === '?') return String(this.#last)
    if (name === '$') return '1'
    if (name === '#') return String(this.#parameters.length)
    if (name === '@' || name === '*') return this.#parameters.join(' ')
    if (name === '0') return this.#name
    if (/^\d$/.test(name)) return this.#parameters[Number(name) - 1]
    return this.#variables.get(name)
  }
}

/** Runs an applet; its failures become messages, as of a program. */
export async function runApplet(name: string, applet: Applet, args: readonly string[], context: CommandContext): Promise<number> {
  // The signal of a command inside this one ends with this one's.
  const stdin: Source = { read: (signal = context.signal) => context.stdin.read(signal) }
  try {
    return await applet(args, { ...context, stdin })
  } catch (error) {
    if (error instanceof BrokenPipe) return 141
    if (context.signal.aborted) return 143
    await context.stderr.write(`${name}: ${messageOf(error)}\n`).catch(() => {})
    return 1
  }
}

/** Waits, or ends at once when the command is to end. */
export function pause(context: CommandContext, ms: number): Promise<void> {
  return sleep(context.world.clock, ms, context.signal)
}

export function signalName(signal: string): string {
  const numbers: Readonly<Record<string, string>> = {
    '0': 'EXIT',
    '1': 'HUP',
    '2': 'INT',
    '3': 'QUIT',
    '9': 'KILL',
    '15': 'TERM',
  }
  return numbers[signal] ?? signal.toUpperCase().replace(/^SIG/, '')
}

function sourceOf(bytes: Uint8Array): Source {
  let data: Uint8Array | undefined = bytes
  return {
    async read() {
      const now = data
      data = undefined
      return now
    },
  }
}

function literalWord(text: string): Word {
  return [{ kind: 'text', text, quoted: true }]
}
