import type {
  DeleteOptions,
  ListOptions,
  Patch,
  ResourceCatalogue,
  ServerVersion,
  WatchOptions,
} from '../../kube/client/kube-client.js'
import type { KubeList, KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound, statusErrors } from '../../kube/object/status-error.js'
import type { SchemaCatalogue } from '../../kube/schema/schema-node.js'
import type { ApiTarget, ApiWriteOptions, ClusterApi, RequestContext, WatchSink } from '../contract.js'
import { admitWhole } from './admission.js'
import { getComputed, listComputed } from './computed-resource.js'
import { awaitRevision } from './reads/await-revision.js'
import { listInTurns, listObjects } from './reads/list-objects.js'
import { awaitedRevision, storedRevision, tooLarge } from './reads/list-options.js'
import { named, type Resource, storageKey, viewOf } from './resource.js'
import type { ClusterScope } from './scope.js'
import { subresources } from './subresources/index.js'
import { virtualResources } from './virtual-resources.js'
import { untilStored } from './writes/commit.js'
import { createObject } from './writes/create-object.js'
import { type DeletionOptions, deleteObject } from './writes/delete-object.js'
import { patchObject } from './writes/patch-object.js'
import { updateObject } from './writes/update-object.js'
import type { WriteRequest } from './writes/write-request.js'

/** The verbs of one logical cluster. */
export class ClusterRegistry implements ClusterApi {
  readonly version: ServerVersion
  readonly #scope: ClusterScope

  constructor(scope: ClusterScope, version: ServerVersion) {
    this.#scope = scope
    this.version = version
  }

  get schemas(): SchemaCatalogue {
    return this.#scope.served
  }

  catalogue(): ResourceCatalogue {
    return this.#scope.served.catalogue()
  }

