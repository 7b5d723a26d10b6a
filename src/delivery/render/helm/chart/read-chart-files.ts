import type { Tree } from '../../tree.js'
import { HelmError } from '../helm-error.js'
import type { ChartFile } from './chart.js'
import { type IgnoreRules, parseHelmIgnore } from './helm-ignore.js'

const maxFileBytes = 5 * 1024 * 1024
const maxChartBytes = 100 * 1024 * 1024
const maxFiles = 20_000

/** The files of a chart's directory, in the order in which Helm reads them, without those that .helmignore names. */
export async function readChartFiles(tree: Tree, path: string): Promise<ChartFile[]> {
  const below = (name: string) => (path === '' ? name : name === '' ? path : `${path}/${name}`)
  const ignoreFile = await tree.read(below('.helmignore'))
  const isIgnored = parseHelmIgnore(ignoreFile === undefined ? '' : new TextDecoder().decode(ignoreFile))
  const paths = await filePaths(tree, below, isIgnored, '', 0)
  if (paths.length > maxFiles) throw new HelmError(`the chart has more than ${maxFiles} files`)
  let total = 0
  return await Promise.all(
    paths.map(async (name) => {
      const data = await tree.read(below(name))
      if (data === undefined) throw new HelmError(`error reading ${name}: it is a link that leads nowhere, or out of the tree`)
      total += data.length
      if (data.length > maxFileBytes)
        throw new HelmError(
          `chart file ${JSON.stringify(name.slice(name.lastIndexOf('/') + 1))} is larger than the maximum file size ${maxFileBytes}`,
        )
      if (total > maxChartBytes) throw new HelmError(`the chart is larger than ${maxChartBytes} bytes`)
      return { name, data: withoutMark(data) }
    }),
  )
}

async function filePaths(
  tree: Tree,
  below: (name: string) => string,
  isIgnored: IgnoreRules,
  directory: string,
  depth: number,
): Promise<string[]> {
  // Links to directories may lead back to where they stand.
  if (depth > 64) throw new HelmError(`${directory}: directories inside each other more than 64 deep`)
  const paths: string[] = []
  for (const entry of (await tree.list(below(directory))) ?? []) {
    const name = directory === '' ? entry.name : `${directory}/${entry.name}`
    const isDirectory = entry.kind === 'directory' || (entry.kind === 'symlink' && (await tree.list(below(name))) !== undefined)
    if (entry.kind === 'submodule' || isIgnored(name, isDirectory)) continue
    if (!isDirectory) paths.push(name)
    else paths.push(...(await filePaths(tree, below, isIgnored, name, depth + 1)))
    if (paths.length > maxFiles) break
  }
  return paths
}

/** A byte order mark at the start is no part of a file. */
export function withoutMark(data: Uint8Array): Uint8Array {
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data
}
