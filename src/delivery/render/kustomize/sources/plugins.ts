import { Stalled } from '../../../../base/errors.js'
import { cloneJson, equalJson, isObject } from '../../../../base/json.js'
import { parseYaml } from '../../../../formats/yaml/parse-yaml.js'
import { type Accumulator, addResources, type BuildContext, newAccumulator, type Target } from '../accumulate.js'
import { buildError, buildErrorIn } from '../build-error.js'
import { originKey, Resource } from '../resources/resource.js'
import { decodeConfiguration, type Shape, struct } from '../transformers/decode-shape.js'
import type { FieldSpec } from '../transformers/field-spec.js'
import { generate } from '../transformers/generators.js'
import { setImages } from '../transformers/images.js'
import { applyJson6902Entry, applyPatchEntry, applyStrategicMergeEntries } from '../transformers/patches.js'
import { applyReplacements } from '../transformers/replacements.js'
import { addAffix, type SubjectMode, setMapEntries, setNamespaces, setReplicas } from '../transformers/transformers.js'
import { addValues, valueAddShape } from '../transformers/value-add.js'
import {
  fieldSpecFields,
  type GeneratorEntry,
  generatorFields,
  imageShape,
  type PatchEntry,
  patchOptionsShape,
  replacementEntryShape,
  replicaShape,
  selectorShape,
} from './kustomization.js'
import { addOrigin, addTransformation, type Origin, originBelow } from './origin.js'
import { parseResourceDocuments, toResources } from './read-documents.js'

interface PluginRun {
  readonly config: Readonly<Record<string, unknown>>
  readonly specs: readonly FieldSpec[]
  readonly target: Target
  readonly accumulator: Accumulator
  readonly context: BuildContext
}

const specs: Shape = { list: struct(fieldSpecFields, { open: true }) }
const textMap: Shape = { map: 'text' }
const header = { apiVersion: 'text', kind: 'text', metadata: 'any' } as const

interface Plugin {
  readonly shape: Shape
  run(run: PluginRun): Promise<void> | void
}

function plugin(fields: Readonly<Record<string, Shape>>, run: Plugin['run']): Plugin {
  return { shape: struct({ ...header, ...fields }, { open: true }), run }
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
  PrefixSuffixTransformer: plugin({ prefix: 'text', suffix: 'text', fieldSpecs: specs }, ({ config, specs, accumulator }) => {
    addAffix(accumulator.list, 'prefix', (config['prefix'] ?? '') as string, specs)
    addAffix(accumulator.list, 'suffix', (config['suffix'] ?? '') as string, specs)
  }),
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
    { path: 'text', patch: 'text', target: selectorShape, options: patchOptionsShape },
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
      await applyStrategicMergeEntries(accumulator.list, entries, target.loader, context.schemas)
    },
  ),
  ValueAddTransformer: plugin(valueAddShape, ({ config, target, accumulator }) =>
    addValues(accumulator.list, config, target.loader),
  ),
  ReplacementTransformer: plugin({ replacements: { list: replacementEntryShape } }, ({ config, target, accumulator }) =>
    applyReplacements(accumulator.list, (config['replacements'] ?? []) as [], target.loader),
  ),
}

/** Runs what `transformers` names: files, directories or texts with configurations of built-in transformers. */
export async function runTransformerPlugins(target: Target, accumulator: Accumulator, context: BuildContext): Promise<void> {
  for (const config of await loadConfigs(target, target.kustomization.transformers ?? [], context)) {
    await runTransformer(config, target, accumulator, context)
    accumulator.list.changed()
    const origin = originOf(config, target)
    if (origin !== undefined) for (const resource of accumulator.list.items) addTransformation(resource, origin)
  }
}

/** Runs what `validators` names; it must leave the resources as they are. */
export async function runValidators(target: Target, accumulator: Accumulator, context: BuildContext): Promise<void> {
  for (const config of await loadConfigs(target, target.kustomization.validators ?? [], context)) {
    const before = accumulator.list.items.map((resource) => cloneJson(resource.object))
    await runTransformer(config, target, accumulator, context)
    accumulator.list.changed()
    const { items } = accumulator.list
    if (items.length !== before.length || items.some((resource, index) => !equalJson(resource.object, before[index]))) {
      throw buildError(`${config.source}: validator shouldn't modify the resource map`)
    }
  }
}

