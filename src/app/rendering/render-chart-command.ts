import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UsageError } from '../../base/errors.js'
import { parseKubeVersion } from '../../delivery/render/helm/engine/capabilities.js'
import { HelmError } from '../../delivery/render/helm/helm-error.js'
import { renderReleaseName } from '../../delivery/render/helm/release-name.js'
import type { RenderedChart } from '../../delivery/render/helm/template-chart.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { type RenderChartOptions, renderChart, renderChartParts } from './render-chart.js'

export interface RenderChartFlags extends Omit<RenderChartOptions, 'live' | 'helmMajor' | 'env' | 'readStdin'> {
  readonly nameTemplate?: string
  readonly generateName?: boolean
  readonly validate?: boolean
  readonly outputDir?: string
  readonly releaseName?: boolean
  /** `3` or `4`. */
  readonly helmVersion?: string
  /** True where no mode is written. */
  readonly dryRun?: string | boolean
  readonly context?: string
  readonly passwordStdin?: boolean
  readonly postRenderer?: string
  readonly verify?: boolean
  readonly enableDns?: boolean
}

export interface RenderChartIo {
  out(text: string): void
  err(text: string): void
  readonly env: Readonly<Record<string, string | undefined>>
  readStdin(): Promise<string>
}

/** `flotilla render helm [NAME] CHART`. */
export async function renderChartCommand(args: readonly string[], flags: RenderChartFlags, io: RenderChartIo): Promise<void> {
  const helmMajor = majorOf(flags.helmVersion)
  refuseUnserved(flags)
  if (flags.kubeVersion) parseKubeVersion(flags.kubeVersion)
  const mode = dryRunMode(flags, helmMajor)
  const { name, chart } = nameAndChart(args, flags)
  if (mode === 'wrong' && helmMajor === 3)
    throw new HelmError('Invalid dry-run flag. Flag must one of the following: false, true, none, client, server')
  const isServer = mode === 'server'
  const validates = flags.validate === true
  const live = {
    lookup: isServer || flags.context !== undefined || (helmMajor === 4 && validates),
    capabilities: flags.context !== undefined || validates || (helmMajor === 4 && isServer),
    check: validates || (helmMajor === 4 && isServer),
  }
  const { helmVersion: _helm, context, dryRun: _mode, ...rest } = flags
  const options: RenderChartOptions = {
    ...rest,
    helmMajor,
    env: io.env,
    readStdin: once(() => io.readStdin()),
    ...(context === undefined ? {} : { kubeContext: context }),
    ...(live.lookup || live.capabilities ? { live } : {}),
    ...(await passwordOf(flags, io)),
  }
  const warn = (message: string) => io.err(`${message}\n`)
  if (flags.outputDir === undefined || flags.outputDir === '') {
    io.out(await renderChart(name, chart, options, warn))
    return
  }
  for (const path of writeParts(await renderChartParts(name, chart, options, warn), flags, flags.outputDir, name))
    io.out(`wrote ${path}\n`)
  // Nothing is left to be printed then, which --show-only does not find its files in.
  const [pattern] = flags.showOnly ?? []
  if (pattern !== undefined) throw new HelmError(`could not find template ${pattern} in chart`)
  io.out('\n')
}

function majorOf(given: string | undefined): 3 | 4 {
  if (given === undefined || /^v?3(?:\.|$)/.test(given)) return 3
  if (/^v?4(?:\.|$)/.test(given)) return 4
  throw new UsageError({
    code: 'bad-render-option',
    message: `--helm-version ${given}: expected 3 or 4`,
    fix: 'Use one of them.',
  })
}

function refuseUnserved(flags: RenderChartFlags): void {
  const refuse = (flag: string, why: string, fix: string) => {
    throw new UsageError({ code: 'helm-flag-not-served', message: `${flag}: ${why}`, fix })
  }
  if (flags.postRenderer !== undefined && flags.postRenderer !== '')
    refuse('--post-renderer', 'programs are not run here: a chart could bring its own', 'Pipe the output into the program.')
  if (flags.verify === true)
    refuse('--verify', 'provenance files are not checked here', 'Use helm pull --verify, and render what it fetched.')
  if (flags.enableDns === true) refuse('--enable-dns', 'templates do not reach the network here', 'Give the address as a value.')
  if (flags.password !== undefined && flags.passwordStdin === true)
    refuse('--password-stdin', '--password gives one already', 'Leave one of the two out.')
}

