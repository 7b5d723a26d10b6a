import { Stalled } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { type Accumulator, addResources, type BuildContext, newAccumulator, type Target } from './accumulate.js'
import { buildError, buildErrorIn } from './build-error.js'
import { decodeShape, type Shape, struct } from './decode-shape.js'
import type { FieldSpec } from './field-spec.js'
import { generate } from './generators.js'
import { setImages } from './images.js'
import {
  fieldSpecShape,
  type GeneratorEntry,
  generatorFields,
  imageShape,
  type PatchEntry,
  replacementEntryShape,
  replicaShape,
  selectorShape,
} from './kustomization.js'
import { applyJson6902Entry, applyPatchEntry, applyStrategicMergeEntry } from './patches.js'
import { parseResourceDocuments, toResources } from './read-documents.js'
import { applyReplacements } from './replacements.js'
import type { Resource } from './resource.js'
import { addAffix, type SubjectMode, setMapEntries, setNamespaces, setReplicas } from './transformers.js'

interface PluginRun {
  readonly config: Readonly<Record<string, unknown>>
  readonly specs: readonly FieldSpec[]
  readonly target: Target
  readonly accumulator: Accumulator
  readonly context: BuildContext
}

const specs: Shape = { list: fieldSpecShape }
const textMap: Shape = { map: 'text' }
const header = { apiVersion: 'text', kind: 'text', metadata: 'any' } as const

interface Plugin {
  readonly shape: Shape
  run(run: PluginRun): Promise<void> | void
}

function plugin(fields: Readonly<Record<string, Shape>>, run: Plugin['run']): Plugin {
  return { shape: struct({ ...header, ...fields }), run }
}

/** The transformers that kustomize has built in, as configured by objects of `apiVersion: builtin`. */
const transformers: Readonly<Record<string, Plugin>> = {
  AnnotationsTransformer: plugin({ annotations: textMap, fieldSpecs: specs }, ({ config, specs, accumulator }) =>
    setMapEntries(accumulator.list, (config['annotations'] ?? {}) as Record<string, string>, specs),
  ),
  LabelTransformer: plugin({ labels: textMap, fieldSpecs: specs }, ({ config, specs, accumulator }) =>
    setMapEntries(accumulator.list, (config['labels'] ?? {}) as Record<string, string>, specs),
  ),
  NamespaceTransformer: plugin(
    { fieldSpecs: specs, unsetOnly: 'boolean', setRoleBindingSubjects: 'text' },
    ({ config, specs, accumulator }) => {
      const metadata = config['metadata']
      const namespace = isObject(metadata) ? String(metadata['namespace'] ?? '') : ''
      const subjects = (config['setRoleBindingSubjects'] ?? 'defaultOnly') as SubjectMode
      if (!['defaultOnly', 'allServiceAccounts', 'none'].includes(subjects)) {
        throw buildError(
          `invalid value "${subjects}" for setRoleBindingSubjects: must be one of defaultOnly, allServiceAccounts, none`,
        )
      }
      if (namespace === '') return
      setNamespaces(accumulator.list, namespace, specs, { unsetOnly: config['unsetOnly'] === true, subjects })
    },
  ),
  PrefixTransformer: plugin({ prefix: 'text', fieldSpecs: specs }, ({ config, specs, accumulator }) =>
    addAffix(accumulator.list, 'prefix', (config['prefix'] ?? '') as string, specs),
  ),
  SuffixTransformer: plugin({ suffix: 'text', fieldSpecs: specs }, ({ config, specs, accumulator }) =>
    addAffix(accumulator.list, 'suffix', (config['suffix'] ?? '') as string, specs),
  ),
  ImageTagTransformer: plugin({ imageTag: imageShape, fieldSpecs: specs }, ({ config, specs, accumulator }) =>
    setImages(accumulator.list, (config['imageTag'] ?? {}) as object, specs),
  ),
  ReplicaCountTransformer: plugin({ replica: replicaShape, fieldSpecs: specs }, ({ config, specs, accumulator }) =>
    setReplicas(accumulator.list, (config['replica'] ?? {}) as object, specs),
  ),
  PatchTransformer: plugin(
    { path: 'text', patch: 'text', target: selectorShape, options: { map: 'boolean' } },
    ({ config, target, accumulator, context }) =>
      applyPatchEntry(accumulator.list, config as PatchEntry, target.loader, context.schemas),
  ),
  PatchJson6902Transformer: plugin({ path: 'text', jsonOp: 'text', target: selectorShape }, ({ config, target, accumulator }) => {
    const { jsonOp, ...entry } = config as PatchEntry & { jsonOp?: string }
    return applyJson6902Entry(accumulator.list, jsonOp === undefined ? entry : { ...entry, patch: jsonOp }, target.loader)
  }),
  PatchStrategicMergeTransformer: plugin(
    { paths: { list: 'text' }, patches: 'text' },
    async ({ config, target, accumulator, context }) => {
      const entries = [
        ...((config['paths'] ?? []) as string[]),
        ...(config['patches'] === undefined ? [] : [config['patches'] as string]),
      ]
      for (const entry of entries) await applyStrategicMergeEntry(accumulator.list, entry, target.loader, context.schemas)
    },
  ),
  ReplacementTransformer: plugin({ replacements: { list: replacementEntryShape } }, ({ config, target, accumulator }) =>
    applyReplacements(accumulator.list, (config['replacements'] ?? []) as [], target.loader),
  ),
}

