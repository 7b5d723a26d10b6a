import { readFile } from 'node:fs/promises'
import { parse, posix } from 'node:path'
import type { GenerationProblem, RenderedObject, Unreadable } from '../../areas/analysis/load/input-text.js'
import { messageOf } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { parseYamlDocuments } from '../../formats/yaml/parse-yaml.js'
import { YamlError } from '../../formats/yaml/yaml-error.js'
import { builtInResources } from '../../kube/schema/resources.js'
import { renderChartParts } from '../rendering/render-chart.js'
import { type ChartInstall, chartInstalls } from './chart-installs.js'
import type { Gathered } from './gather-inputs.js'
import { onlyWithin } from './inputs-tree.js'

/** Every cluster has these, and Helm knows no kinds without one: charts fall back to versions that are gone. */
const servedEverywhere = [
  'apiregistration.k8s.io/v1',
  'apiregistration.k8s.io/v1/APIService',
  ...builtInResources
    .filter(({ version }) => /^v\d+$/.test(version))
    .map(({ group, version, kind }) => `${group === '' ? '' : `${group}/`}${version}/${kind}`),
]
const noSources: ReadonlySet<string> = new Set()
/** A chart that more than so many install is rendered for the first of them. */
const mostInstalls = 100
/** For all charts together. */
const mostMilliseconds = 120_000

/**
 * Renders every chart as it is installed by something of the inputs, or, where nothing does, with its own values. Returns what keeps
 * ApplicationSets from installing anything.
 */
export async function renderCharts(
  gathered: Gathered,
  rendered: RenderedObject[],
  unreadable: Unreadable[],
): Promise<readonly GenerationProblem[]> {
  const { installs, problems } = await chartInstalls(gathered)
  const beganAt = performance.now()
  for (const folder of gathered.charts) {
    const all = installs.get(folder) ?? []
    const seen = new Set<string>()
    for (const install of all.slice(0, mostInstalls)) {
      if (performance.now() - beganAt > mostMilliseconds) {
        unreadable.push({
          file: `${folder}/Chart.yaml`,
          line: 1,
          column: 1,
          severity: 'warning',
          message:
            'charts took more than two minutes to render: this one and those after it were not checked as they are installed',
          fix: 'Check them apart, or look for a template that does not end.',
        })
        return problems
      }
      const { by: _, file: __, ...what } = install
      const key = JSON.stringify(what)
      if (seen.has(key)) continue
      seen.add(key)
      await renderInstall(folder, install, gathered, rendered, unreadable)
    }
    if (seen.size === 0) await renderAlone(folder, gathered, rendered, unreadable)
  }
  return problems
}

async function renderAlone(
  folder: string,
  gathered: Gathered,
  rendered: RenderedObject[],
  unreadable: Unreadable[],
): Promise<void> {
  try {
    for (const object of await render(folder, gathered, undefined, [], unreadable)) rendered.push(object)
  } catch (error) {
    const message = messageOf(error)
    if (/library charts are not installable/i.test(message)) return
    unreadable.push({
      file: `${folder}/Chart.yaml`,
      line: 1,
      column: 1,
      severity: 'note',
      message: `the chart does not render with its own values, and was not checked: ${message}`,
      fix: 'Nothing has to be done if its values or dependencies come from elsewhere.',
    })
  }
}

async function renderInstall(
  folder: string,
  install: ChartInstall,
  gathered: Gathered,
  rendered: RenderedObject[],
  unreadable: Unreadable[],
): Promise<void> {
  const say = (message: string, severity: 'warning' | 'note', fix: string) =>
    unreadable.push({ file: install.file, line: 1, column: 1, severity, message: `${install.by}: ${message}`, fix })
  const known = new Set(gathered.texts.map(({ path }) => path))
  const files: string[] = []
  for (const given of install.files) {
    const isOptional = given.startsWith('?')
    const path = isOptional ? given.slice(1) : given
    // Only what is among the inputs is read: paths are whatever somebody wrote.
    if (known.has(path) && !path.includes(',')) files.push(path)
    else if (isOptional) continue
    else if (path.includes('://') || !isBeside(path, folder, known)) {
      say(
        `the values ${path} are not among the inputs, and ${folder} was not checked with them`,
        'note',
        'Check the directory that has them too.',
      )
      return
    } else {
      say(
        `there is no ${path}, which ${folder} is to be installed with`,
        'warning',
        'Correct the name of the values file, or add the file.',
      )
      return
    }
  }
  try {
    for (const object of await render(folder, gathered, install, files, unreadable)) rendered.push(object)
  } catch (error) {
    const message = messageOf(error)
    const isElsewhere = /missing in charts|dependenc|library charts/i.test(message)
    say(
      `${folder} does not render as it is installed, and was not checked: ${message}`,
      isElsewhere ? 'note' : 'warning',
      isElsewhere ? 'Nothing has to be done if its dependencies come from elsewhere.' : 'Correct the values or the template.',
    )
  }
}

