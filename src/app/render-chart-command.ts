import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UsageError } from '../base/errors.js'
import { HelmError } from '../delivery/render/helm/helm-error.js'
import { renderReleaseName } from '../delivery/render/helm/release-name.js'
import { type RenderChartOptions, renderChart } from './render-chart.js'
import { systemClock, systemRandom } from './system-ports.js'

export interface RenderChartFlags extends RenderChartOptions {
  readonly nameTemplate?: string
  readonly generateName?: boolean
  readonly validate?: boolean
  readonly outputDir?: string
  readonly releaseName?: boolean
}

/** `flotilla render helm [NAME] CHART`. */
export async function renderChartCommand(
  first: string,
  second: string | undefined,
  flags: RenderChartFlags,
  io: { out(text: string): void; err(text: string): void },
): Promise<void> {
  if (flags.validate === true)
    throw new UsageError({
      code: 'helm-validate-offline',
      message: '--validate asks a cluster, and charts are rendered here without one',
      fix: 'Leave it out, and validate the output with kubectl apply --dry-run=server.',
    })
  const { name, chart } = nameAndChart(first, second, flags)
  const text = await renderChart(name, chart, flags, (message) => io.err(`${message}\n`))
  if (flags.outputDir === undefined) io.out(text)
  else
    for (const path of writeDocuments(text, flags.releaseName ? join(flags.outputDir, name) : flags.outputDir))
      io.out(`wrote ${path}\n`)
}

function nameAndChart(first: string, second: string | undefined, flags: RenderChartFlags): { name: string; chart: string } {
  if (second !== undefined) {
    if (flags.generateName) throw new HelmError('cannot set --generate-name and also specify a name')
    if (flags.nameTemplate) throw new HelmError('cannot set --name-template and also specify a name')
    return { name: first, chart: second }
  }
  if (flags.nameTemplate)
    return { name: renderReleaseName(flags.nameTemplate, { clock: systemClock, random: systemRandom }), chart: first }
  return { name: 'release-name', chart: first }
}

/** Writes each document below the directory, under the path of its template; the first of a path replaces the file. */
function writeDocuments(text: string, directory: string): string[] {
  const files = new Map<string, string>()
  for (const part of text.split(/^(?=---\n# Source: )/m)) {
    const path = /^---\n# Source: (.+)\n/.exec(part)?.[1]
    if (path !== undefined) files.set(path, (files.get(path) ?? '') + part)
  }
  const written: string[] = []
  for (const [path, content] of files) {
    const file = join(directory, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
    written.push(file)
  }
  return written
}
