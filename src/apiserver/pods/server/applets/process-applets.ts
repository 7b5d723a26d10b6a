import { evaluateArithmetic } from '../shell/arithmetic.js'
import { pause, signalName } from '../shell/shell.js'
import type { Applet, CommandContext } from '../shell/shell-context.js'
import { parseFlags } from './parse-flags.js'

const env: Applet = async (_args, context) => {
  await context.stdout.write([...context.env].map(([name, value]) => `${name}=${value}\n`).join(''))
  return 0
}

const printenv: Applet = async (args, context) => {
  if (args[0] === undefined) return env([], context)
  const value = context.env.get(args[0])
  if (value === undefined) return 1
  await context.stdout.write(`${value}\n`)
  return 0
}

const hostname: Applet = async (args, context) => {
  await context.stdout.write(`${args[0] === '-i' ? context.world.address : context.world.hostname}\n`)
  return 0
}

const pwd: Applet = async (_args, context) => {
  await context.stdout.write(`${context.cwd}\n`)
  return 0
}

const sleepFor: Applet = async (args, context) => {
  const units: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }
  if (args.length === 0) throw new Error('missing operand')
  for (const arg of args) {
    if (arg === 'infinity' || arg === 'inf') await pause(context, 2 ** 31 - 1)
    const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(arg)
    if (match === null) throw new Error(`invalid number '${arg}'`)
    await pause(context, Number(match[1]) * (units[match[2] ?? ''] ?? 1) * 1000)
  }
  return 0
}

const id: Applet = async (args, context) => {
  const { on } = parseFlags(args, ['u', 'g', 'G', 'n', 'r'])
  const { id: user, group, groups } = context.world.user
  const all = [...new Set([group, ...groups])]
  const nameOf = (number: number) => (number === 0 ? 'root' : undefined)
  const short = (number: number) => (on.has('n') ? (nameOf(number) ?? String(number)) : String(number))
  const long = (number: number) => (nameOf(number) === undefined ? String(number) : `${number}(${nameOf(number)})`)
  const text = on.has('G')
    ? all.map(short).join(' ')
    : on.has('u')
      ? short(user)
      : on.has('g')
        ? short(group)
        : `uid=${long(user)} gid=${long(group)} groups=${all.map(long).join(',')}`
  await context.stdout.write(`${text}\n`)
  return 0
}

const ps: Applet = async (_args, context) => {
  const { clock, processes } = context.world
  const lines = [...processes.values()].map(({ id: process, command, startedMs }) => {
    const seconds = Math.floor((clock.now() - startedMs) / 1000)
    return `${String(process).padStart(5)} root     ${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')} ${command}`
  })
  await context.stdout.write(`${['PID   USER     TIME  COMMAND', ...lines].join('\n')}\n`)
  return 0
}

const kill: Applet = async (args, context) => {
  let signal = 'TERM'
  const rest = [...args]
  if (rest[0] === '-s') signal = signalName(rest.splice(0, 2)[1] ?? '')
  else if (rest[0]?.startsWith('-')) signal = signalName((rest.shift() as string).slice(1))
  if (signal === 'L' || rest.length === 0) throw new Error('a process id is expected')
  let code = 0
  for (const each of rest) {
    const entry = context.world.processes.get(Number(each))
    if (entry === undefined) {
      await context.stderr.write(`kill: can't kill pid ${each}: No such process\n`)
      code = 1
    } else if (signal !== 'EXIT') entry.signal(signal)
  }
  return code
}

const date: Applet = async (args, context) => {
  const { on, rest } = parseFlags(args, ['u', 'R', 'I'], ['d'])
  const at = new Date(context.world.clock.now())
  const format = rest.find((arg) => arg.startsWith('+'))?.slice(1)
  await context.stdout.write(
    `${on.has('I') ? at.toISOString().slice(0, 10) : formatDate(at, format ?? '%a %b %e %H:%M:%S UTC %Y')}\n`,
  )
  return 0
}

function formatDate(at: Date, format: string): string {
  const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
  const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
  const text = at.toISOString()
  const parts: Readonly<Record<string, string>> = {
    Y: text.slice(0, 4),
    m: text.slice(5, 7),
    d: text.slice(8, 10),
    e: String(at.getUTCDate()).padStart(2),
    H: text.slice(11, 13),
    M: text.slice(14, 16),
    S: text.slice(17, 19),
    N: `${text.slice(20, 23)}000000`,
    s: String(Math.floor(at.getTime() / 1000)),
    a: days[at.getUTCDay()] as string,
    b: months[at.getUTCMonth()] as string,
    F: text.slice(0, 10),
    T: text.slice(11, 19),
    Z: 'UTC',
    z: '+0000',
    '%': '%',
  }
  return format.replace(/%([a-zA-Z%])/g, (whole, letter: string) => parts[letter] ?? whole)
}

const uname: Applet = async (args, context) => {
  const { on } = parseFlags(args, ['a', 's', 'n', 'r', 'm'])
  const parts = on.has('a')
    ? ['Linux', context.world.hostname, 'flotilla', 'x86_64']
    : [on.has('n') ? context.world.hostname : on.has('m') ? 'x86_64' : on.has('r') ? 'flotilla' : 'Linux']
  await context.stdout.write(`${parts.join(' ')}\n`)
  return 0
}

const whoami: Applet = async (_args, context: CommandContext) => {
  const { id: user } = context.world.user
  if (user !== 0) throw new Error(`unknown uid ${user}`)
  await context.stdout.write('root\n')
  return 0
}

/** Arithmetic and comparisons of whole numbers; `=` and `!=` of any texts. It fails where the value is 0 or nothing, as expr does. */
const expr: Applet = async (args, context) => {
  const [left = '', operator, right = ''] = args
  const isTexts = args.length === 3 && (operator === '=' || operator === '!=')
  const value = isTexts
    ? String(Number((left === right) === (operator === '=')))
    : args.length === 1
      ? left
      : String(evaluateArithmetic(args.map((arg) => (arg === '=' ? '==' : arg)).join(' '), () => '0'))
  await context.stdout.write(`${value}\n`)
  return value === '0' || value === '' ? 1 : 0
}

/** Of a terminal that understands ANSI. */
const clear: Applet = async (_args, context) => {
  await context.stdout.write('\u001b[H\u001b[J')
  return 0
}

export const processApplets: Readonly<Record<string, Applet>> = {
  env,
  printenv,
  hostname,
  pwd,
  sleep: sleepFor,
  id,
  ps,
  kill,
  date,
  uname,
  whoami,
  clear,
  expr,
  true: async () => 0,
  false: async () => 1,
}
