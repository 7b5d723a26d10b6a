import { messageOf, Stalled } from '../../../base/errors.js'
import { WorkStopped } from '../../../base/work-time.js'
import { parseYaml } from '../../../formats/yaml/parse-yaml.js'
import type { SchemaCatalogue } from '../../../kube/schema/schema-node.js'
import type { ChartInflation } from '../contract.js'
import { buildError, buildErrorIn } from './build-error.js'
import { ResourceList } from './resources/resource-list.js'
import { inflateCharts } from './sources/helm-charts.js'
import { decodeKustomization, type Kustomization } from './sources/kustomization.js'
import { decodeText, isRemoteFile, type Loader } from './sources/loader.js'
import { addOrigin, addTransformation, type Origin, originBelow } from './sources/origin.js'
import { runGeneratorPlugins, runTransformerPlugins, runValidators } from './sources/plugins.js'
import { type DocumentCache, loadResources } from './sources/read-documents.js'
import { loadCrdConfig } from './transformers/crd-config.js'
import { defaultConfig, type TransformerConfig } from './transformers/default-specs.js'
import { generate } from './transformers/generators.js'
import { setImages } from './transformers/images.js'
import { schemasFromOpenApi } from './transformers/openapi-schemas.js'
import { applyJson6902Entry, applyPatchEntry, applyStrategicMergeEntries } from './transformers/patches.js'
import { applyReplacements } from './transformers/replacements.js'
import { decodeTransformerConfig, emptyConfig, mergeConfigs, mergeFieldSpecs } from './transformers/transformer-config.js'
import { addAffix, setMapEntries, setNamespaces, setReplicas } from './transformers/transformers.js'
import { mergeVarSets, mergeVars, type VarSet } from './transformers/vars.js'

export const kustomizationFiles = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const

/** What one build shares over all its directories. */
export interface BuildContext {
  schemas: SchemaCatalogue
  /** The first `openapi` of the build counts, the outermost first. */
  schemasAreSet: boolean
  /**
   * Set once kustomize would have read its own schemas: an `openapi` that comes later adds to them, one before replaces them. A
   * kind that is none of Kubernetes' makes it read them, and so does a strategic merge.
   */
  builtInSchemasAreRead: boolean
  readonly documents: DocumentCache | undefined
  readonly warnings: string[]
  /** Of the top kustomization; undefined when it asks for no metadata. */
  buildMetadata: readonly string[]
  readonly charts: ChartInflation | undefined
  /** Kustomizations that have been entered. */
  entered: number
}

const maxKustomizations = 10_000
const maxDepth = 1000

/** Resources on their way up, with the configuration and the vars that came along. */
export interface Accumulator {
  readonly list: ResourceList
  config: TransformerConfig
  readonly vars: VarSet
}

export function newAccumulator(): Accumulator {
  return { list: new ResourceList(), config: emptyConfig, vars: new Map() }
}

export interface Target {
  readonly kustomization: Kustomization
  readonly loader: Loader
  /** Path of the kustomization file in the tree. */
  readonly file: string
  /** The name of the kustomization file. */
  readonly fileName: string
  origin: Origin | undefined
  /** For releases of charts that name none. */
  chartNamespace: string
}

/** A change of the top kustomization before it is built. */
export type Edit = (kustomization: Kustomization) => Promise<Kustomization> | Kustomization

export async function loadTarget(loader: Loader, context: BuildContext, edit?: Edit): Promise<Target> {
  const found: { name: string; bytes: Uint8Array }[] = []
  for (const name of kustomizationFiles) {
    // One that leads out of the directory counts as none, as in kustomize.
    const file = await loader.find(name).catch((error: unknown) => {
      if (error instanceof Stalled && error.code === 'kustomize-build-failed') return undefined
      throw error
    })
    if (file !== undefined) found.push({ name, bytes: file.bytes })
  }
  const [first] = found
  const directory = loader.name('') || '.'
  if (first === undefined) {
    throw new Stalled({
      code: 'kustomize-no-kustomization',
      message: `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${directory}'`,
    })
  }
  if (found.length > 1) throw buildError(`Found multiple kustomization files under: ${directory}`, 'Keep one of them.')
  const file = loader.name(first.name)
  const { kustomization, warnings } = loader.budget.work(() =>
    decodeKustomization(parseYaml(decodeText(first.bytes), { source: file, duplicateKeys: 'last' }), file),
  )
  context.warnings.push(...warnings)
  const edited = edit === undefined ? kustomization : await edit(kustomization)
  return { kustomization: edited, loader, file, fileName: first.name, origin: undefined, chartNamespace: '' }
}