/** Runs what `transformers` names: files, directories or texts with configurations of built-in transformers. */
export async function runTransformerPlugins(target: Target, accumulator: Accumulator, context: BuildContext): Promise<void> {
  for (const config of await loadConfigs(target, target.kustomization.transformers ?? [], context)) {
    const where = `${config.source}: ${config.kind}`
    const found =
      Object.hasOwn(transformers, config.kind) && config.apiVersion === 'builtin' ? transformers[config.kind] : undefined
    if (found === undefined) throw unknownPlugin(config)
    const decoded = decodeShape(config.object, found.shape, where) as Record<string, unknown>
    try {
      await found.run({
        config: decoded,
        specs: (decoded['fieldSpecs'] ?? []) as FieldSpec[],
        target,
        accumulator,
        context,
      })
    } catch (error) {
      throw buildErrorIn(where, error)
    }
    accumulator.list.changed()
  }
}

/** Runs what `generators` names: configurations of the built-in ConfigMap and Secret generators. */
export async function runGeneratorPlugins(target: Target, accumulator: Accumulator, context: BuildContext): Promise<void> {
  for (const config of await loadConfigs(target, target.kustomization.generators ?? [], context)) {
    const kind = config.kind === 'ConfigMapGenerator' ? 'ConfigMap' : config.kind === 'SecretGenerator' ? 'Secret' : undefined
    if (kind === undefined || config.apiVersion !== 'builtin') throw unknownPlugin(config)
    const shape = struct({ ...header, ...generatorFields, type: 'text' })
    const decoded = decodeShape(config.object, shape, `${config.source}: ${config.kind}`) as GeneratorEntry
    const entry = { ...decoded, name: config.name, ...(config.namespace === '' ? {} : { namespace: config.namespace }) }
    accumulator.list.absorb(await generate(kind, entry, undefined, target.loader))
  }
}

async function loadConfigs(target: Target, entries: readonly string[], context: BuildContext): Promise<readonly Resource[]> {
  if (entries.length === 0) return []
  const configs = newAccumulator()
  const paths: string[] = []
  for (const entry of entries) {
    if (!entry.includes('\n')) {
      paths.push(entry)
      continue
    }
    const source = `${target.file} (inline)`
    configs.list.appendAll(toResources(parseResourceDocuments(entry, source), source))
  }
  await addResources({ ...target, origin: undefined }, configs, paths, context)
  return configs.list.items
}

function unknownPlugin(config: Resource): Stalled {
  return new Stalled({
    code: 'kustomize-plugin',
    message: `${config.source}: ${config.apiVersion} ${config.kind} is no built-in plugin: plugins that are programs are not run here`,
    fix: "Use a built-in transformer or generator (apiVersion: builtin), or render the plugin's output into the repository.",
  })
}
