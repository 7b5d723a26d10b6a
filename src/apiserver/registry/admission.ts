import { groupOf, type KubeObject, versionOf } from '../../kube/object/kube-object.js'
import { builtInSchemas } from '../../kube/schema/built-in.js'
import { readFields } from '../../kube/schema/check-fields.js'
import { applyDefaults } from '../../kube/schema/defaults/apply-defaults.js'
import type { AdmissionRequest, EquivalentVersion, GroupVersionKind, ServedKind } from '../admission/contract.js'
import type { AccessAttributes } from '../contract.js'
import { decodeBody, withDefaults } from './machinery.js'
import { type Resource, storageKey, viewOf } from './resource.js'
import { type WriteRequest, warn } from './writes/write-request.js'

export type Operation = AdmissionRequest['operation']

/** Plugins that change, and mutating webhooks. Nothing is returned when no webhook was to be asked. */
export function admitMutating(
  request: WriteRequest,
  operation: Operation,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): Promise<void> | undefined {
  const admission = new RegistryAdmission(request, operation, object, previous)
  const pending = request.scope.admission.mutate(admission)
  const { view } = request
  if (view === undefined || object === undefined) return pending
  const put = () => view.put(object, admission.object!)
  if (pending !== undefined) return pending.then(put)
  put()
  return undefined
}

/** Plugins that judge, policies, and validating webhooks. */
export function admitValidating(
  request: WriteRequest,
  operation: Operation,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): Promise<void> | undefined {
  return request.scope.admission.validate(new RegistryAdmission(request, operation, object, previous))
}

/** What must hold at the moment of the commit: call it right before. */
export function admitLast(
  request: WriteRequest,
  operation: Operation,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): void {
  request.scope.admission.finish(new RegistryAdmission(request, operation, object, previous))
}

/** A body that is of the subresource's own kind, as admission sees it: named after the object that it is for. */
export function subresourceBody(request: WriteRequest, body: KubeObject, apiVersion: string, kind: string): KubeObject {
  const { name, namespace } = request
  return { ...body, apiVersion, kind, metadata: { ...body.metadata, name, ...(namespace ? { namespace } : {}) } }
}

/** Both phases, for what is not stored as it came: bindings, evictions, token requests, connections. */
export function admitWhole(request: WriteRequest, operation: Operation, object: KubeObject): Promise<void> | undefined {
  const mutating = admitMutating(request, operation, object, undefined)
  if (mutating !== undefined) return mutating.then(() => admitValidating(request, operation, object, undefined))
  return admitValidating(request, operation, object, undefined)
}

class RegistryAdmission implements AdmissionRequest {
  readonly operation: Operation
  readonly object: KubeObject | undefined
  readonly previous: KubeObject | undefined
  readonly #write: WriteRequest

