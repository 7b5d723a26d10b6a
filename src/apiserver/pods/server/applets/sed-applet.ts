import type { RE2JS } from 're2js'
import type { Applet, CommandContext } from '../shell/shell-context.js'
import { linesOf, type Sink } from '../shell/streams.js'
import { asExtended } from './as-extended.js'
import { eachInput } from './each-input.js'
import { parseFlags } from './parse-flags.js'
import { type Address, parseSedScript, type SedCommand } from './sed-script.js'

/** `sed [-n] [-E] [-i] [-e] SCRIPT [FILE...]` over lines, without hold space, labels and blocks. */
export const sed: Applet = async (args, context) => {
  const flags = parseFlags(args, ['n', 'E', 'r', 'i', 's', 'u'], ['e'])
  const rest = [...flags.rest]
  const scripts = flags.values.get('e') ?? [rest.shift() ?? '']
  const commands = parseSedScript(scripts.join('\n'))
  const { RE2JS } = await import('re2js')
  const extended = flags.on.has('E') || flags.on.has('r')
  const compile = (pattern: string, fold: boolean) =>
    RE2JS.compile(extended ? pattern : asExtended(pattern), fold ? RE2JS.CASE_INSENSITIVE : 0)
  const program = commands.map((command) => prepare(command, compile))
  const quiet = flags.on.has('n')
  if (!flags.on.has('i')) {
    const run = new Run(program, quiet, context.stdout)
    const code = await eachInput('sed', rest, context, (source) => run.over(linesOf(source)))
    await run.end()
    return code
  }
  for (const path of rest) await inPlace(path, program, quiet, context)
  return 0
}

async function inPlace(path: string, program: readonly Step[], quiet: boolean, context: CommandContext): Promise<void> {
  const { files } = context.world
  let changed = ''
  const sink: Sink = { write: async (text) => void (changed += text.toString()) }
  const run = new Run(program, quiet, sink)
  const lines = files.read(path, context.cwd).toString().split('\n')
  if (lines.at(-1) === '') lines.pop()
  await run.over(lines)
  await run.end()
  files.write(path, context.cwd, changed)
}

type Compile = (pattern: string, fold: boolean) => RE2JS

interface Step {
  readonly command: SedCommand
  readonly from: Test | undefined
  readonly to: Test | undefined
  readonly pattern: RE2JS | undefined
  /** Inside of a range. */
  open: boolean
}

type Test = (line: string, number: number, isLast: boolean) => boolean

function prepare(command: SedCommand, compile: Compile): Step {
  const test = (address: Address | undefined): Test | undefined => {
    if (address === undefined) return undefined
    if ('line' in address) return (_, number) => number === address.line
    if ('last' in address) return (_line, _number, isLast) => isLast
    const pattern = compile(address.pattern, false)
    return (line) => pattern.matcher(line).find()
  }
  const pattern = command.name === 's' ? compile(command.text, /[iI]/.test(command.flags)) : undefined
  return { command, from: test(command.from), to: test(command.to), pattern, open: false }
}

class Run {
  readonly #steps: readonly Step[]
  readonly #quiet: boolean
  readonly #out: Sink
  #number = 0
  #waiting: string | undefined
  #over = false

  constructor(steps: readonly Step[], quiet: boolean, out: Sink) {
    this.#steps = steps
    this.#quiet = quiet
    this.#out = out
  }

  /** Takes the lines of one file. The last line of all is known only at the end, so that one waits. */
  async over(lines: AsyncIterable<string> | Iterable<string>): Promise<void> {
    for await (const line of lines) {
      if (this.#over) return
      if (this.#waiting !== undefined) await this.#line(this.#waiting, false)
      this.#waiting = line
      // Without a wish for the last line none has to wait: what is followed (tail -f) comes through at once.
      if (this.#steps.every(({ command }) => !isLast(command.from) && !isLast(command.to))) {
        this.#waiting = undefined
        await this.#line(line, false)
      }
    }
  }

  async end(): Promise<void> {
    if (this.#waiting !== undefined && !this.#over) await this.#line(this.#waiting, true)
  }

  async #line(text: string, last: boolean): Promise<void> {
    const number = ++this.#number
    let line = text
    let [before, after] = ['', '']
    let kept = true
    for (const step of this.#steps) {
      if (!isChosen(step, line, number, last)) continue
      const { command } = step
      if (command.name === 's') {
        const changed = substitute(step.pattern!, command, line)
        if (changed !== undefined && command.flags.includes('p')) before += `${changed}\n`
        line = changed ?? line
      } else if (command.name === 'y') line = [...line].map((letter) => translated(letter, command)).join('')
      else if (command.name === 'p') before += `${line}\n`
      else if (command.name === '=') before += `${number}\n`
      else if (command.name === 'i') before += `${command.text}\n`
      else if (command.name === 'a') after += `${command.text}\n`
      else if (command.name === 'q') {
        this.#over = true
        break
      } else {
        kept = false
        if (command.name === 'c') before += `${command.text}\n`
        break
      }
    }
    const whole = before + (kept && !this.#quiet ? `${line}\n` : '') + after
    if (whole !== '') await this.#out.write(whole)
  }
}

function isLast(address: Address | undefined): boolean {
  return address !== undefined && 'last' in address
}

function isChosen(step: Step, line: string, number: number, last: boolean): boolean {
  const { command, from, to } = step
  let chosen: boolean
  if (from === undefined) chosen = true
  else if (to === undefined) chosen = from(line, number, last)
  else if (step.open) {
    chosen = true
    const end = command.to as Address
    if ('line' in end ? number >= end.line : to(line, number, last)) step.open = false
  } else {
    chosen = from(line, number, last)
    const end = command.to as Address
    step.open = chosen && !('line' in end && number >= end.line) && !('last' in end && last)
  }
  return chosen !== command.negated
}

function translated(letter: string, { text, replacement }: SedCommand): string {
  const at = text.indexOf(letter)
  return at === -1 ? letter : (replacement[at] ?? letter)
}

/** The line with what was found replaced; undefined when nothing was found. */
function substitute(pattern: RE2JS, { replacement, flags }: SedCommand, line: string): string | undefined {
  const matcher = pattern.matcher(line)
  const wanted = Number(/\d+/.exec(flags)?.[0] ?? 1)
  const all = flags.includes('g')
  let result = ''
  let end = 0
  for (let count = 1; matcher.find(); count++) {
    if (count < wanted) continue
    const group = (index: number) => (index <= matcher.groupCount() ? (matcher.group(index) ?? '') : '')
    const text = replacement.replace(/\\(\d)|\\n|\\t|\\(.)|&/g, (whole, index?: string, letter?: string) =>
      index !== undefined ? group(Number(index)) : (letter ?? { '\\n': '\n', '\\t': '\t', '&': group(0) }[whole] ?? whole),
    )
    result += line.slice(end, matcher.start()) + text
    end = matcher.end()
    if (!all) return result + line.slice(end)
  }
  return result === '' && end === 0 ? undefined : result + line.slice(end)
}
