import type { JsonObject } from '../../../base/json.js'
import { apiVersionOf } from '../../object/kube-object.js'
import type { ResourceType } from '../../object/resource-type.js'
import { builtInStruct } from '../built-in.js'
import type { Descriptions } from '../descriptions.js'
import { subresourceKinds } from '../resources.js'
import type { SchemaCatalogue } from '../schema-node.js'
import type { Components, GroupVersionKind } from './components.js'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json']
const strategicPatch = 'application/strategic-merge-patch+json'
const listParameters = [
  ...['allowWatchBookmarks', 'continue', 'fieldSelector', 'labelSelector', 'limit', 'resourceVersion'],
  ...['resourceVersionMatch', 'sendInitialEvents', 'timeoutSeconds', 'watch'],
]
const watchParameters = ['allowWatchBookmarks', 'watch']
const deleteParameters = ['dryRun', 'gracePeriodSeconds', 'orphanDependents', 'propagationPolicy']
const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation']

const prettyParameter = { name: 'pretty', in: 'query', schema: { type: 'string', uniqueItems: true } }

/** Writes `paths` of the resources of one group and version. */
export class PathWriter {
  readonly paths: JsonObject = {}
  readonly #components: Components
  readonly #catalogue: SchemaCatalogue
  readonly #descriptions: Descriptions | undefined

  constructor(components: Components, catalogue: SchemaCatalogue, descriptions: Descriptions | undefined) {
    this.#components = components
    this.#catalogue = catalogue
    this.#descriptions = descriptions
  }

