import { messageOf } from '../../../../base/errors.js'
import type { JsonObject } from '../../../../base/json.js'
import { isObject } from '../../../../base/json.js'
import { applyJsonPatch, decodeJsonPatch, type JsonPatchOperation } from '../../../../formats/json-patch/json-patch.js'
import { parseYamlDocuments } from '../../../../formats/yaml/parse-yaml.js'
import type { SchemaCatalogue } from '../../../../kube/schema/schema-node.js'
import { buildError, buildErrorIn } from '../build-error.js'
import { formatId, idKey, Resource } from '../resources/resource.js'
import type { ResourceList } from '../resources/resource-list.js'
import type { PatchEntry, ResourceSelector } from '../sources/kustomization.js'
import { decodeText, type Loader } from '../sources/loader.js'
import { copyWithMarks, parseResourceDocuments, toResources } from '../sources/read-documents.js'
import { unshareValues } from './shared-values.js'
import { mergeStrategically } from './strategic-merge.js'

/** One entry of `patches`: a strategic merge patch or an RFC 6902 patch, told apart by what it is. */
export async function applyPatchEntry(
  list: ResourceList,
  entry: PatchEntry,
  loader: Loader,
  schemas: SchemaCatalogue,
): Promise<void> {
  const { text, source } = await readPatch(entry, loader, 'patches')
  loader.budget.work(() => applyPatch(list, entry, { text, source }, loader, schemas))
}

function applyPatch(
  list: ResourceList,
  entry: PatchEntry,
  { text, source }: { text: string; source: string },
  loader: Loader,
  schemas: SchemaCatalogue,
): void {
  const patch = parsePatch(text, source)
  if (patch.kind === 'json') {
    if (entry.target === undefined) throw buildError(`${source}: must specify a target for JSON patch`)
    loader.budget.spend(text.length * list.select(entry.target).length, source)
    applyJsonTo(list, entry.target, patch.operations, source, true)
    return
  }
  const allowNameChange = entry.options?.['allowNameChange'] === true
  const allowKindChange = entry.options?.['allowKindChange'] === true
  for (const resource of patch.resources) Object.assign(resource, { allowNameChange, allowKindChange })
  const [first] = patch.resources
  if (entry.target === undefined) {
    for (const resource of patch.resources) {
      applyTo(targetOf(list, resource), resource, schemas)
      refuseSameIds(list, resource)
    }
    return
  }
  if (first === undefined) throw buildError(`${source}: must specify a target for JSON patch`)
  if (patch.resources.length > 1) {
    throw buildError(
      `${source}: Multiple Strategic-Merge Patches in one \`patches\` entry is not allowed to set \`patches.target\` field`,
      'Write one entry for each patch.',
    )
  }
  for (const resource of list.select(entry.target)) {
    loader.budget.spend(text.length, source)
    applyTo(resource, copyFor(resource, first), schemas)
  }
  refuseSameIds(list, first)
}

/** Patches can make two objects one; the next merge finds out. */
function refuseSameIds(list: ResourceList, patch: Resource): void {
  if (patch.allowNameChange || patch.allowKindChange) list.idsMayClash = true
  if (!list.idsMayClash) return
  const seen = new Set<string>()
  for (const resource of list.items) {
    if (resource.object === undefined) continue
    const id = resource.currentId()
    const key = idKey(id)
    if (seen.has(key))
      throw buildError(
        `${patch.source}: may not add resource with an already registered id: ${formatId(id)}`,
        'Choose another target.',
      )
    seen.add(key)
  }
}

/** `patchesStrategicMerge`: each entry is the text of patches, or the path of a file with them. All are read before one is applied. */
export async function applyStrategicMergeEntries(
  list: ResourceList,
  entries: readonly string[],
  loader: Loader,
  schemas: SchemaCatalogue,
): Promise<void> {
  const patches: Resource[] = []
  for (const entry of entries) {
    const read = (text: string, name: string) => {
      patches.push(...loader.budget.work(() => toResources(parseResourceDocuments(text, name), name)))
    }
    try {
      read(entry, 'patchesStrategicMerge')
    } catch {
      read(await loader.loadText(entry), loader.name(entry))
    }
  }
  if (patches.length === 0) throw buildError(`patch appears to be empty; files=[${entries.join(' ')}]`)
  loader.budget.work(() => {
    for (const patch of patches) {
      const target = targetOf(list, patch)
      applyTo(target, copyFor(target, patch), schemas)
      refuseSameIds(list, patch)
      list.changed()
    }
  })
}

/** One entry of `patchesJson6902`. */
export async function applyJson6902Entry(list: ResourceList, entry: PatchEntry, loader: Loader): Promise<void> {
  if (entry.target === undefined || (entry.target.name ?? '') === '') {
    throw buildError(`${loader.name('')}: patchesJson6902: must specify the target name`)
  }
  const { text, source } = await readPatch(entry, loader, 'patchesJson6902')
  const { target } = entry
  loader.budget.work(() => {
    const operations = decodeJsonPatch(parseYamlDocuments(text, { source })[0]?.value)
    if (operations.length === 0) throw buildError(`${source}: patch appears to be empty`)
    applyJsonTo(list, target, operations, source, false)
  })
}