  constructor(write: WriteRequest, operation: Operation, object: KubeObject | undefined, previous: KubeObject | undefined) {
    const view = write.view
    this.operation = operation
    this.object = view === undefined || object === undefined ? object : view.of(object)
    this.previous = view === undefined || previous === undefined ? previous : view.of(previous)
    this.#write = write
  }
  get type() {
    return this.#write.resource.type
  }
  get kind(): GroupVersionKind {
    const sent = this.object ?? this.previous
    if (sent === undefined) return this.type
    return { group: groupOf(sent.apiVersion), version: versionOf(sent.apiVersion), kind: sent.kind }
  }
  get groupResource() {
    return this.#write.resource.stored
  }
  get subresource() {
    return this.#write.subresource
  }
  get namespace() {
    return this.#write.namespace
  }
  get name() {
    return this.#write.name !== '' ? this.#write.name : (this.object?.metadata?.name ?? '')
  }
  get user() {
    return this.#write.context.user
  }
  get dryRun() {
    return this.#write.options.dryRun === true
  }
  get storage() {
    return this.#write.scope.storage
  }
  get cluster() {
    return this.#write.scope.cluster
  }
  get ports() {
    return this.#write.scope.ports
  }
  get signal() {
    return this.#write.context.signal ?? this.#write.options.signal
  }
  get options(): KubeObject | undefined {
    return optionsOf(this.#write, this.operation)
  }
  authorize(attributes: Partial<AccessAttributes> & { verb: string }, user = this.user): { allowed: boolean; reason: string } {
    const { authorizer } = this.#write.scope.extensions
    if (authorizer === undefined) return { allowed: true, reason: '' }
    const nothing = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' }
    return authorizer.authorize(this.cluster, user, { ...nothing, ...attributes })
  }
  warn(text: string): void {
    warn(this.#write, text)
  }
  annotate(key: string, value: string): void {
    this.#write.context.annotate?.(key, value)
  }
  equivalents(): readonly EquivalentVersion[] {
    const { resource, scope } = this.#write
    // Webhooks of admission are asked in the version of the request where a webhook would have to convert for them.
    if (resource.custom?.webhook !== undefined) return []
    return scope.served.equivalentsOf(resource).map((other) => equivalent(resource, other))
  }
  findKind(apiVersion: string, kind: string): ServedKind | undefined {
    const { scope } = this.#write
    const type = scope.served.catalogue().forKind(apiVersion, kind)
    const resource = type && scope.served.find(type)
    if (resource === undefined) return undefined
    const { namespaced } = resource.type
    return {
      namespaced,
      get(namespace, name) {
        const stored = scope.storage.get(resource.stored, storageKey(resource, namespace, name))
        return stored && viewOf(resource, stored)
      },
      *list(namespace) {
        const prefix = namespaced && namespace !== '' ? `${namespace}/` : ''
        for (const stored of scope.storage.scan(resource.stored, prefix)) yield viewOf(resource, stored)
      },
    }
  }
  decode(kind: GroupVersionKind, object: KubeObject): KubeObject {
    const { resource, scope } = this.#write
    if (kind.kind === resource.type.kind && kind.group === resource.type.group && kind.version === resource.type.version) {
      return withDefaults(resource, decodeBody(resource, object).object)
    }
    const other = scope.served
      .equivalentsOf(resource)
      .find(({ type }) => type.kind === kind.kind && type.group === kind.group && type.version === kind.version)
    if (other !== undefined) return withDefaults(other, decodeBody(other, object).object)
    const schema = builtInSchemas.forKind(object.apiVersion, object.kind)
    return schema === undefined ? object : applyDefaults(object.apiVersion, object.kind, readFields(schema, object).object)
  }
}

function equivalent(requested: Resource, other: Resource): EquivalentVersion {
  const convert = (from: Resource, to: Resource, object: KubeObject) => {
    const stored = from.conversion?.toStored(object) ?? object
    return to.conversion?.fromStored(stored) ?? stored
  }
  return {
    type: other.type,
    fromRequested: (object) => convert(requested, other, object),
    toRequested: (object) => convert(other, requested, object),
  }
}

/** As upstream passes them on: a patch is a create or an update by now. */
function optionsOf({ options, deletion }: WriteRequest, operation: Operation): KubeObject | undefined {
  if (operation === 'CONNECT') return undefined
  const kind = operation === 'CREATE' ? 'CreateOptions' : operation === 'UPDATE' ? 'UpdateOptions' : 'DeleteOptions'
  const { dryRun, fieldManager, fieldValidation, managerFromAgent } = options
  const fields =
    operation === 'DELETE'
      ? { ...deletion, dryRun: undefined }
      : { ...(fieldManager && !managerFromAgent ? { fieldManager } : {}), ...(fieldValidation ? { fieldValidation } : {}) }
  return { kind, apiVersion: 'meta.k8s.io/v1', ...fields, ...(dryRun ? { dryRun: ['All'] } : {}) } as unknown as KubeObject
}
