import { isUtf8 } from 'node:buffer'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { allChecks } from '../../areas/analysis/checks/all-checks.js'
import type { Check, Severity } from '../../areas/analysis/contract.js'
import { applyTextEdits, planFixes } from '../../areas/analysis/fix/plan-fixes.js'
import type { InputText } from '../../areas/analysis/load/input-text.js'
import { loadFleet } from '../../areas/analysis/load/load-fleet.js'
import { ownChecks } from '../../areas/analysis/own-checks.js'
import type { ReportInput } from '../../areas/analysis/report/report-format.js'
import { type ReportedFinding, runChecks } from '../../areas/analysis/run-checks.js'
import { closest } from '../../base/closest.js'
import { UsageError } from '../../base/errors.js'
import { gatherInputs } from './gather-inputs.js'
import { readLiveClusters } from './read-live-clusters.js'
import { renderInputs } from './render-inputs.js'

export interface CheckRequest {
  /** Files, directories, `-`. */
  readonly paths: readonly string[]
  readonly contexts: readonly string[]
  readonly allContexts: boolean
  readonly kubeconfig?: string | undefined
  readonly fix: boolean
  readonly env: Readonly<Record<string, string | undefined>>
  readStdin(): Promise<string>
}

/** Reads everything that was named, checks it, and mends what is asked for. Standard input is called `stdin.yaml`. */
export async function runCheck(request: CheckRequest): Promise<ReportInput> {
  const files = request.paths.filter((path) => path !== '-')
  if (request.fix && files.length !== request.paths.length) {
    throw new UsageError({
      code: 'check-path',
      message: 'what comes by standard input cannot be mended',
      fix: 'Name the file instead of -, or leave --fix out.',
    })
  }
  const gathered = await gatherInputs(files)
  if (files.length !== request.paths.length) gathered.texts.push({ path: 'stdin.yaml', text: await request.readStdin() })
  const inputs = await renderInputs(gathered)
  const live =
    request.contexts.length > 0 || request.allContexts ? await readLiveClusters(request) : { clusters: [], unreadable: [] }
  const { model, unreadable } = loadFleet(inputs.texts, {
    rendered: inputs.rendered,
    generation: inputs.generation,
    live: live.clusters,
    nowMs: Date.now(),
    isPartial: inputs.unreadable.length > 0 || live.unreadable.length > 0,
    settings: await settingsAbove(files, gathered.texts),
  })
  const report = runChecks(model, allChecks, [...inputs.unreadable, ...live.unreadable, ...unreadable])
  let { findings } = report
  let done: readonly ReportedFinding[] = []
  if (request.fix) {
    const { edits, mended } = planFixes(findings, writableFile)
    for (const [file, list] of edits) {
      const text = await readFile(file, 'utf8')
      await writeFile(file, applyTextEdits(text, list))
    }
    done = mended
    const gone = new Set(mended)
    findings = findings.filter((finding) => !gone.has(finding))
  }
  const summary = {
    documents: model.documents.length,
    clusters: model.clusters.length,
    checks: allChecks.length,
    fixed: done.length,
  }
  return { findings, suppressed: report.suppressed, mended: done, summary }
}

/** What a path leads to. A file that is no UTF-8 was read as well as can be, and written back it would be another. */
function writableFile(path: string): string | undefined {
  return existsSync(path) && isUtf8(readFileSync(path)) ? realpathSync(path) : undefined
}

/** The `flotilla.yaml` that stands where the user stands, or in a directory that a path leads through. */
async function settingsAbove(paths: readonly string[], texts: readonly InputText[]): Promise<InputText[]> {
  const found = new Map<string, InputText>()
  const folders = new Set(['.'])
  for (const path of paths) {
    if (path.startsWith('/') || path.startsWith('..')) continue
    for (let folder = dirname(path); folder !== '.' && folder !== '/'; folder = dirname(folder)) folders.add(folder)
  }
  for (const folder of folders) {
    const path = join(folder, 'flotilla.yaml')
    if (texts.some((text) => text.path === path) || !existsSync(path)) continue
    found.set(path, { path, text: await readFile(path, 'utf8') })
  }
  return [...found.values()]
}

/** The check with an id, for `--explain`. */
export function findCheck(id: string): Check {
  const all = [...allChecks, ...ownChecks]
  const found = all.find((check) => check.id === id)
  if (found !== undefined) return found
  const near = closest(
    id,
    all.map((check) => check.id),
  )
  throw new UsageError({
    code: 'unknown-check',
    message: `there is no check ${id}${near === undefined ? '' : `: did you mean ${near}?`}`,
    fix: 'See docs/reference/checks.md for all of them.',
  })
}

/** Whether a run with these findings has failed. */
export function hasFailed({ findings }: ReportInput, failOn: Severity): boolean {
  const grave = failOn === 'error' ? ['error'] : failOn === 'warning' ? ['error', 'warning'] : ['error', 'warning', 'note']
  return findings.some(({ severity }) => grave.includes(severity))
}