/** Everything a kustomization does but for what is left to the top: hashes, name references, vars, sorting. */
export async function accumulate(target: Target, into: Accumulator, context: BuildContext): Promise<Accumulator> {
  const { kustomization, loader } = target
  let accumulator = into
  await addResources(target, accumulator, kustomization.resources ?? [], context)
  const own = await configOf(kustomization, loader)
  loader.budget.work(() => {
    accumulator.config = mergeConfigs(accumulator.config, own)
  })
  for (const path of kustomization.crds ?? []) {
    accumulator.config = mergeConfigs(accumulator.config, await loadCrdConfig(loader, path))
  }
  await generateAll(target, accumulator, context)
  for (const path of kustomization.components ?? []) accumulator = await addComponent(target, accumulator, path, context)
  await transform(target, accumulator, context)
  await runValidators(target, accumulator, context)
  loader.budget.work(() => mergeVars(accumulator.vars, kustomization.vars ?? [], accumulator.list))
  return accumulator
}

async function configOf(kustomization: Kustomization, loader: Loader): Promise<TransformerConfig> {
  let own = emptyConfig
  for (const path of kustomization.configurations ?? []) {
    const name = loader.name(path)
    const text = await loader.loadText(path)
    own = loader.budget.work(() => mergeConfigs(own, decodeTransformerConfig(parseYaml(text, { source: name }), name)))
  }
  return mergeConfigs(defaultConfig, own)
}

/** A path is tried as a file first, then as a directory with a kustomization. */
export async function addResources(
  target: Target,
  accumulator: Accumulator,
  paths: readonly string[],
  context: BuildContext,
): Promise<void> {
  const { loader } = target
  for (const path of paths) {
    loader.budget.checkTime(`${target.file}: resources`)
    const pause = loader.budget.time?.pause()
    if (pause !== undefined) await pause
    const file = await findFile(loader, path)
    if (file.found !== undefined) {
      const name = loader.name(path)
      loader.budget.spend(file.found.bytes.length, `${target.file}: resources: '${path}'`)
      const hash = context.documents === undefined || isRemoteFile(path) ? undefined : await loader.tree.hash(file.found.path)
      const { found } = file
      loader.budget.work(() => {
        const resources = loadResources(found, name, hash, context.documents)
        if (target.origin !== undefined) for (const resource of resources) addOrigin(resource, originBelow(target.origin, path))
        if (
          !context.schemasAreSet &&
          resources.some(({ apiVersion, kind }) => context.schemas.forKind(apiVersion, kind) === undefined)
        )
          context.builtInSchemasAreRead = true
        accumulator.list.appendAll(resources)
      })
      continue
    }
    let base: Loader
    try {
      if (file.problem !== undefined && isRemoteFile(path)) throw file.problem
      base = await loader.enter(path)
    } catch (error) {
      throw buildErrorIn(`${target.file}: resources: '${path}'`, file.problem ?? error)
    }
    const below = await enterTarget(target, base, path, context, 'Kustomization')
    const sub = await accumulate(below, newAccumulator(), context)
    loader.budget.work(() => {
      accumulator.list.appendAll(sub.list.items)
      accumulator.config = mergeConfigs(accumulator.config, sub.config)
      mergeVarSets(accumulator.vars, sub.vars)
    })
  }
}

/** A file, or why it cannot be one; a path that is a directory has neither. */
async function findFile(
  loader: Loader,
  path: string,
): Promise<{ found?: { bytes: Uint8Array; path: string } | undefined; problem?: unknown }> {
  // An address of a repository is no file, although a web server may answer to it.
  if (loader.isRemote(path) && !isRemoteFile(path)) return {}
  try {
    return { found: await loader.find(path) }
  } catch (error) {
    // Outside the root it may still be a base, or not be there at all; that is for `enter` to judge.
    if (isRemoteFile(path)) return { problem: error }
    return loader.isRemote(path) || !(await loader.isFile(path)) ? {} : { problem: error }
  }
}

