import { Stalled } from '../../../base/errors.js'
import { checkWorkTime } from '../../../base/work-time.js'
import { JsonPatchError } from '../../../formats/json-patch/json-patch.js'
import { formatYaml } from '../../../formats/yaml/format-yaml.js'
import { YamlError } from '../../../formats/yaml/yaml-error.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { KustomizeOverrides, RenderDependencies, RenderResult } from '../contract.js'
import type { Tree } from '../tree.js'
import {
  type Accumulator,
  accumulate,
  type BuildContext,
  loadTarget,
  newAccumulator,
  setSchemas,
  type Target,
} from './accumulate.js'
import { BuildBudget, type BuildLimits } from './build-budget.js'
import { buildErrorIn } from './build-error.js'
import { contentHash } from './resources/content-hash.js'
import type { Kustomization } from './sources/kustomization.js'
import { Loader, type LoadRestrictions } from './sources/loader.js'
import { finishAnnotations } from './sources/origin.js'
import { applyOverrides } from './sources/overrides.js'
import type { DocumentCache } from './sources/read-documents.js'
import { fixNameReferences } from './transformers/name-references.js'
import { sortResources } from './transformers/sort-order.js'
import { setMapEntries } from './transformers/transformers.js'
import { resolveVars } from './transformers/vars.js'

export interface BuildOptions extends RenderDependencies, BuildLimits {
  /** Edits of the top kustomization, as Argo CD's `source.kustomize` makes them. */
  readonly overrides?: KustomizeOverrides
  /** Any other change of the top kustomization; in place of `overrides`. */
  readonly edit?: (kustomization: Kustomization, loader: Loader) => Promise<Kustomization>
  /** `legacy-order` (kustomize's default) sorts by kind, `fifo` keeps the order of the files; `sortOptions` wins over both. */
  readonly mode?: 'legacy-order' | 'fifo'
  readonly loadRestrictions?: LoadRestrictions
  /** What `buildMetadata: [managedByLabel]` writes; as from kubectl's kustomize unless told. */
  readonly managedBy?: string
  /** A kustomization's `openapi` adds to the built-in schemas, also where kustomize has not read these yet. */
  readonly keepsBuiltInSchemas?: boolean
  /** Keeps parsed files between builds. */
  readonly documents?: DocumentCache
}

/** Builds the kustomization in a directory of the tree, as `kustomize build` does. Throws Stalled when it does not build. */
export async function buildKustomization(tree: Tree, path: string, options: BuildOptions): Promise<RenderResult> {
  try {
    return await build(tree, path, options)
  } catch (error) {
    if (!(error instanceof YamlError) && !(error instanceof JsonPatchError)) throw error
    const { code, message, fix } = error
    throw new Stalled({ code, message, cause: error, ...(fix === undefined ? {} : { fix }) })
  }
}

async function build(tree: Tree, path: string, options: BuildOptions): Promise<RenderResult> {
  let isVolatile = false
  const loader = new Loader({
    tree,
    root: (await tree.realPath?.(path)) ?? path,
    restrictions: options.loadRestrictions ?? 'root-only',
    remote: options.remote,
    onRemote: () => {
      isVolatile = true
    },
    budget: new BuildBudget(options),
  })
  const context: BuildContext = {
    schemas: options.schemas,
    schemasAreSet: false,
    builtInSchemasAreRead: options.keepsBuiltInSchemas === true,
    documents: options.documents,
    warnings: [],
    buildMetadata: [],
    charts: options.charts,
    entered: 0,
  }
  const { overrides } = options
  const edit = options.edit ?? (overrides === undefined ? undefined : editWith.bind(undefined, overrides))
  const target = await loadTarget(loader, context, edit && ((own) => edit(own, loader)))
  context.buildMetadata = target.kustomization.buildMetadata ?? []
  if (context.buildMetadata.length > 0) target.origin = { path: '' }
  await setSchemas(target, context)
  const accumulator = await accumulate(target, newAccumulator(), context)
  const objects = loader.budget.work(() => finish(target, accumulator, options, context))
  return { objects, warnings: context.warnings, ...(isVolatile ? { isVolatile } : {}) }
}

/** What is left to the top: hashes, name references, vars, the order. */
function finish(target: Target, accumulator: Accumulator, options: BuildOptions, context: BuildContext): KubeObject[] {
  const { list } = accumulator
  const { budget } = target.loader
  try {
    for (const resource of list.items) {
      if (!resource.needsHash) continue
      checkWorkTime()
      const hash = contentHash(resource)
      resource.rememberId()
      resource.setName(`${resource.name}-${hash}`)
    }
    fixNameReferences(list, accumulator.config)
    for (const name of resolveVars(list, accumulator.vars, accumulator.config.varReference, budget)) {
      context.warnings.push(`${target.file}: var ${name} was never replaced`)
    }
  } catch (error) {
    throw buildErrorIn(target.file, error)
  }
  const kept = list.items.filter((resource) => {
    const local = resource.annotations()['config.kubernetes.io/local-config']
    return local === undefined || local === 'false'
  })
  const order = target.kustomization.sortOptions ?? { order: options.mode === 'fifo' ? 'fifo' : 'legacy' }
  list.replaceItems(sortResources(kept, order))
  if (context.buildMetadata.includes('managedByLabel')) {
    const label = { 'app.kubernetes.io/managed-by': options.managedBy ?? 'kustomize-(devel)' }
    setMapEntries(list, label, [{ path: 'metadata/labels', create: true }])
  }
  for (const resource of list.items) finishAnnotations(resource, context.buildMetadata)
  return list.items.map((resource) => resource.object as unknown as KubeObject)
}

async function editWith(overrides: KustomizeOverrides, kustomization: Kustomization, loader: Loader): Promise<Kustomization> {
  if (overrides.ignoreMissingComponents !== true || overrides.components === undefined)
    return applyOverrides(kustomization, overrides)
  const components: string[] = []
  for (const path of overrides.components) if (loader.isRemote(path) || (await loader.isDirectory(path))) components.push(path)
  return applyOverrides(kustomization, { ...overrides, components })
}

/** Objects as `kustomize build` prints them: sorted keys, `---` between documents. */
export function formatResources(objects: readonly object[]): string {
  return objects.map((object) => formatYaml(object)).join('---\n')
}
