import { messageOf } from '../../../../base/errors.js'
import { columnApplets } from '../applets/column-applets.js'
import { fieldApplets } from '../applets/field-applets.js'
import { fileApplets } from '../applets/file-applets.js'
import { hexdump } from '../applets/hexdump.js'
import { ip } from '../applets/ip-applet.js'
import { networkApplets } from '../applets/network-applets.js'
import { processApplets } from '../applets/process-applets.js'
import { redisCli } from '../applets/redis-cli.js'
import { sed } from '../applets/sed-applet.js'
import { socatWith } from '../applets/socat.js'
import { tar } from '../applets/tar-applet.js'
import { textApplets } from '../applets/text-applets.js'
import { parseScript } from './parse-script.js'
import { runApplet, Shell } from './shell.js'
import type { Applet, CommandContext } from './shell-context.js'
import { linesOf } from './streams.js'
import { SyntaxProblem } from './syntax.js'

/** `sh [-c script | file] [args]`; without either it reads commands from its input, with a prompt on a terminal. */
const sh: Applet = (args, context) => runShell(args, context, new Map())

/** The same, with the traps that the script sets where the caller sees them. */
export async function runShell(
  args: readonly string[],
  context: CommandContext,
  traps: Map<string, string>,
  called = 'sh',
): Promise<number> {
  let index = 0
  let inline = false
  let exitOnFailure = false
  for (; /^-\w/.test(args[index] ?? ''); index++) {
    const letters = (args[index] as string).slice(1)
    if (/[^ceilxu]/.test(letters)) {
      await context.stderr.write(`sh: invalid option -- '${letters}'\n`)
      return 2
    }
    inline ||= letters.includes('c')
    exitOnFailure ||= letters.includes('e')
  }
  const first = args[index]
  const parameters = args.slice(index + 1)
  if (inline) {
    if (first === undefined) {
      await context.stderr.write("sh: option requires an argument -- 'c'\n")
      return 2
    }
    const shell = new Shell(context, applets, {
      name: parameters[0] ?? called,
      parameters: parameters.slice(1),
      traps,
      exitOnFailure,
    })
    return shell.script(first)
  }
  if (first !== undefined) {
    let text: string
    try {
      text = context.world.files.read(first, context.cwd).toString()
    } catch (error) {
      await context.stderr.write(`sh: can't open '${first}': ${messageOf(error)}\n`)
      return 2
    }
    return new Shell(context, applets, { name: first, parameters, traps, exitOnFailure }).script(text)
  }
  return interactive(new Shell(context, applets, { traps, exitOnFailure }), context)
}

async function interactive(shell: Shell, context: CommandContext): Promise<number> {
  const prompt = async (text: string) => {
    if (context.tty) await context.stdout.write(text)
  }
  let code = 0
  let text = ''
  let running: AbortController | undefined
  // ^C ends what runs now, or gives up what has been typed so far; the dialogue goes on.
  const interrupt = () => {
    text = ''
    if (running === undefined) void prompt(`${shell.cwd} # `)
    else running.abort()
  }
  context.interrupts?.add(interrupt)
  context.signal.addEventListener('abort', () => context.interrupts?.delete(interrupt))
  await prompt(`${shell.cwd} # `)
  for await (const line of linesOf(context.stdin)) {
    text += `${line}\n`
    if (isIncomplete(text)) {
      await prompt('> ')
      continue
    }
    running = new AbortController()
    const ended = await shell.line(text, running.signal)
    running = undefined
    text = ''
    code = ended.code
    if (ended.exited) {
      context.interrupts?.delete(interrupt)
      return code
    }
    await prompt(`${shell.cwd} # `)
  }
  return shell.finish(code)
}

function isIncomplete(text: string): boolean {
  try {
    parseScript(text)
    return false
  } catch (error) {
    return error instanceof SyntaxProblem && /unexpected end of file|unterminated/.test(error.message)
  }
}

const which: Applet = async (args, context) => {
  let code = 0
  for (const name of args) {
    if (applets.has(name)) await context.stdout.write(`/bin/${name}\n`)
    else code = 1
  }
  return code
}

/** `env A=b command`, `timeout 5 command`, `time command`, `busybox command`: what starts another applet. */
const prefixed =
  (consume: (args: string[], context: CommandContext) => CommandContext): Applet =>
  async (args, context) => {
    const rest = [...args]
    const inner = consume(rest, context)
    const [name, ...others] = rest
    if (name === undefined) return 0
    return runCommand([name, ...others], inner)
  }

const timeout = prefixed((rest, context) => {
  const ms = Number.parseFloat(rest.shift() ?? '') * 1000
  return { ...context, signal: AbortSignal.any([context.signal, AbortSignal.timeout(Number.isFinite(ms) ? ms : 0)]) }
})

const env: Applet = async (args, context) => {
  const rest = [...args]
  const bare = rest[0] === '-i'
  if (bare) rest.shift()
  const variables = new Map(bare ? [] : context.env)
  while (/^[A-Za-z_]\w*=/.test(rest[0] ?? '')) {
    const [name = '', ...value] = (rest.shift() as string).split('=')
    variables.set(name, value.join('='))
  }
  const inner = { ...context, env: variables }
  return rest.length === 0 ? (processApplets['env'] as Applet)([], inner) : runCommand(rest, inner)
}

const agnhost: Applet = async (args, context) => (await import('../servers/agnhost/start-agnhost.js')).agnhost(args, context)

/** Everything that can be run in a container of a built-in image. */
export const applets: ReadonlyMap<string, Applet> = new Map(
  Object.entries({
    ...fileApplets,
    ...textApplets,
    ...processApplets,
    ...fieldApplets,
    ...columnApplets,
    sed,
    hexdump,
    ip,
    ...networkApplets,
    socat: socatWith((script, context) => sh(['-c', script], context)),
    tar,
    'redis-cli': redisCli,
    'valkey-cli': redisCli,
    env,
    sh,
    ash: sh,
    bash: sh,
    which,
    agnhost,
    'agnhost-2': agnhost,
    timeout,
    busybox: prefixed((_rest, context) => context),
  }),
)

/** Runs a command by its words, as exec does: 127 when there is no such applet. */
export async function runCommand(command: readonly string[], context: CommandContext): Promise<number> {
  const [name = '', ...args] = command
  const applet = findApplet(name)
  if (applet === undefined) {
    await context.stderr.write(`exec: ${JSON.stringify(name)}: executable file not found in $PATH\n`)
    return 127
  }
  return runApplet(name, applet, args, context)
}

export function findApplet(name: string): Applet | undefined {
  return applets.get(name.replace(/^\/(usr\/)?(local\/)?s?bin\/|^\/(?=agnhost)/, ''))
}