/** A path into a folder that is read: what is not there is really not there. */
function isBeside(path: string, folder: string, known: ReadonlySet<string>): boolean {
  const parent = posix.dirname(path)
  return parent === folder || [...known].some((each) => posix.dirname(each) === parent)
}

async function render(
  folder: string,
  { roots }: Gathered,
  install: ChartInstall | undefined,
  files: readonly string[],
  unreadable: Unreadable[],
): Promise<RenderedObject[]> {
  const inline = install === undefined || Object.keys(install.inline).length === 0 ? undefined : JSON.stringify(install.inline)
  const parts = await renderChartParts(
    install?.release ?? 'release',
    // Never a name that means a chart elsewhere.
    folder.startsWith('/') ? folder : `./${folder}`,
    {
      // Without a repository around it a link could lead anywhere on this machine.
      bound: async (tree) => (tree.id === parse(tree.id).root ? onlyWithin(tree, roots) : tree),
      includeCrds: false,
      noHooks: false,
      apiVersions: servedEverywhere,
      values: inline === undefined ? files : [...files, '-'],
      readStdin: async () => inline ?? '',
      ...(install === undefined ? {} : { set: install.set, setString: install.setString }),
      ...(install?.namespace === undefined ? {} : { namespace: install.namespace }),
    },
    () => {},
  )
  const kinds = new Map<string, number>()
  const made: RenderedObject[] = []
  for (const { path, content } of [...parts.manifests, ...parts.hooks]) {
    const template = `${folder}/${path.split('/').slice(1).join('/')}`
    const text = await readFile(template, 'utf8').catch(() => '')
    const told = (key: string) => {
      const problem = twinKey(template, text, key)
      if (!unreadable.some(({ file, message }) => file === problem.file && message === problem.message)) unreadable.push(problem)
    }
    for (const { value } of readMade(content, told)) {
      if (!isObject(value)) continue
      const key = `${template} ${String(value['kind'])}`
      const before = kinds.get(key) ?? 0
      kinds.set(key, before + 1)
      made.push({
        value,
        file: template,
        // What a template makes was written nowhere else, whatever kustomizations have objects of that name.
        sources: noSources,
        line: lineOfKind(text, String(value['kind']), before),
        ...(install === undefined ? {} : { cluster: install.cluster, install: `${install.by} of ${install.file}` }),
      })
    }
  }
  return made
}

/** Documents as Helm reads what it made: of two keys the last counts, which is told. */
function readMade(content: string, tellTwin: (key: string) => void): readonly { readonly value: unknown }[] {
  try {
    return parseYamlDocuments(content)
  } catch (error) {
    const key = error instanceof YamlError ? /key "(.*)" is already set in this map/.exec(error.message)?.[1] : undefined
    if (key === undefined) throw error
    const documents = parseYamlDocuments(content, { duplicateKeys: 'last' })
    tellTwin(key)
    return documents
  }
}

function twinKey(template: string, text: string, key: string): Unreadable {
  const lines = text.split('\n')
  const written = lines.findLastIndex((line) => line.trimStart().startsWith(`${key}:`))
  return {
    file: template,
    line: Math.max(written, 0) + 1,
    column: 1,
    severity: 'warning',
    message: `key "${key}" is already set in what the template makes: Helm takes the last one, and what Flux or kustomize do afterwards refuses both`,
    fix: /^(apiVersion|kind|metadata)$/.test(key)
      ? 'Put a `---` between the two objects: as it is, they are one, and the first is lost.'
      : 'Take one of them out.',
  }
}

/** Where a template writes the kind of an object: the first place for the first one of its kind, and so on; a loop has but one. */
function lineOfKind(template: string, kind: string, before: number): number {
  const lines = template.split('\n')
  const found = lines.flatMap((line, index) => (/^\s*kind:\s*["']?(\w+)["']?\s*$/.exec(line)?.[1] === kind ? [index + 1] : []))
  return found[Math.min(before, found.length - 1)] ?? 1
}