async function addComponent(target: Target, accumulator: Accumulator, path: string, context: BuildContext): Promise<Accumulator> {
  let component: Loader
  try {
    component = await target.loader.enter(path)
  } catch (error) {
    throw buildErrorIn(`${target.file}: components: '${path}'`, error)
  }
  const below = await enterTarget(target, component, path, context, 'Component')
  return accumulate(below, accumulator, context)
}

async function enterTarget(
  target: Target,
  loader: Loader,
  path: string,
  context: BuildContext,
  kind: 'Kustomization' | 'Component',
): Promise<Target> {
  if (++context.entered > maxKustomizations || loader.depth > maxDepth) {
    const limit = loader.depth > maxDepth ? `${maxDepth} deep` : `${maxKustomizations} kustomizations in one build`
    throw buildError(`${target.file}: more than ${limit}`, 'Name each base once.')
  }
  let below: Target
  try {
    below = await loadTarget(loader, context)
  } catch (error) {
    if (error instanceof Stalled && error.code === 'kustomize-no-kustomization') throw buildErrorIn(target.file, error)
    throw error
  }
  if (below.kustomization.kind !== kind) {
    throw buildError(
      `${target.file}: expected kind '${kind}' for path '${path}' but got '${below.kustomization.kind}'`,
      kind === 'Component' ? 'List it under resources.' : 'List it under components.',
    )
  }
  below.origin = target.origin === undefined ? undefined : originBelow(target.origin, path)
  below.chartNamespace = target.kustomization.namespace || target.chartNamespace
  await setSchemas(below, context)
  return below
}

/** `openapi` of the outermost kustomization that has one replaces the built-in schemas. */
export async function setSchemas(target: Target, context: BuildContext): Promise<void> {
  const { openapi } = target.kustomization
  if (openapi === undefined || context.schemasAreSet) return
  const path = openapi['path'] ?? ''
  const version = openapi['version'] ?? ''
  if (path === '') {
    if (version !== '' && version !== 'v1.21.2')
      throw buildError(`${target.file}: the specified OpenAPI version ${version} is not built in`)
    return
  }
  if (version !== '') throw buildError(`${target.file}: openapi: version and path cannot be used together`)
  const name = target.loader.name(path)
  const text = await target.loader.loadText(path)
  const own = target.loader.budget.work(() => schemasFromOpenApi(parseYaml(text, { source: name }), name))
  const builtIn = context.schemas
  context.schemas = context.builtInSchemasAreRead
    ? { forKind: (apiVersion, kind) => own.forKind(apiVersion, kind) ?? builtIn.forKind(apiVersion, kind) }
    : own
  context.schemasAreSet = true
}

async function generateAll(target: Target, accumulator: Accumulator, context: BuildContext): Promise<void> {
  const { kustomization, loader, file } = target
  for (const [kind, entries] of [
    ['ConfigMap', kustomization.configMapGenerator],
    ['Secret', kustomization.secretGenerator],
  ] as const) {
    for (const entry of entries ?? []) {
      const resource = await generate(kind, entry, kustomization.generatorOptions, loader)
      if (target.origin !== undefined) addOrigin(resource, generatorOrigin(target, `${kind}Generator`))
      loader.budget.work(() => accumulator.list.absorb(resource))
      const pause = loader.budget.time?.pause()
      if (pause !== undefined) await pause
    }
  }
  const { schemas, charts: inflate } = context
  for (const resource of await inflateCharts({
    kustomization,
    loader,
    file,
    namespace: target.chartNamespace,
    schemas,
    inflate,
  })) {
    if (target.origin !== undefined) addOrigin(resource, generatorOrigin(target, 'HelmChartInflationGenerator'))
    loader.budget.work(() => accumulator.list.absorb(resource))
  }
  await runGeneratorPlugins(target, accumulator, context)
}

function generatorOrigin(target: Target, kind: string): Origin {
  const { path, ...rest } = target.origin ?? {}
  return { ...rest, configuredIn: joinName(path, target.fileName), configuredBy: { apiVersion: 'builtin', kind } }
}

