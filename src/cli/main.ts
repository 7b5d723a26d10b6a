import { Command, CommanderError } from 'commander'
import { plain } from '../areas/analysis/report/report-format.js'
import { BugError, CodedError, messageOf, UsageError } from '../base/errors.js'
import { completionCommand } from './commands/completion.js'
import { commands } from './commands/index.js'
import type { CommandIo } from './contract.js'
import { version } from './version.js'

function systemIo(): CommandIo {
  const env = process.env
  const terminal = process.stdout.isTTY === true
  return {
    out: (text) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    err: (text) => process.stderr.write(text.endsWith('\n') ? text : `${text}\n`),
    env,
    colour: terminal && (env.NO_COLOR ?? '') === '' && env.TERM !== 'dumb',
    interactive: process.stderr.isTTY === true,
    async readStdin() {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
    exitCode: (code) => {
      process.exitCode = code
    },
  }
}

/** Runs one command line; the exit code is 0, 1 (it failed, or it differs) or 2 (it was used wrongly). */
export async function main(argv: readonly string[], io: CommandIo): Promise<void> {
  const program = new Command('flotilla')
    .description('A fleet control plane for Kubernetes: GitOps, federation, services and traffic over many clusters')
    .enablePositionalOptions()
    .version(version, '-v, --version', 'print the version')
    .showHelpAfterError('(add --help for the options)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
  // One is enough for a command line that begins with its name; what describes them all (help, completion) has them all.
  const named = commands.find(({ name }) => name === argv[0])
  for (const command of named && named !== completionCommand ? [named] : commands) command.register(program, io)
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) {
      io.exitCode(error.exitCode === 0 ? 0 : 2)
      return
    }
    // Servers have a say in it.
    io.err(`error: ${messageOf(error).split('\n').map(plain).join('\n')}`)
    if (error instanceof CodedError && error.fix) io.err(error.fix)
    if (error instanceof BugError || (!(error instanceof CodedError) && io.env.FLOTILLA_DEBUG))
      io.err(String((error as Error).stack))
    io.exitCode(error instanceof UsageError ? 2 : 1)
  }
}

// A closed pipe (`flotilla app list | head`) is no error; a full disk is: half of a report is none.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  process.stderr.write(`error: the output cannot be written: ${messageOf(error)}\n`)
  process.exit(1)
})
// Nobody reads what is told beside the answer: the answer is given all the same.
process.stderr.on('error', () => {})

let answered = false
// Waiting alone keeps no process alive: without an answer this is no success.
process.once('beforeExit', () => {
  if (answered) return
  process.stderr.write(
    'error: there is no answer: what was waited for does not come. Try again, or see whether the hub can be read.\n',
  )
  process.exitCode = 1
})
void main(process.argv.slice(2), systemIo()).then(() => {
  answered = true
})