  add(type: ResourceType): void {
    const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`
    const scoped = type.namespaced ? `${root}/namespaces/{namespace}` : root
    const object = this.#object(type)
    const collection = this.#collection(type, object)
    const verbs = new Set(type.verbs ?? ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'])
    this.#put(
      `${scoped}/${type.plural}`,
      this.#collectionPath(type, verbs, object, collection),
      type.namespaced ? ['namespace'] : [],
    )
    if (type.namespaced && verbs.has('list')) {
      const get = this.#operation(
        type,
        'list',
        `list${operationOf({ ...type, namespaced: false })}ForAllNamespaces`,
        collection,
        listParameters,
      )
      this.#put(`${root}/${type.plural}`, { get }, [])
    }
    const named = [...(type.namespaced ? ['namespace'] : []), 'name']
    this.#put(`${scoped}/${type.plural}/{name}`, this.#namedPath(type, verbs, object, ''), named)
    for (const subresource of type.subresources ?? [])
      this.#addSubresource(type, subresource, `${scoped}/${type.plural}/{name}`, named)
  }

  #addSubresource(type: ResourceType, subresource: string, path: string, named: readonly string[]): void {
    // Logs and proxies are no objects.
    if (subresource === 'log' || subresource === 'proxy') return
    const other = subresourceKinds[subresource]
    const suffix = pascal(subresource)
    if (subresource === 'exec' || subresource === 'attach' || subresource === 'portforward') {
      const kind = { ...type, ...other }
      const name = operationOf(type).slice(prefixOf(type).length) + suffix
      const connect = (verb: string) =>
        this.#operation(kind, 'connect', `connect${prefixOf(type)}${verb}${name}`, { type: 'string' }, [])
      this.#put(`${path}/${subresource}`, { get: connect('Get'), post: connect('Post') }, named)
      return
    }
    // Every other subresource takes and gives the object itself.
    const schema = this.#object(other ?? type)
    const verbs = new Set(other?.verbs ?? (subresource === 'finalize' ? ['update'] : ['get', 'patch', 'update']))
    this.#put(`${path}/${subresource}`, this.#namedPath(other ? { ...type, ...other } : type, verbs, schema, suffix, type), named)
  }

  #object(gvk: GroupVersionKind): JsonObject {
    const schema = this.#catalogue.forKind(apiVersionOf(gvk.group, gvk.version), gvk.kind)
    if (schema === undefined) return { type: 'object' }
    return this.#components.kind(schema, { group: gvk.group, version: gvk.version, kind: gvk.kind })
  }

  #collection(type: ResourceType, object: JsonObject): JsonObject {
    const kind = `${type.kind}List`
    const schema = this.#catalogue.forKind(apiVersionOf(type.group, type.version), kind)
    const gvk = { group: type.group, version: type.version, kind }
    if (schema !== undefined) return this.#components.kind(schema, gvk)
    return this.#isCustom(type) ? this.#components.customList(object, gvk) : { type: 'object' }
  }

  #isCustom(type: GroupVersionKind): boolean {
    return this.#catalogue.forKind(apiVersionOf(type.group, type.version), type.kind)?.name === undefined
  }

  #collectionPath(type: ResourceType, verbs: ReadonlySet<string>, object: JsonObject, collection: JsonObject): JsonObject {
    const name = operationOf(type)
    const path: JsonObject = {}
    if (verbs.has('list')) path['get'] = this.#operation(type, 'list', `list${name}`, collection, listParameters)
    if (verbs.has('create'))
      path['post'] = this.#operation(type, 'post', `create${name}`, object, writeParameters, jsonBody(object))
    if (verbs.has('deletecollection')) {
      const status = this.#components.reference(`${meta}Status`)
      path['delete'] = this.#operation(
        type,
        'deletecollection',
        `delete${prefixOf(type)}Collection${name.slice(prefixOf(type).length)}`,
        status,
        [...listParameters.filter((name) => !watchParameters.includes(name)), ...deleteParameters].sort(),
        this.#deleteBody(type),
      )
    }
    return path
  }

  /** `from` is the resource that a subresource of another kind belongs to. */
  #namedPath(
    type: ResourceType,
    verbs: ReadonlySet<string>,
    object: JsonObject,
    suffix: string,
    from: ResourceType = type,
  ): JsonObject {
    const name = operationOf(from) + suffix
    const path: JsonObject = {}
    if (verbs.has('get')) path['get'] = this.#operation(type, 'get', `read${name}`, object, [])
    if (verbs.has('create') && suffix !== '') {
      path['post'] = this.#operation(type, 'post', `create${name}`, object, writeParameters, jsonBody(object))
    }
    if (verbs.has('update'))
      path['put'] = this.#operation(type, 'put', `replace${name}`, object, writeParameters, jsonBody(object))
    if (verbs.has('patch')) {
      const patch = this.#components.reference(`${meta}Patch`)
      const types = this.#isCustom(type) ? patchTypes : [...patchTypes, strategicPatch]
      path['patch'] = this.#operation(type, 'patch', `patch${name}`, object, [...writeParameters, 'force'], bodyOf(types, patch))
    }
    if (verbs.has('delete') && suffix === '') {
      const status = this.#components.reference(`${meta}Status`)
      path['delete'] = this.#operation(type, 'delete', `delete${name}`, status, deleteParameters, this.#deleteBody(type))
    }
    return path
  }

  #deleteBody(type: ResourceType): JsonObject {
    const schema = builtInStruct(`${meta}DeleteOptions`)
    this.#components.kind(schema, { group: '', version: 'v1', kind: 'DeleteOptions' })
    return jsonBody(this.#components.kind(schema, { group: type.group, version: type.version, kind: 'DeleteOptions' }))
  }

  #operation(
    type: GroupVersionKind,
    action: string,
    operationId: string,
    answer: JsonObject,
    parameters: readonly string[],
    body?: JsonObject,
  ): JsonObject {
    const content = bodyOf(['application/json', 'application/yaml'], answer)['content'] as JsonObject
    return {
      operationId,
      parameters: parameters.map((name) => this.#parameter(name)),
      ...(body ? { requestBody: body } : {}),
      responses: {
        '200': { description: 'OK', content },
        ...(action === 'post' || action === 'put' || action === 'patch' ? { '201': { description: 'Created', content } } : {}),
        ...(action === 'post' || action === 'delete' ? { '202': { description: 'Accepted', content } } : {}),
        '401': { description: 'Unauthorized' },
      },
      'x-kubernetes-action': action,
      'x-kubernetes-group-version-kind': { group: type.group, kind: type.kind, version: type.version },
    }
  }

  #parameter(name: string): JsonObject {
    const struct = parameterStruct(name)
    const node = builtInStruct(struct).fields?.get(name)?.schema
    const description = this.#descriptions?.ofField(struct, name) ?? ''
    const type = node?.type === 'integer' || node?.type === 'boolean' ? node.type : 'string'
    return { name, in: 'query', ...(description === '' ? {} : { description }), schema: { type, uniqueItems: true } }
  }

  #put(path: string, operations: JsonObject, named: readonly string[]): void {
    if (Object.keys(operations).length === 0) return
    const parameters = named.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string', uniqueItems: true } }))
    this.paths[path] = { ...operations, parameters: [...parameters, prettyParameter] }
  }
}

function parameterStruct(name: string): string {
  if (listParameters.includes(name)) return `${meta}ListOptions`
  return name === 'gracePeriodSeconds' || name === 'orphanDependents' || name === 'propagationPolicy'
    ? `${meta}DeleteOptions`
    : `${meta}PatchOptions`
}

function jsonBody(schema: JsonObject): JsonObject {
  return bodyOf(['application/json'], schema)
}

function bodyOf(types: readonly string[], schema: JsonObject): JsonObject {
  return { content: Object.fromEntries(types.map((type) => [type, { schema }])), required: true }
}

/** `AppsV1NamespacedDeployment`, the unique part of operation ids. */
function operationOf(type: ResourceType): string {
  return `${prefixOf(type)}${type.namespaced ? 'Namespaced' : ''}${type.kind}`
}

function prefixOf(type: ResourceType): string {
  const group = type.group === '' ? 'core' : type.group.replace(/\.k8s\.io$/, '')
  return group.split(/[.-]/).map(pascal).join('') + pascal(type.version)
}

function pascal(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
