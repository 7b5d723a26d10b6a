import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

export type SpecState = 'passed' | 'failed' | 'skipped' | 'left out'

export interface SpecResult {
  readonly name: string
  readonly sig: string
  /** `skipped`: the spec itself said that it cannot be run here. */
  readonly state: SpecState
  readonly seconds: number
  readonly message: string
}

export interface SpecRun {
  readonly programs: { readonly specs: string; readonly ginkgo: string }
  readonly kubeconfig: string
  /** For the report and what the programs print; is made. */
  readonly folder: string
  /** Regular expressions of Go on the name of the suite and of the spec; one of them has to match, and none of `skip`. */
  readonly focus: readonly string[]
  readonly skip: readonly string[]
  readonly processes: number
  readonly minutes: number
}

interface Report {
  SpecReports: {
    LeafNodeType: string
    LeafNodeText: string
    ContainerHierarchyTexts: string[] | null
    ContainerHierarchyLabels: string[][] | null
    LeafNodeLabels: string[] | null
    State: string
    RunTime: number
    Failure?: { Message?: string }
  }[]
}

/** As a regular expression that matches the text alone. */
export const quoted = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/**
 * Runs conformance specs on a cluster, those that share nothing in several processes at once, and says what came of each one
 * there is. Fails with the end of the output when there is no report.
 */
export async function runSpecs(run: SpecRun): Promise<SpecResult[]> {
  mkdirSync(run.folder, { recursive: true })
  // Ginkgo knows compiled tests by their names.
  const program = join(run.folder, 'e2e.test')
  if (!existsSync(program)) symlinkSync(run.programs.specs, program)
  const args = [
    ...[`--procs=${run.processes}`, '--no-color', '--succinct', '--poll-progress-after=0', '--label-filter=Conformance'],
    ...[`--timeout=${run.minutes}m`, '--json-report=report.json', `--output-dir=${run.folder}`],
    ...run.focus.map((each) => `--focus=${each}`),
    ...run.skip.map((each) => `--skip=${each}`),
    ...[program, '--', '-kubeconfig', run.kubeconfig, '-kubectl-path=kubectl', '-provider=skeleton', '-disable-log-dump'],
  ]
  const output = await new Promise<string>((resolve, reject) => {
    const child = spawn(run.programs.ginkgo, args, { cwd: run.folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const parts: Buffer[] = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => parts.push(part))
    child.once('error', reject)
    child.once('close', () => resolve(Buffer.concat(parts).toString()))
  })
  const file = join(run.folder, 'report.json')
  if (!existsSync(file)) throw new Error(`no report: ${output.slice(-4000)}`)
  const [report] = JSON.parse(readFileSync(file, 'utf8')) as [Report]
  const around = report.SpecReports.find((each) => each.LeafNodeType !== 'It' && each.State === 'failed')
  if (around) throw new Error(`${around.LeafNodeType} failed: ${around.Failure?.Message}`)
  return report.SpecReports.filter(isConformance).map((each) => {
    const name = [...(each.ContainerHierarchyTexts ?? []), each.LeafNodeText].join(' ')
    const message = each.Failure?.Message ?? ''
    return {
      name,
      sig: /^\[([a-z-]+)\]/.exec(name)?.[1] ?? '',
      state: stateOf(each.State, message),
      seconds: each.RunTime / 1e9,
      message,
    }
  })
}

const isConformance = (each: Report['SpecReports'][number]) =>
  each.LeafNodeType === 'It' &&
  [...(each.ContainerHierarchyLabels ?? []).flat(), ...(each.LeafNodeLabels ?? [])].includes('Conformance')

/** Ginkgo says `skipped` of what was not asked for too, without a reason then. */
function stateOf(state: string, message: string): SpecState {
  if (state === 'passed') return 'passed'
  if (state === 'skipped' || state === 'pending') return message === '' ? 'left out' : 'skipped'
  return 'failed'
}
