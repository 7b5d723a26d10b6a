import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import type { InputText, Unreadable } from '../../areas/analysis/load/input-text.js'
import { messageOf, UsageError } from '../../base/errors.js'

/** What lies below the paths that are to be checked. Paths are as the user would write them, with `/`. */
export interface Gathered {
  readonly texts: InputText[]
  /** Directories with a kustomization. */
  readonly kustomizations: string[]
  /** Directories with a chart, those below another chart's `charts/` left out. */
  readonly charts: string[]
  /** The directories that were named: nothing outside of them was asked for. */
  readonly roots: string[]
  readonly unreadable: Unreadable[]
}

/** `seen`: files that were taken and directories that were walked, by their absolute paths. */
type Gathering = Gathered & { readonly seen: Set<string> }

const read = /\.(ya?ml|json|sh|bash|md)$|^kustomization$/i
const skippedFolders = new Set(['.git', 'node_modules', '.terraform', '.cache', 'dist', 'vendor'])
const largestBytes = 32 * 1024 * 1024

/** Reads files and everything below directories, each once. A path that is not there is a mistake of the caller's. */
export async function gatherInputs(paths: readonly string[]): Promise<Gathered> {
  const gathered: Gathering = { texts: [], kustomizations: [], charts: [], roots: [], unreadable: [], seen: new Set() }
  for (const path of paths) {
    const there = await stat(path).catch(() => undefined)
    if (there === undefined) {
      throw new UsageError({
        code: 'check-path',
        message: `there is no ${path}`,
        fix: 'Name files and directories that exist, or - for standard input.',
      })
    }
    if (there.isDirectory()) {
      gathered.roots.push(trimmed(path))
      await walk(trimmed(path), gathered)
    } else await take(trimmed(path), gathered, true)
  }
  return gathered
}

function trimmed(path: string): string {
  const plain = path
    .replaceAll('\\', '/')
    .replace(/\/+$/, '')
    .replace(/^(\.\/)+/, '')
  return plain === '' ? (path.startsWith('/') ? '/' : '.') : plain
}

async function walk(folder: string, gathered: Gathering): Promise<void> {
  if (gathered.seen.has(resolve(folder))) return
  gathered.seen.add(resolve(folder))
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    gathered.unreadable.push({ file: folder, line: 0, column: 0, message: `the directory cannot be read: ${messageOf(error)}` })
    return []
  })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  const isChart = entries.some(({ name, isFile }) => name === 'Chart.yaml' && isFile !== undefined)
  if (isChart) gathered.charts.push(folder)
  if (entries.some(({ name }) => /^kustomization(\.ya?ml)?$/i.test(name))) gathered.kustomizations.push(folder)
  for (const entry of entries) {
    const path = folder === '.' ? entry.name : join(folder, entry.name).replaceAll('\\', '/')
    if (entry.isDirectory()) {
      // Templates are no YAML until they are rendered, and a chart's dependencies are rendered with it.
      if (skippedFolders.has(entry.name) || (isChart && (entry.name === 'templates' || entry.name === 'charts'))) continue
      await walk(path, gathered)
    } else if (entry.isFile() && read.test(entry.name)) await take(path, gathered, false)
  }
}

async function take(path: string, gathered: Gathering, asked: boolean): Promise<void> {
  if (gathered.seen.has(resolve(path))) return
  try {
    const { size } = await stat(path)
    if (size > largestBytes) throw new Error(`it has ${size} bytes, at most ${largestBytes} are read`)
    const text = await readFile(path, 'utf8')
    if (text.includes('\u0000')) {
      if (asked || /\.(ya?ml|json)$/.test(path)) throw new Error('it is no text')
      return
    }
    if (!asked && basename(path).endsWith('.json') && !/"(apiVersion|Changes|ChangeBatch)"/.test(text)) return
    gathered.seen.add(resolve(path))
    gathered.texts.push({ path, text })
  } catch (error) {
    gathered.unreadable.push({ file: path, line: 0, column: 0, message: `the file cannot be read: ${messageOf(error)}` })
  }
}
