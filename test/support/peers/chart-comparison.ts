import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { renderChart } from '../../../src/app/rendering/render-chart.js'
import { messageOf } from '../../../src/base/errors.js'
import type { Json } from '../../../src/base/json.js'
import { formatYaml } from '../../../src/formats/yaml/format-yaml.js'
import { parseYaml, parseYamlDocuments } from '../../../src/formats/yaml/parse-yaml.js'

export type ChartVerdict =
  | 'identical bytes'
  | 'identical objects'
  | 'random'
  | 'different'
  | 'refused by both'
  | 'refused by both, in other words'
  | 'refused by helm only'
  | 'refused here only'

export interface ChartComparison {
  readonly chart: string
  readonly values: string
  readonly verdict: ChartVerdict
  /** The first difference, or both messages. */
  readonly detail: string
}

/** Directories of charts below a root that are no parts of other charts; links to directories are followed. */
export function findCharts(root: string, depth = 0): string[] {
  if (existsSync(join(root, 'Chart.yaml'))) return [root]
  if (depth > 12) return []
  return readdirSync(root)
    .sort()
    .map((name) => join(root, name))
    .flatMap((path) => (statSync(path, { throwIfNoEntry: false })?.isDirectory() ? findCharts(path, depth + 1) : []))
}

/**
 * Files of values to render a chart with: none, its own ci/*.yaml and values-*.yaml, everything enabled, switches turned, what is empty
 * filled. Those that are made stand below `scratch`.
 */
export function valueSets(chart: string, scratch: string): { name: string; files: string[] }[] {
  const sets: { name: string; files: string[] }[] = [{ name: 'defaults', files: [] }]
  const directory = join(chart, 'ci')
  if (existsSync(directory)) {
    const own = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name))
    for (const name of own.sort().slice(0, 12)) sets.push({ name: `ci/${name}`, files: [join(directory, name)] })
  }
  const more = readdirSync(chart).filter((name) => /^values[-_.].+\.ya?ml$/.test(name) && name !== 'values.schema.yaml')
  for (const name of more.sort().slice(0, 12)) sets.push({ name, files: [join(chart, name)] })
  let values: Json
  try {
    values = parseYaml(readFileSync(join(chart, 'values.yaml'), 'utf8'), { duplicateKeys: 'last' })
  } catch {
    return sets
  }
  const folder = mkdtempSync(join(scratch, 'values-'))
  const edits: Record<string, (value: Json, key: string) => Json | undefined> = {
    enabled: (value, key) => (value === false && /enabled?$|^create$|^install$/i.test(key) ? true : undefined),
    turned: (value) => (typeof value === 'boolean' ? !value : undefined),
    filled: (value) => {
      if (Array.isArray(value)) return value.length === 0 ? [{ name: 'filled', value: '1' }] : undefined
      if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? { filled: 'yes' } : undefined
      return value === '' || value === null ? 'filled' : undefined
    },
  }
  for (const [name, edit] of Object.entries(edits)) {
    const edited = editValues(values, edit, '')
    if (isDeepStrictEqual(edited, values)) continue
    const file = join(folder, `${name}.yaml`)
    writeFileSync(file, formatYaml(edited))
    sets.push({ name, files: [file] })
  }
  return sets
}

function editValues(value: Json, edit: (value: Json, key: string) => Json | undefined, key: string): Json {
  const edited = edit(value, key)
  if (edited !== undefined) return edited
  if (Array.isArray(value)) return value.map((item) => editValues(item, edit, ''))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, editValues(item, edit, name)]))
}

interface Outcome {
  readonly output?: string
  readonly error?: string
}