function joinName(directory: string | undefined, name: string): string {
  return directory === undefined || directory === '' ? name : `${directory}/${name}`
}

async function transform(target: Target, accumulator: Accumulator, context: BuildContext): Promise<void> {
  const { kustomization, loader } = target
  const { list, config } = accumulator
  const { schemas } = context
  const step = async (kind: string, run: () => Promise<void> | void) => {
    try {
      loader.budget.checkTime(kind)
      await loader.budget.work(run)
    } catch (error) {
      if (error instanceof WorkStopped) throw buildError(`${target.file}: ${kind}: the build ${error.message}`, error.fix)
      throw error instanceof Stalled || messageOf(error) !== '' ? buildErrorIn(target.file, error) : error
    }
    list.changed()
    if (target.origin !== undefined) for (const resource of list.items) addTransformation(resource, generatorOrigin(target, kind))
  }
  if ((kustomization.patchesStrategicMerge?.length ?? 0) + (kustomization.patches?.length ?? 0) > 0)
    context.builtInSchemasAreRead ||= !context.schemasAreSet
  if ((kustomization.patchesStrategicMerge?.length ?? 0) > 0) {
    await step('PatchStrategicMergeTransformer', async () => {
      await applyStrategicMergeEntries(list, kustomization.patchesStrategicMerge!, loader, schemas)
    })
  }
  for (const entry of kustomization.patches ?? []) {
    await step('PatchTransformer', () => applyPatchEntry(list, entry, loader, schemas))
  }
  if ((kustomization.namespace ?? '') !== '') {
    await step('NamespaceTransformer', () => setNamespaces(list, kustomization.namespace!, config.namespace))
  }
  if ((kustomization.namePrefix ?? '') !== '') {
    await step('PrefixTransformer', () => addAffix(list, 'prefix', kustomization.namePrefix!, config.namePrefix))
  }
  if ((kustomization.nameSuffix ?? '') !== '') {
    await step('SuffixTransformer', () => addAffix(list, 'suffix', kustomization.nameSuffix!, config.nameSuffix))
  }
  await addLabels(kustomization, accumulator, step)
  if (Object.keys(kustomization.commonAnnotations ?? {}).length > 0) {
    await step('AnnotationsTransformer', () => setMapEntries(list, kustomization.commonAnnotations!, config.commonAnnotations))
  }
  for (const entry of kustomization.patchesJson6902 ?? []) {
    await step('PatchJson6902Transformer', () => applyJson6902Entry(list, entry, loader))
  }
  for (const entry of kustomization.replicas ?? []) {
    await step('ReplicaCountTransformer', () => setReplicas(list, entry, config.replicas))
  }
  for (const entry of kustomization.images ?? []) {
    await step('ImageTagTransformer', () => setImages(list, entry, config.images))
  }
  if ((kustomization.replacements?.length ?? 0) > 0) {
    await step('ReplacementTransformer', () => applyReplacements(list, kustomization.replacements!, loader))
  }
  await runTransformerPlugins(target, accumulator, context)
}

async function addLabels(
  kustomization: Kustomization,
  { list, config }: Accumulator,
  step: (kind: string, run: () => void) => Promise<void>,
): Promise<void> {
  const common = kustomization.commonLabels ?? {}
  if ((kustomization.labels?.length ?? 0) === 0 && Object.keys(common).length === 0) return
  for (const entry of kustomization.labels ?? []) {
    await step('LabelTransformer', () => {
      let specs = mergeFieldSpecs(entry.fields ?? [], config.labels)
      if (entry.includeSelectors === true) specs = mergeFieldSpecs(specs, config.commonLabels)
      else {
        if (entry.includeTemplates === true) specs = mergeFieldSpecs(specs, config.templateLabels)
        if (entry.includeVolumeClaimTemplates === true) specs = mergeFieldSpecs(specs, config.volumeClaimTemplateLabels)
        specs = mergeFieldSpecs(specs, [{ path: 'metadata/labels', create: true }])
      }
      setMapEntries(list, entry.pairs ?? {}, specs)
    })
  }
  await step('LabelTransformer', () => setMapEntries(list, common, config.commonLabels))
}
