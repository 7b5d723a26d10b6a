import type { JsonObject } from '../../../base/json.js'
import { apiVersionOf } from '../../object/kube-object.js'
import type { ResourceType } from '../../object/resource-type.js'
import { builtInStruct } from '../built-in.js'
import type { Descriptions } from '../descriptions.js'
import { subresourceKinds } from '../resources.js'
import type { SchemaCatalogue } from '../schema-node.js'
import type { Components, GroupVersionKind } from './components.js'
import {
  builtInMedia,
  contentOf,
  customMedia,
  type MediaTypes,
  parametersNamed,
  parametersOf,
  pathItem,
  pathParameter,
  prettyParameter,
  queryParameters,
  requiredBody,
  responsesOf,
  type WriteOptions,
  withArticle,
} from './operations.js'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

/** Kinds whose deletion answers with the object instead of a Status. */
const returnDeleted = new Set([
  ...['CSIDriver', 'CSINode', 'PersistentVolume', 'PersistentVolumeClaim', 'Pod', 'PodTemplate', 'ResourceQuota', 'Service'],
  ...['ServiceAccount', 'StorageClass', 'VolumeAttachment'],
])
const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const proxyMethods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

/** A resource while its paths are written. */
interface Context {
  readonly type: ResourceType
  readonly media: MediaTypes
  readonly isCustom: boolean
  readonly object: JsonObject
  readonly list: JsonObject
  readonly verbs: ReadonlySet<string>
}

