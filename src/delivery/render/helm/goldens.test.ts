import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { messageOf } from '../../../base/errors.js'
import { createSeededRandom } from '../../../base/random.js'
import { createTemplateCrypto } from '../../source/helm/template-crypto.js'
import { createMemoryTree } from '../memory-tree.js'
import { loadChart } from './chart/load-chart.js'
import { readChartFiles } from './chart/read-chart-files.js'
import { HelmError } from './helm-error.js'
import { formatOutput } from './output/format-output.js'
import { renderReleaseName } from './release-name.js'
import { templateChart } from './template-chart.js'
import { mergeGivenValues } from './values/merge-values.js'

// goldens/outcomes.json is what `helm template rel CHART ARGS` (3.22) prints, run in goldens/. The real tier rewrites it.
const root = 'src/delivery/render/helm/goldens'
interface Golden {
  readonly chart: string
  readonly args: readonly string[]
  readonly helm?: number
  readonly output?: string
  readonly error?: string
}
const goldens = JSON.parse(readFileSync(join(root, 'outcomes.json'), 'utf8')) as Golden[]

const files: Record<string, Uint8Array> = {}
for (const entry of readdirSync(root, { recursive: true })) {
  const path = join(root, String(entry))
  if (statSync(path).isFile()) files[String(entry).replaceAll('\\', '/')] = readFileSync(path)
}
const tree = createMemoryTree(files)
const ports = {
  clock: { now: () => 1_600_000_000_000 },
  random: createSeededRandom(1),
  crypto: createTemplateCrypto({ now: () => 1_600_000_000_000 }),
  warn: () => {},
}

function readText(path: string): string {
  const bytes = files[path]
  if (bytes === undefined) throw new HelmError(`open ${path}: no such file or directory`)
  return new TextDecoder().decode(bytes)
}

function readArguments(args: readonly string[]) {
  const flags = new Map<string, string[]>()
  for (let index = 0; index < args.length; index++) {
    const flag = args[index]!
    const next = args[index + 1]
    const value = next === undefined || (next.startsWith('-') && next.length > 1) ? 'true' : args[++index]!
    flags.set(flag, [...(flags.get(flag) ?? []), value])
  }
  const all = (flag: string) => flags.get(flag) ?? []
  return { all, one: (flag: string) => all(flag).at(-1), has: (flag: string) => flags.has(flag) }
}

async function render({ chart, args, helm }: Golden): Promise<string> {
  const { all, one, has } = readArguments(args)
  const helmMajor = helm === 4 ? 4 : 3
  const values = mergeGivenValues({
    helmMajor,
    files: all('-f').map((name) => ({ name, text: readText(name) })),
    setJson: all('--set-json'),
    set: all('--set'),
    setString: all('--set-string'),
    setFile: all('--set-file'),
    setLiteral: all('--set-literal'),
    readFile: readText,
  })
  if ((await tree.list(chart)) === undefined) throw new HelmError(`path ${JSON.stringify(chart)} not found`)
  const template = one('--name-template')
  const kubeVersion = one('--kube-version')
  const rendered = templateChart(
    loadChart(await readChartFiles(tree, chart), { warn: () => {}, helmMajor }),
    {
      releaseName: template === undefined ? 'rel' : renderReleaseName(template, ports),
      namespace: one('-n') ?? 'default',
      values,
      isUpgrade: has('--is-upgrade'),
      helmMajor,
      apiVersions: all('-a').flatMap((list) => list.split(',')),
      skipSchemaValidation: has('--skip-schema-validation'),
      ...(kubeVersion === undefined ? {} : { kubeVersion }),
    },
    ports,
  )
  return formatOutput(rendered, {
    includeCrds: has('--include-crds'),
    noHooks: has('--no-hooks'),
    skipTests: has('--skip-tests'),
    showOnly: all('-s'),
    helmMajor,
  })
}

/** Errors whose wording is that of the libraries below Helm: only the part before it is compared. */
const ownWording = /yaml: |invalid JSON|is not valid /

for (const golden of goldens) {
  test(`helm${golden.helm ?? ''} template ${golden.chart} ${golden.args.join(' ').slice(0, 80)}`, async () => {
    let found: string
    try {
      found = await render(golden)
    } catch (error) {
      if (!(error instanceof HelmError)) throw error
      found = `Error: ${messageOf(error).trimEnd()}`
    }
    const expected = golden.output ?? `Error: ${golden.error}`
    const own = ownWording.exec(expected)
    if (own !== null && golden.output === undefined) {
      found = found.slice(0, own.index)
      assert.equal(found, expected.slice(0, own.index))
    } else assert.equal(found, expected)
  })
}
