import { UsageError } from '../../base/errors.js'
import type { CommandEntry } from '../contract.js'

interface CheckFlags {
  readonly context: string[]
  readonly allContexts?: boolean
  readonly kubeconfig?: string
  readonly output: string
  readonly failOn: string
  readonly fix?: boolean
  readonly explain?: string
}

const collect = (value: string, before: string[] = []) => [...before, value]

/** `flotilla check`: what breaks a fleet, before it is applied. */
export const checkCommand: CommandEntry = {
  name: 'check',
  register(program, io) {
    program
      .command('check [paths...]')
      .description('find what breaks a fleet, in files before they are applied and in running clusters')
      .option('--context <name>', 'check a running cluster too: a context of the kubeconfig (repeatable)', collect, [])
      .option('--all-contexts', 'check the clusters of all contexts of the kubeconfig too')
      .option('--kubeconfig <file>', 'the kubeconfig of the contexts')
      .option('-o, --output <format>', 'text, json, sarif, junit or markdown', 'text')
      .option('--fail-on <severity>', 'exit with 1 from this severity on: error or warning', 'error')
      .option('--fix', 'make the changes that are safe, in the files')
      .option('--explain <id>', 'print what a check finds, why that breaks, and how it is known')
      .action(async (paths: string[], flags: CheckFlags) => {
        const { findCheck, hasFailed, runCheck } = await import('../../app/check/run-check.js')
        if (flags.explain !== undefined) {
          const { explainCheck } = await import('../../areas/analysis/report/explain-check.js')
          io.out(explainCheck(findCheck(flags.explain)))
          return
        }
        const { reportFormats } = await import('../../areas/analysis/report/report-formats.js')
        const format = reportFormats.get(flags.output)
        if (format === undefined) throw bad('-o', flags.output, [...reportFormats.keys()])
        if (flags.failOn !== 'error' && flags.failOn !== 'warning') throw bad('--fail-on', flags.failOn, ['error', 'warning'])
        const isLive = flags.context.length > 0 || flags.allContexts === true
        const report = await runCheck({
          paths: paths.length === 0 && !isLive ? ['.'] : paths,
          contexts: flags.context,
          allContexts: flags.allContexts === true,
          kubeconfig: flags.kubeconfig,
          fix: flags.fix === true,
          env: io.env,
          readStdin: () => io.readStdin(),
        })
        const { version } = await import('../version.js')
        for (const piece of joined(format(report, { colour: io.colour, version }))) io.out(piece)
        if (hasFailed(report, flags.failOn)) io.exitCode(1)
      })
  },
}

/** Pieces as they come, put together to some tens of kilobytes, each ending with a line. */
function* joined(pieces: Iterable<string>): Iterable<string> {
  let held = ''
  for (const piece of pieces) {
    held += piece
    if (held.length < 65_536 || !held.endsWith('\n')) continue
    yield held
    held = ''
  }
  if (held !== '') yield held
}

function bad(flag: string, given: string, values: readonly string[]): UsageError {
  return new UsageError({
    code: 'bad-check-option',
    message: `${flag} ${given}: expected one of ${values.join(', ')}`,
    fix: `Use one of them, or leave ${flag} out.`,
  })
}