interface Operation {
  readonly action: string
  readonly id: string
  readonly description: string
  readonly responses: JsonObject
  readonly parameters?: readonly JsonObject[]
  readonly body?: JsonObject
  /** Of the answer; the resource's own unless said otherwise. */
  readonly gvk?: GroupVersionKind
}

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
    const isCustom = this.#isCustom(type)
    const object = this.#object(type)
    const of: Context = {
      type,
      isCustom,
      object,
      media: isCustom ? customMedia : builtInMedia,
      list: this.#list(type, object, isCustom),
      verbs: new Set(type.verbs ?? allVerbs),
    }
    if (!isCustom && this.paths[`${root}/`] === undefined) this.paths[`${root}/`] = this.#resources(type)
    const below = `${type.namespaced ? 'namespaces/{namespace}/' : ''}${type.plural}`
    const inPath = type.namespaced ? [namespaceParameter] : []
    this.#put(`${root}/${below}`, this.#collectionOperations(of), of, inPath)
    const named = [...inPath, pathParameter('name', `name of the ${type.kind}`)]
    this.#put(`${root}/${below}/{name}`, this.#objectOperations(of), of, named)
    if (type.namespaced && of.verbs.has('list')) {
      const everywhere = `${idOf({ ...type, namespaced: false })}ForAllNamespaces`
      this.#put(`${root}/${type.plural}`, { get: this.#listOperation(of, everywhere) }, of, [])
    }
    if (!isCustom && of.verbs.has('watch')) this.#addWatches(of, root, below, inPath, named)
    for (const subresource of type.subresources ?? []) {
      this.#addSubresource(of, subresource, `${root}/${below}/{name}/${subresource}`, named)
    }
  }

  #resources(type: ResourceType): JsonObject {
    const answer = this.#components.reference(`${meta}APIResourceList`)
    const get = {
      tags: [tagOf(type)],
      description: 'get available resources',
      operationId: `get${prefixOf(type)}APIResources`,
      responses: responsesOf(builtInMedia.answers, answer),
    }
    return { get }
  }

  #collectionOperations(of: Context): Record<string, Operation> {
    const { type, media, object, verbs } = of
    const operations: Record<string, Operation> = {}
    if (verbs.has('list')) operations['get'] = this.#listOperation(of, idOf(type))
    if (verbs.has('create')) {
      operations['post'] = {
        action: 'post',
        id: `create${idOf(type)}`,
        description: `create ${withArticle(type.kind)}`,
        parameters: this.#named(queryParameters.write, 'CreateOptions'),
        body: requiredBody(media.bodies, object),
        responses: responsesOf(media.answers, object, ['201', '202']),
      }
    }
    if (verbs.has('deletecollection')) {
      operations['delete'] = {
        action: 'deletecollection',
        id: `delete${prefixOf(type)}Collection${idOf(type).slice(prefixOf(type).length)}`,
        description: `delete collection of ${type.kind}`,
        parameters: this.#named(of.isCustom ? queryParameters.list : queryParameters.deleteCollection),
        ...(of.isCustom ? {} : { body: this.#deleteBody(media) }),
        responses: responsesOf(media.answers, this.#status()),
      }
    }
    return operations
  }

  #listOperation({ type, media, list, isCustom }: Context, id: string): Operation {
    return {
      action: 'list',
      id: `list${id}`,
      description: `${isCustom ? 'list' : 'list or watch'} objects of kind ${type.kind}`,
      parameters: this.#named(queryParameters.list),
      responses: responsesOf(media.lists, list),
    }
  }

  #objectOperations(of: Context): Record<string, Operation> {
    const { type, media, verbs } = of
    const operations = this.#changes(of, of.object, verbs, '')
    if (verbs.has('delete')) {
      const answer = !of.isCustom && returnDeleted.has(type.kind) ? of.object : this.#status()
      operations['delete'] = {
        action: 'delete',
        id: `delete${idOf(type)}`,
        description: `delete ${withArticle(type.kind)}`,
        parameters: this.#named(queryParameters.delete),
        body: this.#deleteBody(media),
        responses: responsesOf(media.answers, answer, ['202']),
      }
    }
    return operations
  }

  /** Reading, replacing and patching an object, or a subresource of it. */
  #changes(
    { type, media, isCustom }: Context,
    object: JsonObject,
    verbs: ReadonlySet<string>,
    subresource: string,
    gvk: GroupVersionKind = type,
  ): Record<string, Operation> {
    const operations: Record<string, Operation> = {}
    const id = idOf(type) + pascal(subresource)
    const what = subresource === '' ? '' : `${subresource} of `
    if (verbs.has('get')) {
      operations['get'] = {
        action: 'get',
        id: `read${id}`,
        description: `read ${what}the specified ${type.kind}`,
        gvk,
        ...(isCustom ? { parameters: this.#named(['resourceVersion']) } : {}),
        responses: responsesOf(media.answers, object),
      }
    }
    if (verbs.has('update')) {
      operations['put'] = {
        action: 'put',
        id: `replace${id}`,
        description: `replace ${what}the specified ${type.kind}`,
        gvk,
        parameters: this.#named(queryParameters.write, 'UpdateOptions'),
        body: requiredBody(media.bodies, object),
        responses: responsesOf(media.answers, object, ['201']),
      }
    }
    if (verbs.has('patch')) {
      operations['patch'] = {
        action: 'patch',
        id: `patch${id}`,
        description: `partially update ${what}the specified ${type.kind}`,
        gvk,
        parameters: this.#named(queryParameters.patch),
        body: requiredBody(media.patches, this.#components.reference(`${meta}Patch`)),
        responses: responsesOf(media.answers, object, isCustom ? [] : ['201']),
      }
    }
    return operations
  }

  #addSubresource(of: Context, subresource: string, path: string, named: readonly JsonObject[]): void {
    const { type, media } = of
    if (subresource === 'log') {
      const logged: Operation = {
        action: 'get',
        id: `read${idOf(type)}Log`,
        description: `read log of the specified ${type.kind}`,
        parameters: parametersOf('io.k8s.api.core.v1.PodLogOptions', this.#descriptions),
        responses: responsesOf([...media.answers, 'text/plain'], { type: 'string' }),
      }
      this.#put(path, { get: logged }, of, named)
      return
    }
    if (subresource === 'proxy') {
      this.#addConnections(of, 'proxy', path, { group: '', version: 'v1', kind: `${type.kind}ProxyOptions` }, proxyMethods)
      return
    }
    const other = subresourceKinds[subresource]
    if (subresource === 'exec' || subresource === 'attach' || subresource === 'portforward') {
      this.#addConnections(of, subresource, path, other as GroupVersionKind, ['get', 'post'])
      return
    }
    const object = other === undefined ? of.object : this.#object(other)
    const verbs = new Set(other?.verbs ?? (subresource === 'finalize' ? ['update'] : ['get', 'patch', 'update']))
    const operations = this.#changes(of, object, verbs, subresource, of.isCustom ? type : (other ?? type))
    if (other !== undefined && verbs.has('create')) {
      operations['post'] = {
        action: 'post',
        id: `create${idOf(type)}${pascal(subresource)}`,
        description: `create ${subresource} of ${withArticle(type.kind)}`,
        gvk: other,
        parameters: this.#named(queryParameters.write, 'CreateOptions'),
        body: requiredBody(media.bodies, object),
        responses: responsesOf(media.answers, object, ['201', '202']),
      }
    }
    const kind = of.isCustom ? type.kind : (other ?? type).kind
    const own = [...named.slice(0, -1), pathParameter('name', `name of the ${kind}`)]
    this.#put(path, operations, of, own)
  }

  #addConnections(of: Context, subresource: string, path: string, gvk: GroupVersionKind, methods: readonly string[]): void {
    const { type } = of
    const below = idOf(type).slice(prefixOf(type).length) + pascal(subresource)
    const inPath = [
      ...(type.namespaced ? [namespaceParameter] : []),
      pathParameter('name', `name of the ${gvk.kind}`),
      ...parametersOf(`io.k8s.api.core.v1.${gvk.kind}`, this.#descriptions),
    ]
    const connect = (suffix: string, parameters: readonly JsonObject[]) => {
      const operations: Record<string, Operation> = {}
      for (const method of methods) {
        operations[method] = {
          action: 'connect',
          id: `connect${prefixOf(type)}${pascal(method)}${below}${suffix}`,
          description: `connect ${method.toUpperCase()} requests to ${subresource} of ${type.kind}`,
          gvk,
          responses: responsesOf(['*/*'], { type: 'string' }),
        }
      }
      this.#put(suffix === '' ? path : `${path}/{path}`, operations, of, parameters, false)
    }
    connect('', inPath)
    if (subresource === 'proxy') connect('WithPath', [...inPath, pathParameter('path', 'path to the resource')])
  }

  #addWatches(of: Context, root: string, below: string, inPath: readonly JsonObject[], named: readonly JsonObject[]): void {
    const { type, media } = of
    const answer = this.#components.reference(`${meta}WatchEvent`)
    const watch = (action: string, id: string, what: string): Operation => ({
      action,
      id: `watch${id}`,
      description: `watch ${what} of kind ${type.kind}; the parameter watch of a list does the same`,
      parameters: this.#named(queryParameters.list),
      responses: responsesOf(media.lists, answer),
    })
    const list = (id: string) => watch('watchlist', `${id}List`, 'the objects')
    this.#put(`${root}/watch/${below}`, { get: list(idOf(type)) }, of, inPath)
    this.#put(`${root}/watch/${below}/{name}`, { get: watch('watch', idOf(type), 'one object') }, of, named)
    if (!type.namespaced) return
    const everywhere = watch('watchlist', `${idOf({ ...type, namespaced: false })}ListForAllNamespaces`, 'the objects')
    this.#put(`${root}/watch/${type.plural}`, { get: everywhere }, of, [])
  }

  #named(names: readonly string[], options?: WriteOptions): JsonObject[] {
    return parametersNamed(names, this.#descriptions, options)
  }

  #status(): JsonObject {
    return this.#components.reference(`${meta}Status`)
  }

  #deleteBody(media: MediaTypes): JsonObject {
    const gvk = { group: '', version: 'v1', kind: 'DeleteOptions' }
    return contentOf(media.bodies, this.#components.kind(builtInStruct(`${meta}DeleteOptions`), gvk))
  }

  #object(gvk: GroupVersionKind): JsonObject {
    const schema = this.#catalogue.forKind(apiVersionOf(gvk.group, gvk.version), gvk.kind)
    if (schema === undefined) return { type: 'object' }
    return this.#components.kind(schema, { group: gvk.group, version: gvk.version, kind: gvk.kind })
  }

  #list(type: ResourceType, object: JsonObject, isCustom: boolean): JsonObject {
    const kind = `${type.kind}List`
    const schema = this.#catalogue.forKind(apiVersionOf(type.group, type.version), kind)
    const gvk = { group: type.group, version: type.version, kind }
    if (schema !== undefined) return this.#components.kind(schema, gvk)
    return isCustom ? this.#components.customList(object, gvk, type.plural) : { type: 'object' }
  }

  #isCustom(type: GroupVersionKind): boolean {
    return this.#catalogue.forKind(apiVersionOf(type.group, type.version), type.kind)?.name === undefined
  }

  #put(
    path: string,
    operations: Readonly<Record<string, Operation>>,
    { type }: Context,
    inPath: readonly JsonObject[],
    pretty = true,
  ): void {
    if (Object.keys(operations).length === 0) return
    const written: Record<string, JsonObject> = {}
    for (const [method, operation] of Object.entries(operations)) {
      const { group, kind, version } = operation.gvk ?? type
      const { parameters = [], body } = operation
      written[method] = {
        tags: [tagOf(type)],
        description: operation.description,
        operationId: operation.id,
        parameters: [...parameters, ...inPath, ...(pretty ? [prettyParameter] : [])],
        ...(body === undefined ? {} : { requestBody: body }),
        responses: operation.responses,
        'x-kubernetes-action': operation.action,
        'x-kubernetes-group-version-kind': { group, kind, version },
      }
    }
    this.paths[path] = pathItem(written)
  }
}

const namespaceParameter = pathParameter('namespace', 'the namespace')

/** `AppsV1NamespacedDeployment`, the unique part of operation ids. */
function idOf(type: ResourceType): string {
  return `${prefixOf(type)}${type.namespaced ? 'Namespaced' : ''}${type.kind}`
}

function prefixOf(type: GroupVersionKind): string {
  return groupName(type.group) + pascal(type.version)
}

function tagOf(type: GroupVersionKind): string {
  const group = groupName(type.group)
  return `${group.charAt(0).toLowerCase()}${group.slice(1)}_${type.version}`
}

/** `RbacAuthorization` of rbac.authorization.k8s.io. */
export function groupName(group: string): string {
  const name = group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')
  return name.split(/[.-]/).map(pascal).join('')
}

function pascal(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