/** The mode of --dry-run; `client` unless told. */
function dryRunMode(flags: RenderChartFlags, helmMajor: 3 | 4): 'client' | 'server' | 'wrong' {
  const { dryRun } = flags
  if (dryRun === undefined || dryRun === true || dryRun === '') return 'client'
  const mode = String(dryRun)
  if (helmMajor === 3) {
    // Helm 3 looks up with `none` and `false` too.
    if (mode === 'server' || mode === 'none' || mode === 'false') return 'server'
    return mode === 'client' || mode === 'true' ? 'client' : 'wrong'
  }
  if (flags.validate === true)
    throw new HelmError(
      'if any flags in the group [validate dry-run] are set none of the others can be; [dry-run validate] were all set',
    )
  if (mode === 'server') return 'server'
  if (mode === 'client' || mode === 'true') return 'client'
  if (mode === 'none' || mode === 'false')
    throw new HelmError(`invalid dry-run value (${JSON.stringify(mode)}). Must be "server" or "client"`)
  throw new HelmError(`invalid dry-run value (${JSON.stringify(mode)}). Must be "none", "server", or "client"`)
}

/** From --password, standard input, or the environment; never shown. */
async function passwordOf(flags: RenderChartFlags, io: RenderChartIo): Promise<{ password?: string }> {
  if (flags.password !== undefined) return { password: flags.password }
  if (flags.passwordStdin === true) return { password: (await io.readStdin()).replace(/\r?\n$/, '') }
  const given = io.env['FLOTILLA_CHART_PASSWORD']
  return given === undefined || flags.username === undefined ? {} : { password: given }
}

function once(read: () => Promise<string>): () => Promise<string> {
  let text: Promise<string> | undefined
  return () => (text ??= read())
}

function nameAndChart(args: readonly string[], flags: RenderChartFlags): { name: string; chart: string } {
  const [first = '', second, ...rest] = args
  if (rest.length > 0) throw new HelmError(`expected at most two arguments, unexpected arguments: ${rest.join(', ')}`)
  if (second !== undefined) {
    if (flags.generateName) throw new HelmError('cannot set --generate-name and also specify a name')
    if (flags.nameTemplate) throw new HelmError('cannot set --name-template and also specify a name')
    return { name: first, chart: second }
  }
  if (flags.nameTemplate)
    return { name: renderReleaseName(flags.nameTemplate, { clock: systemClock, random: systemRandom }), chart: first }
  return { name: 'release-name', chart: first }
}

/**
 * Writes each document below the directory, under the path of its template; the first of a path replaces the file. The name of the
 * release (--release-name) is no part of the paths of crds/, as with helm.
 */
function writeParts(chart: RenderedChart, flags: RenderChartFlags, outputDir: string, name: string): string[] {
  const written: string[] = []
  const seen = new Set<string>()
  const write = (directory: string, path: string, content: string) => {
    // Names of charts and templates are the chart's.
    if (path.split(/[\\/]/).includes('..'))
      throw new HelmError(`template ${JSON.stringify(path)} is outside of the output directory`)
    const file = `${directory}/${path}`
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `---\n# Source: ${path}\n${content}\n`, { flag: seen.has(file) ? 'a' : 'w' })
    seen.add(file)
    written.push(file)
  }
  const directory = flags.releaseName === true ? join(outputDir, name) : outputDir
  if (flags.includeCrds === true) for (const { path, content } of chart.crds) write(outputDir, path, content)
  for (const { path, content } of chart.manifests) write(directory, path, content)
  if (flags.noHooks === true) return written
  for (const { path, content, events } of chart.hooks)
    if (!(flags.skipTests === true && events.includes('test'))) write(directory, path, content)
  return written
}