async function runTransformer(config: Resource, target: Target, accumulator: Accumulator, context: BuildContext): Promise<void> {
  const where = `${config.source}: ${config.kind}`
  const found =
    Object.hasOwn(transformers, config.kind) && config.apiVersion === 'builtin' ? transformers[config.kind] : undefined
  if (found === undefined) throw unknownPlugin(config)
  const decoded = decodeConfiguration(config.object, found.shape, where) as Record<string, unknown>
  try {
    await found.run({ config: decoded, specs: (decoded['fieldSpecs'] ?? []) as FieldSpec[], target, accumulator, context })
  } catch (error) {
    throw buildErrorIn(where, error)
  }
}

/** Runs what `generators` names: configurations of the built-in generators. */
export async function runGeneratorPlugins(target: Target, accumulator: Accumulator, context: BuildContext): Promise<void> {
  for (const config of await loadConfigs(target, target.kustomization.generators ?? [], context)) {
    const resource = config.apiVersion === 'builtin' ? await runGenerator(config, target) : undefined
    if (resource === undefined) throw unknownPlugin(config)
    const origin = originOf(config, target)
    if (origin !== undefined) addOrigin(resource, origin)
    target.loader.budget.work(() => accumulator.list.absorb(resource))
  }
}

const generatorShape = struct({ ...header, ...generatorFields, type: 'text' }, { open: true })

async function runGenerator(config: Resource, target: Target): Promise<Resource | undefined> {
  if (config.kind === 'IAMPolicyGenerator') return iamServiceAccount(config)
  const kind = config.kind === 'ConfigMapGenerator' ? 'ConfigMap' : config.kind === 'SecretGenerator' ? 'Secret' : undefined
  if (kind === undefined) return undefined
  const entry = decodeConfiguration(config.object, generatorShape, `${config.source}: ${config.kind}`) as GeneratorEntry
  const name = (entry.name ?? '') === '' ? config.name : entry.name
  const namespace = (entry.namespace ?? '') === '' ? config.namespace : entry.namespace
  return generate(kind, { ...entry, name, namespace }, undefined, target.loader)
}

const iamShape = struct(
  {
    ...header,
    cloud: 'text',
    kubernetesService: struct({ name: 'text', namespace: 'text' }),
    serviceAccount: struct({ name: 'text', projectId: 'text' }),
  },
  { open: true },
)

/** The Kubernetes service account that stands for one of Google Cloud. */
function iamServiceAccount(config: Resource): Resource {
  const decoded = decodeConfiguration(config.object, iamShape, `${config.source}: ${config.kind}`) as {
    cloud?: string
    kubernetesService?: { name?: string; namespace?: string }
    serviceAccount?: { name?: string; projectId?: string }
  }
  if (decoded.cloud !== 'gke') throw buildError(`${config.source}: cloud provider ${decoded.cloud ?? ''} not supported yet`)
  const { name = '', projectId = '' } = decoded.serviceAccount ?? {}
  const namespace = decoded.kubernetesService?.namespace ?? ''
  const metadata = {
    annotations: { 'iam.gke.io/gcp-service-account': `${name}@${projectId}.iam.gserviceaccount.com` },
    name: decoded.kubernetesService?.name ?? '',
    ...(namespace === '' ? {} : { namespace }),
  }
  return new Resource({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, config.source)
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
    const resources = toResources(parseResourceDocuments(entry, source), source)
    if (target.origin !== undefined) {
      for (const resource of resources) addOrigin(resource, originBelow(target.origin, target.fileName))
    }
    configs.list.appendAll(resources)
  }
  await addResources(target, configs, paths, context)
  return configs.list.items
}

/** What the objects that a plugin makes or changes say of it. */
function originOf(config: Resource, target: Target): Origin | undefined {
  const read = config.annotations()[originKey]
  if (target.origin === undefined || read === undefined) return undefined
  const { path, ...rest } = parseYaml(read) as Origin
  const { apiVersion, kind, name, namespace } = config
  const configuredBy = { apiVersion, kind, ...(name === '' ? {} : { name }), ...(namespace === '' ? {} : { namespace }) }
  return { ...rest, ...(path === undefined ? {} : { configuredIn: path }), configuredBy }
}

function unknownPlugin(config: Resource): Stalled {
  return new Stalled({
    code: 'kustomize-plugin',
    message: `${config.source}: ${config.apiVersion} ${config.kind} is no built-in plugin: plugins that are programs are not run here`,
    fix: "Use a built-in transformer or generator (apiVersion: builtin), or render the plugin's output into the repository.",
  })
}