  async get(context: RequestContext, target: ApiTarget, options?: { resourceVersion?: string }): Promise<KubeObject> {
    const resource = this.#resource(target.type, 'get', context)
    if (resource.computed !== undefined) return getComputed(this.#scope.cluster, resource, target.namespace, target.name)
    const { storage } = this.#scope
    if (options?.resourceVersion) {
      const wanted = storedRevision(options.resourceVersion)
      if (wanted > storage.revision()) await this.#untilRevision(context, wanted)
      if (wanted > storage.revision()) throw tooLarge(wanted, storage.revision())
    }
    const preparing = this.#prepare(resource, target.namespace, target.name)
    if (preparing !== undefined) await preparing
    const stored = storage.get(resource.stored, storageKey(resource, target.namespace, target.name))
    if (stored === undefined) throw statusErrors.notFound(named(resource, target.name))
    const object = viewOf(resource, stored)
    if (!target.subresource || target.subresource === 'status') return object
    const read = this.#subresource(resource, target.subresource).get
    if (read === undefined) throw statusErrors.methodNotAllowed('get', { ...named(resource), resource: resource.type.plural })
    return read(this.#request(context, resource, target, {}), object)
  }

  async list(context: RequestContext, type: ResourceType, options: ListOptions): Promise<KubeList> {
    const resource = this.#resource(type, 'list', context)
    if (resource.computed !== undefined) return listComputed(this.#scope.cluster, resource, options)
    const wanted = awaitedRevision(options)
    if (wanted > this.#scope.storage.revision()) await this.#untilRevision(context, wanted)
    const preparing = this.#prepare(resource, options.namespace)
    if (preparing !== undefined) await preparing
    return listInTurns(this.#scope.storage, resource, options)
  }

  #untilRevision(context: RequestContext, revision: number): Promise<void> {
    return awaitRevision(this.#scope.storage, this.#scope.ports.clock, revision, context.signal)
  }

  async watch(context: RequestContext, type: ResourceType, options: WatchOptions, sink: WatchSink): Promise<void> {
    const resource = this.#resource(type, 'watch', context)
    const preparing = this.#prepare(resource, options.namespace)
    if (preparing !== undefined) await preparing
    await this.#scope.watches.watch(resource, options, sink, context.signal ?? options.signal)
  }

  async create(context: RequestContext, target: ApiTarget, object: KubeObject, options: ApiWriteOptions): Promise<KubeObject> {
    const resource = this.#scope.served.resolve(target.type)
    const request = this.#request(context, resource, target, options)
    if (target.subresource) {
      const create = this.#subresource(resource, target.subresource).create
      if (create === undefined) throw statusErrors.methodNotAllowed('create', named(resource))
      return create(request, object)
    }
    const virtual = virtualResources[resource.stored]
    if (virtual !== undefined) {
      const admitting = admitWhole(request, 'CREATE', object)
      if (admitting !== undefined) await admitting
      return virtual(request, object)
    }
    this.#resource(target.type, 'create', context)
    return createObject({ ...request, name: '' }, object)
  }

  async update(
    context: RequestContext,
    target: ApiTarget,
    object: KubeObject,
    options: ApiWriteOptions,
  ): Promise<{ object: KubeObject; created: boolean }> {
    const resource = this.#resource(target.type, 'update', context)
    const request = this.#request(context, resource, target, options)
    const preparing = this.#prepare(resource, target.namespace, target.name)
    if (preparing !== undefined) await preparing
    if (request.subresource === '' || request.subresource === 'status') {
      this.#checkStatus(request)
      return untilStored(() => updateObject(request, object))
    }
    const update = this.#subresource(resource, request.subresource).update
    if (update === undefined) throw statusErrors.methodNotAllowed('update', named(resource))
    return { object: await untilStored(() => update(request, object)), created: false }
  }

  async patch(
    context: RequestContext,
    target: ApiTarget,
    patch: Patch,
    options: ApiWriteOptions,
  ): Promise<{ object: KubeObject; created: boolean }> {
    const resource = this.#resource(target.type, 'patch', context)
    const request = this.#request(context, resource, target, options)
    const preparing = this.#prepare(resource, target.namespace, target.name)
    if (preparing !== undefined) await preparing
    if (request.subresource === '' || request.subresource === 'status') {
      this.#checkStatus(request)
      return untilStored(() => patchObject(request, patch))
    }
    const change = this.#subresource(resource, request.subresource).patch
    if (change === undefined) throw statusErrors.methodNotAllowed('patch', named(resource))
    return { object: await untilStored(() => change(request, patch)), created: false }
  }

  async delete(
    context: RequestContext,
    target: ApiTarget,
    options: DeletionOptions,
  ): Promise<{ object: KubeObject; gone: boolean }> {
    const resource = this.#resource(target.type, 'delete', context)
    const preparing = this.#prepare(resource, target.namespace, target.name)
    if (preparing !== undefined) await preparing
    return deleteObject(this.#request(context, resource, target, options.dryRun ? { dryRun: true } : {}), options)
  }

  async deleteCollection(
    context: RequestContext,
    type: ResourceType,
    list: ListOptions,
    options: DeleteOptions,
  ): Promise<KubeList> {
    const resource = this.#resource(type, 'deletecollection', context)
    const preparing = this.#prepare(resource, list.namespace)
    if (preparing !== undefined) await preparing
    const found = listObjects(this.#scope.storage, resource, list)
    const deletions = found.items.map(async ({ metadata: { name, namespace = '' } }) => {
      try {
        await this.delete(context, { type, namespace, name }, options)
      } catch (error) {
        // Somebody else was faster, which is just as well.
        if (!isNotFound(error)) throw error
      }
    })
    await Promise.all(deletions)
    return found
  }

  async connect(context: RequestContext, target: ApiTarget, options: KubeObject): Promise<void> {
    await admitWhole(this.#request(context, this.#scope.served.resolve(target.type), target, {}), 'CONNECT', options)
  }

  /** Of resources that a webhook converts: it is asked for what is about to be read, and has not been before. */
  #prepare(resource: Resource, namespace = '', name = ''): Promise<void> | undefined {
    const within = resource.type.namespaced ? namespace : ''
    return resource.custom?.webhook?.prepare(this.#scope, resource.apiVersion, within, name)
  }

  #resource(type: ResourceType, verb: string, context: RequestContext): Resource {
    const resource = this.#scope.served.resolve(type)
    if (resource.custom?.deprecation !== undefined) context.warn(resource.custom.deprecation)
    if (resource.type.verbs?.includes(verb) === false) throw statusErrors.methodNotAllowed(verb, named(resource))
    return resource
  }

  #request(context: RequestContext, resource: Resource, target: ApiTarget, options: ApiWriteOptions): WriteRequest {
    return {
      scope: this.#scope,
      context,
      resource,
      namespace: resource.type.namespaced ? target.namespace : '',
      name: target.name,
      subresource: target.subresource ?? '',
      options,
    }
  }

  #checkStatus(request: WriteRequest): void {
    if (request.subresource === 'status' && !request.resource.strategy.status) throw statusErrors.pathNotFound()
  }

  #subresource(resource: Resource, name: string): (typeof subresources)[string] {
    const handlers = subresources[name]
    if (handlers === undefined || resource.type.subresources?.includes(name) !== true) throw statusErrors.pathNotFound()
    return handlers
  }
}
