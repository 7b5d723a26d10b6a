import { execFile } from 'node:child_process'
import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openDirectoryTree } from '../../../src/app/rendering/render-directory.js'
import { equalJson } from '../../../src/base/json.js'
import { buildKustomization, formatResources } from '../../../src/delivery/render/kustomize/build-kustomization.js'
import { parseYamlDocuments } from '../../../src/formats/yaml/parse-yaml.js'
import { builtInSchemas } from '../../../src/kube/schema/built-in.js'

export const verdicts = ['identical bytes', 'identical objects', 'different', 'refused by both', 'refused by one'] as const
export type Verdict = (typeof verdicts)[number]

export interface Comparison {
  readonly directory: string
  readonly verdict: Verdict
  /** For people: what each said, or the first lines that differ. */
  readonly detail: string
  readonly ours: string | Error
  readonly theirs: { readonly stdout: string; readonly stderr: string; readonly refused: boolean }
}

/** Builds a directory with the real program and with ours. The real one gets no network: a proxy where nobody listens. */
/** What the real program writes of itself where `buildMetadata` asks for it. */
function managedByOf(program: readonly string[]): string {
  return `kustomize-v${/-(\d+\.\d+\.\d+)$/.exec(program[0] ?? '')?.[1] ?? ''}`
}

export async function compareBuilds(program: readonly string[], directory: string): Promise<Comparison> {
  const [theirs, ours] = await Promise.all([runReal(program, directory), runOurs(directory, managedByOf(program))])
  const failed = ours instanceof Error
  const result = (verdict: Verdict, detail = ''): Comparison => ({ directory, verdict, detail, ours, theirs })
  if (theirs.refused && failed) return result('refused by both', `real: ${theirs.stderr.trim()}\nours: ${ours.message}`)
  if (theirs.refused) return result('refused by one', `only the real one: ${theirs.stderr.trim()}`)
  if (failed) return result('refused by one', `only we: ${ours.message}`)
  if (ours === theirs.stdout) return result('identical bytes')
  const same = equalJson(valuesOf(ours), valuesOf(theirs.stdout))
  return result(same ? 'identical objects' : 'different', firstDifference(theirs.stdout, ours))
}

function runReal(program: readonly string[], directory: string): Promise<Comparison['theirs']> {
  const proxy = 'http://127.0.0.1:9'
  const env = {
    ...process.env,
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    http_proxy: proxy,
    https_proxy: proxy,
    GIT_TERMINAL_PROMPT: '0',
  }
  const [command, ...args] = program
  return new Promise((resolve) => {
    execFile(
      command!,
      [...args, directory],
      { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024, timeout: 300_000, env },
      (error, stdout, stderr) => resolve({ stdout, stderr, refused: error !== null }),
    )
  })
}

async function runOurs(directory: string, managedBy: string): Promise<string | Error> {
  try {
    const { tree, path } = await openDirectoryTree(directory)
    return formatResources((await buildKustomization(tree, path, { schemas: builtInSchemas, managedBy })).objects)
  } catch (error) {
    return error as Error
  }
}

function valuesOf(text: string): unknown {
  return parseYamlDocuments(text, { dialect: 'kyaml', source: 'output' }).map((document) => document.value)
}

export function firstDifference(expected: string, actual: string): string {
  const left = expected.split('\n')
  const right = actual.split('\n')
  let at = 0
  while (at < left.length && left[at] === right[at]) at++
  const around = (lines: string[], sign: string) => lines.slice(at, at + 5).map((line) => `${sign}${line.slice(0, 200)}`)
  const before = left.slice(Math.max(0, at - 4), at).map((line) => ` ${line.slice(0, 200)}`)
  return [`line ${at + 1}:`, ...before, ...around(left, '-'), ...around(right, '+')].join('\n')
}

/** Every directory below `root` that has a kustomization file; links are not followed. */
export function findKustomizations(root: string): string[] {
  const found = new Set<string>()
  const walk = (directory: string) => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name)
      if (entry.isDirectory() && entry.name !== '.git' && entry.name !== 'node_modules') walk(path)
      else if (/^(kustomization\.ya?ml|Kustomization)$/.test(entry.name) && !lstatSync(path).isDirectory()) found.add(directory)
    }
  }
  walk(root)
  return [...found].sort()
}

/** Counts of verdicts as a table with one row for each group. */
export function formatVerdicts(groups: ReadonlyMap<string, readonly Comparison[]>): string {
  const width = Math.max(...[...groups.keys()].map((name) => name.length), 5)
  const row = (name: string, cells: readonly (string | number)[]) =>
    [name.padEnd(width), ...cells.map((cell, index) => String(cell).padStart(verdicts[index]!.length))].join('  ')
  const count = (all: readonly Comparison[]) => verdicts.map((verdict) => all.filter((one) => one.verdict === verdict).length)
  const all = [...groups.values()].flat()
  return [row('', verdicts), ...[...groups].map(([name, some]) => row(name, count(some))), row('total', count(all))].join('\n')
}