async function readPatch(entry: PatchEntry, loader: Loader, field: string): Promise<{ text: string; source: string }> {
  const inline = (entry.patch ?? '').trim()
  const path = entry.path ?? ''
  if (inline === '' && path === '') throw buildError(`${loader.name('')}: ${field}: must specify one of patch and path`)
  if (inline !== '' && path !== '') throw buildError(`${loader.name('')}: ${field}: patch and path can't be set at the same time`)
  if (inline !== '') return { text: inline, source: `${field} of ${loader.name('') || '.'}` }
  const found = await loader.find(path)
  if (found === undefined) throw buildError(`failed to get the patch file from path(${path}): ${loader.name(path)}: no such file`)
  return { text: decodeText(found.bytes), source: loader.name(path) }
}

type Patch =
  | { readonly kind: 'json'; readonly operations: readonly JsonPatchOperation[] }
  | { readonly kind: 'strategic'; readonly resources: Resource[] }

function parsePatch(text: string, source: string): Patch {
  const documents = parseResourceDocuments(text, source)
  if (Array.isArray(documents[0]?.value)) {
    // kustomize reads this kind with another YAML reader, for which `yes` is a boolean.
    return { kind: 'json', operations: decodeJsonPatch(parseYamlDocuments(text, { source })[0]?.value) }
  }
  try {
    return { kind: 'strategic', resources: toResources(documents, source) }
  } catch (error) {
    throw buildError(`unable to parse SM or JSON patch from ${source}: ${messageOf(error)}`)
  }
}

function targetOf(list: ResourceList, patch: Resource): Resource {
  const id = patch.originalId()
  try {
    return list.getById(id)
  } catch (error) {
    throw buildErrorIn(`${patch.source}: no resource matches strategic merge patch "${formatId(id)}"`, error)
  }
}

/** A patch for several targets is used up by each; it takes the target's apiVersion, and its labels and annotations are text. */
function copyFor(target: Resource, patch: Resource): Resource {
  const copy = new Resource(copyWithMarks(patch.object ?? {}) as JsonObject, patch.source)
  if (copy.object !== undefined) copy.object['apiVersion'] = target.apiVersion
  copy.allowNameChange = patch.allowNameChange
  copy.allowKindChange = patch.allowKindChange
  copy.setMetadataMap('labels', copy.labels())
  copy.setMetadataMap('annotations', copy.annotations())
  return copy
}

/** Merges the patch into the resource. Name, kind and namespace stay, unless the patch may change them. */
function applyTo(resource: Resource, patch: Resource, schemas: SchemaCatalogue): void {
  const { name, namespace, kind } = resource
  if (patch.allowNameChange || patch.allowKindChange) resource.rememberId()
  if (resource.object === undefined || patch.object === undefined) return
  try {
    resource.object = mergeStrategically(resource.object, patch.object, schemas) as JsonObject | undefined
  } catch (error) {
    throw buildErrorIn(`${patch.source}: ${formatId(resource.currentId())}`, error)
  }
  if (resource.object === undefined || Object.keys(resource.object).length === 0) return
  if (!patch.allowKindChange) resource.object['kind'] = kind
  if (!patch.allowNameChange) resource.setName(name)
  resource.setNamespace(namespace)
}

function applyJsonTo(
  list: ResourceList,
  target: ResourceSelector,
  operations: readonly JsonPatchOperation[],
  source: string,
  remembersIds: boolean,
): void {
  list.idsMayClash = true
  for (const resource of list.select(target)) {
    if (remembersIds) resource.rememberId()
    try {
      const patched = applyJsonPatch(remembersIds ? withAnnotations(resource) : resource.object, operations)
      if (!isObject(patched)) throw buildError('the patch leaves no object')
      if (remembersIds) dropEmptyAnnotations(patched as JsonObject)
      resource.object = patched as JsonObject
      unshareValues(resource.object)
    } catch (error) {
      throw buildErrorIn(`${source}: ${formatId(resource.currentId())}`, error)
    }
  }
}

/** A resource whose past is known has annotations in kustomize, where its past is kept: a patch finds the map there. */
function withAnnotations(resource: Resource): JsonObject | undefined {
  const metadata = resource.metadata()
  if (metadata === undefined || isObject(metadata['annotations'])) return resource.object
  return { ...resource.object, metadata: { ...metadata, annotations: {} } }
}

function dropEmptyAnnotations(object: JsonObject): void {
  const metadata = object['metadata']
  if (!isObject(metadata) || !Object.hasOwn(metadata, 'annotations')) return
  const annotations = metadata['annotations']
  if (isObject(annotations) && Object.keys(annotations).length > 0) return
  const { annotations: _, ...rest } = metadata
  object['metadata'] = rest as JsonObject
}
