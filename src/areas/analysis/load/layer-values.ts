import { isObject } from '../../../base/json.js'
import type { Document } from '../model/document.js'
import type { HelmValues } from '../model/helm-values.js'
import { LayeredValues } from '../model/layered-values.js'
import type { Settings } from '../model/settings.js'
import { makeValues, ownNames } from './make-values.js'
import { toolsOf } from './recognise.js'

/**
 * Values files that are given together: one for all, and one for each cluster that is laid over it. As `flotilla.yaml` says
 * (`values` of a cluster, in order); else, of a file NAME.yaml with values of a known tool,
 *
 * - NAME-CLUSTER.yaml and NAME.CLUSTER.yaml beside it,
 * - CLUSTER/NAME.yaml and clusters/CLUSTER/NAME.yaml below it,
 *
 * where CLUSTER is known as one, or the upper file says what the tool is to call it. Returned by the document that they stand for:
 * the upper one has all of them, the lower one none of its own.
 */
export function layersOf(documents: readonly Document[], settings: Settings): ReadonlyMap<Document, readonly HelmValues[]> {
  const found = new Map<Document, HelmValues[]>()
  const files = new Map<string, Document>()
  for (const document of documents)
    if (document.role === 'helm-values' && document.parent === undefined && !files.has(document.source))
      files.set(document.source, document)
  if (files.size < 2) return found
  const told = new Set<Document>()
  for (const { name, values } of settings.clusters) {
    const given = values.flatMap((path) => files.get(path) ?? [])
    if (given.length < 2) continue
    for (const document of given) told.add(document)
    lay(given, name, found)
  }
  const clusters = new Set([
    ...settings.clusters.flatMap(({ name, aliases }) => [name, ...aliases]),
    ...documents.flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster])),
  ])
  for (const upper of files.values()) {
    if (told.has(upper)) continue
    for (const [base, name] of basesOf(upper.source)) {
      const lower = files.get(base)
      if (lower === undefined || told.has(lower) || lower === upper) continue
      const tools = toolsOf(lower.value)
      const isCluster =
        clusters.has(name) || tools.some(({ tool, root }) => namesItself(upper, [...root, ...(ownNames[tool] ?? [])]))
      if (tools.length === 0 || !isCluster) continue
      lay([lower, upper], upper.cluster ?? (clusters.has(name) ? name : undefined), found)
      break
    }
  }
  return found
}

/** Files that a file is laid over by its name, with what stands for the cluster in it. */
function basesOf(path: string): [base: string, cluster: string][] {
  const parts = path.split('/')
  const file = parts.pop()!
  const folder = parts.length === 0 ? '' : `${parts.join('/')}/`
  const bases: [string, string][] = []
  const extension = /\.ya?ml$/.exec(file)?.[0]
  if (extension === undefined) return []
  const stem = file.slice(0, -extension.length)
  // Names of clusters have dashes themselves: every way to part the name.
  for (let at = 1; at < stem.length - 1; at++)
    if (stem[at] === '-' || stem[at] === '.') bases.push([`${folder}${stem.slice(0, at)}${extension}`, stem.slice(at + 1)])
  const last = parts.at(-1)
  if (last !== undefined) {
    const above = parts.slice(0, -1)
    bases.push([[...above, file].join('/'), last])
    if (above.at(-1) === 'clusters') bases.push([[...above.slice(0, -1), file].join('/'), last])
  }
  return bases
}

function namesItself(document: Document, path: readonly (string | number)[]): boolean {
  return path.length > 0 && document.text(...path) !== undefined
}

/** The lowest first. */
function lay(documents: readonly Document[], cluster: string | undefined, found: Map<Document, HelmValues[]>): void {
  const [top] = [...documents].reverse()
  if (top === undefined) return
  const tools = new Map(
    documents.flatMap((document) => toolsOf(document.value)).map((each) => [`${each.tool} ${each.root.join('.')}`, each]),
  )
  const made: HelmValues[] = []
  for (const { tool, root } of tools.values()) {
    const layers = documents
      .filter((document) => isObject(document.get(...root)))
      .map((document) => makeValues(document, tool, root))
    const [first, ...rest] = layers.reverse()
    if (first === undefined) continue
    const own = ownNames[tool]
    const layered = new LayeredValues([first, ...rest], undefined)
    made.push(new LayeredValues([first, ...rest], cluster ?? (own === undefined ? undefined : layered.text(...own))))
  }
  for (const document of documents) if (document !== top && !isOfOneCluster(document)) found.set(document, [])
  found.set(top, [...(found.get(top) ?? []), ...made])
}

/** A lower file that says which cluster it is for counts alone too. */
function isOfOneCluster(document: Document): boolean {
  return toolsOf(document.value).some(({ tool, root }) => namesItself(document, [...root, ...(ownNames[tool] ?? [])]))
}