function runHelm(program: string, chart: string, files: readonly string[]): Promise<Outcome> {
  const args = ['template', 'rel', chart, '-n', 'ns1', '--include-crds', ...files.flatMap((file) => ['-f', file])]
  const options = { maxBuffer: 256 * 1024 * 1024, env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' } }
  return new Promise((done) => {
    execFile(program, args, options, (failure, stdout, stderr) => {
      if (failure === null) done({ output: stdout })
      const error = stderr.slice(stderr.search(/^Error: /m) + 'Error: '.length)
      done({ error: error.replace('\n\nUse --debug flag to render out invalid YAML', '').trimEnd() })
    })
  })
}

/** Renders a chart with helm and here, at the same time. Only what helm itself makes different each time counts as random. */
export async function compareChart(
  program: string,
  chart: string,
  set: { name: string; files: string[] },
  helmMajor: 3 | 4 = 3,
): Promise<ChartComparison> {
  const asked = runHelm(program, chart, set.files)
  let ours: Outcome
  try {
    ours = {
      output: await renderChart('rel', chart, { namespace: 'ns1', includeCrds: true, values: set.files, helmMajor }, () => {}),
    }
  } catch (error) {
    ours = { error: messageOf(error).trimEnd() }
  }
  const theirs = await asked
  const found = (verdict: ChartVerdict, detail = ''): ChartComparison => ({ chart, values: set.name, verdict, detail })
  if (theirs.output === undefined || ours.output === undefined) {
    const both = `helm: ${theirs.error?.slice(0, 600) ?? 'renders'}\nhere: ${ours.error?.slice(0, 600) ?? 'renders'}`
    if (ours.output !== undefined) return found('refused by helm only', both)
    if (theirs.output !== undefined) return found('refused here only', both)
    // Helm tells what does not fit a schema in an order of its own each time.
    const lines = (text = '') => text.split('\n').sort().join('\n')
    return lines(ours.error) === lines(theirs.error) ? found('refused by both') : found('refused by both, in other words', both)
  }
  if (ours.output === theirs.output) return found('identical bytes')
  const again = (await runHelm(program, chart, set.files)).output ?? ''
  if (again !== theirs.output && sameBut(theirs.output, again, ours.output)) return found('random')
  const detail = firstDifference(theirs.output, ours.output)
  const objects = (text: string) => parseYamlDocuments(text, { duplicateKeys: 'last' }).map(({ value }) => value)
  try {
    if (isDeepStrictEqual(objects(theirs.output), objects(ours.output))) return found('identical objects', detail)
  } catch {
    // Output that is no YAML can only be the same byte for byte.
  }
  return found('different', detail)
}

/** Whether a third text differs only in the lines in which two of helm differ (their indentation and key being the same). */
function sameBut(one: string, two: string, ours: string): boolean {
  const [a, b, c] = [one.split('\n'), two.split('\n'), ours.split('\n')]
  if (a.length !== b.length || a.length !== c.length) return false
  const stem = (line: string) => /^\s*(?:- )?(?:[^:"]*:)?/.exec(line)?.[0]
  return a.every((line, index) => line === c[index] || (line !== b[index] && stem(line) === stem(c[index]!)))
}

function firstDifference(theirs: string, ours: string): string {
  const left = theirs.split('\n')
  const right = ours.split('\n')
  const at = left.findIndex((line, index) => line !== right[index])
  const index = at === -1 ? left.length : at
  const source = left.slice(0, index + 1).findLast((line) => line.startsWith('# Source: ')) ?? ''
  const show = (lines: string[]) =>
    lines
      .slice(index, index + 3)
      .map((line) => line.slice(0, 200))
      .join('\n      ')
  return `${source} line ${index + 1}\nhelm: ${show(left)}\nhere: ${show(right)}`
}

export function formatChartTable(groups: ReadonlyMap<string, readonly ChartComparison[]>): string {
  const verdicts: readonly ChartVerdict[] = [
    'identical bytes',
    'identical objects',
    'random',
    'different',
    'refused by both',
    'refused by both, in other words',
    'refused by helm only',
    'refused here only',
  ]
  const rows = [...groups].map(([group, all]) => [
    group,
    ...verdicts.map((verdict) => all.filter((one) => one.verdict === verdict).length),
  ])
  const totals = verdicts.map((_, index) => rows.reduce((sum, row) => sum + Number(row[index + 1]), 0))
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [line(['', ...verdicts]), line(['', ...verdicts].map(() => '---')), ...rows.map(line), line(['all', ...totals])].join(
    '\n',
  )
}
