import { posix } from 'node:path'
import type { GenerationProblem, InputText, RenderedObject, Unreadable } from '../../areas/analysis/load/input-text.js'
import { messageOf } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { buildKustomization } from '../../delivery/render/kustomize/build-kustomization.js'
import { createDocumentCache } from '../../delivery/render/kustomize/sources/read-documents.js'
import { parseYamlDocuments } from '../../formats/yaml/parse-yaml.js'
import { builtInSchemas } from '../../kube/schema/built-in.js'
import { openDirectoryTree } from '../rendering/render-directory.js'
import type { Gathered } from './gather-inputs.js'
import { onlyWithin } from './inputs-tree.js'
import { renderCharts } from './render-charts.js'

/** The inputs with kustomizations and charts rendered: what would be applied, and what of the files is only made into that. */
export interface RenderedInputs {
  readonly texts: readonly InputText[]
  readonly rendered: readonly RenderedObject[]
  readonly unreadable: readonly Unreadable[]
  readonly generation: readonly GenerationProblem[]
}

export async function renderInputs(gathered: Gathered): Promise<RenderedInputs> {
  const rendered: RenderedObject[] = []
  const unreadable: Unreadable[] = [...gathered.unreadable]
  const parts = kustomizationParts(gathered)
  // Overlays take the same bases in, again and again.
  const documents = createDocumentCache({ maxEntries: 500 })
  const sources = new Set<string>()
  for (const folder of gathered.kustomizations) {
    const part = parts.get(folder)
    // Patches are no objects, rendered or not.
    for (const path of part?.patches ?? []) sources.add(path)
    // A component only changes what takes it in, and Rancher Fleet lays its overlays over charts.
    if (part?.isComponent === true || isBelowFleet(folder, gathered))
      for (const path of allFiles(folder, parts)) sources.add(path)
  }
  for (const folder of gathered.kustomizations) {
    if ([...parts.values()].some(({ folders }) => folders.includes(folder))) continue
    if (parts.get(folder)?.isComponent === true || isBelowFleet(folder, gathered)) continue
    let place = ''
    const file = parts.get(folder)?.file ?? folder
    try {
      const { tree, path } = await openDirectoryTree(folder)
      place = path
      const options = { schemas: builtInSchemas, elapsed: () => performance.now(), maxMilliseconds: 60_000, documents }
      const build = () => buildKustomization(tree, path, options)
      const { objects } = await build().catch(async (error: unknown) => {
        if (!/ is not in or below /.test(messageOf(error))) throw error
        const within = await onlyWithin(tree, gathered.roots)
        const result = await buildKustomization(within, path, { ...options, loadRestrictions: 'none' }).catch(() => undefined)
        if (result === undefined) throw error
        unreadable.push({
          file,
          line: 1,
          column: 1,
          severity: 'note',
          message:
            'the kustomization takes files from outside of its directory, which Flux allows, and kubectl and Argo CD only if they are told',
          fix: 'Build it with `--load-restrictor LoadRestrictionsNone` (Argo CD: `kustomize.buildOptions`), or make a base of the file.',
        })
        return result
      })
      const files = new Set(allFiles(folder, parts))
      for (const value of objects) rendered.push({ value, file, sources: files })
      for (const path of files) sources.add(path)
    } catch (error) {
      const above = place.endsWith(`/${folder}`) ? place.slice(0, -folder.length) : `${place}/`
      const message = messageOf(error).replaceAll(`${place}/`, '').replaceAll(place, folder).replaceAll(above, '')
      const elsewhere = /remote|https?:\/\/|git|helmCharts|--enable-helm|is no built-in plugin/i.test(message)
      unreadable.push({
        file,
        line: 1,
        column: 1,
        message: `the kustomization ${elsewhere ? 'needs what is not here, and was not rendered' : 'does not build'}: ${message}`,
        ...(elsewhere
          ? { severity: 'note' as const, fix: 'Nothing has to be done; what comes from elsewhere is not checked.' }
          : /secretGenerator .* no such file/.test(message)
            ? {
                severity: 'warning' as const,
                fix: 'If the secret is kept out of the repository, whoever builds this has to put the file there before; else add it.',
              }
            : {}),
      })
    }
  }
  const generation = await renderCharts(gathered, rendered, unreadable)
  return {
    texts: gathered.texts.map((text) => (sources.has(text.path) ? { ...text, isSource: true } : text)),
    rendered,
    unreadable,
    generation,
  }
}

function isBelowFleet(folder: string, { texts }: Gathered): boolean {
  return texts.some(({ path }) => /(^|\/)fleet\.yaml$/.test(path) && `${folder}/`.startsWith(`${posix.dirname(path)}/`))
}

interface KustomizationParts {
  readonly file: string
  readonly isComponent: boolean
  /** Kustomizations that it takes in. */
  readonly folders: readonly string[]
  readonly files: readonly string[]
  readonly patches: readonly string[]
}

function kustomizationParts({ texts, kustomizations }: Gathered): Map<string, KustomizationParts> {
  const found = new Map<string, KustomizationParts>()
  const all = new Set(kustomizations)
  for (const { path, text } of texts) {
    if (!/(^|\/)kustomization(\.ya?ml)?$/i.test(path)) continue
    const folder = posix.dirname(path)
    let value: unknown
    try {
      value = parseYamlDocuments(text)[0]?.value
    } catch {
      continue
    }
    if (!isObject(value)) continue
    const named = (...keys: string[]): string[] =>
      keys
        .flatMap((key) => (Array.isArray(value[key]) ? value[key] : []))
        .flatMap((entry: unknown) => {
          const text = typeof entry === 'string' ? entry : isObject(entry) ? entry['path'] : undefined
          return typeof text === 'string' && !text.includes('\n') ? [posix.join(folder, text)] : []
        })
    const resources = named('resources', 'bases', 'components', 'crds')
    found.set(folder, {
      file: path,
      isComponent: value['kind'] === 'Component',
      folders: resources.filter((path) => all.has(path)),
      files: resources.filter((path) => !all.has(path)),
      patches: named(
        'patches',
        'patchesStrategicMerge',
        'patchesJson6902',
        'transformers',
        'generators',
        'configurations',
        'replacements',
      ),
    })
  }
  return found
}

/** Every file that a kustomization and those below it are made of. */
function allFiles(folder: string, parts: ReadonlyMap<string, KustomizationParts>, seen = new Set<string>()): string[] {
  const part = parts.get(folder)
  if (part === undefined || seen.has(folder)) return []
  seen.add(folder)
  return [...part.files, ...part.patches, ...part.folders.flatMap((below) => allFiles(below, parts, seen))]
}
