import { isObject } from '../../../base/json.js'
import { parseJson, printJson } from '../../../base/json-text.js'
import { decodeJsonPatch, type JsonPatchOperation } from '../../../formats/json-patch/json-patch.js'
import { apiVersionOf, type KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import type { Status } from '../../../kube/object/status-error.js'
import { builtInSchemas } from '../../../kube/schema/built-in.js'
import type { AdmissionRequest, GroupVersionKind } from '../contract.js'
import { admissionNamespace } from '../forbidden.js'

/** What a webhook is asked about, in the version that its rules name. */
export interface VersionedRequest {
  readonly request: AdmissionRequest
  readonly kind: GroupVersionKind
  readonly resource: ResourceType
  readonly object: KubeObject | undefined
  readonly previous: KubeObject | undefined
}

/** The first of the webhook's review versions that is known; undefined: none is. */
export function reviewVersionOf(versions: readonly string[] | undefined): 'v1' | 'v1beta1' | undefined {
  return versions?.find((version) => version === 'v1' || version === 'v1beta1') as 'v1' | 'v1beta1' | undefined
}

/** The fields of an AdmissionRequest that say what is asked, without the objects. CEL knows them as `request`. */
export function describeRequest({ request, kind, resource }: VersionedRequest): Record<string, unknown> {
  const { type, user, subresource } = request
  const { group, version } = kind
  const namespace = admissionNamespace(request)
  const sub = subresource === '' ? {} : { subResource: subresource }
  return {
    kind: { group, version, kind: kind.kind },
    resource: { group: resource.group, version: resource.version, resource: resource.plural },
    ...sub,
    requestKind: { group: request.kind.group, version: request.kind.version, kind: request.kind.kind },
    requestResource: { group: type.group, version: type.version, resource: type.plural },
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(request.name === '' ? {} : { name: request.name }),
    ...(namespace === '' ? {} : { namespace }),
    operation: request.operation,
    userInfo: {
      ...(user.name === '' ? {} : { username: user.name }),
      ...(user.uid ? { uid: user.uid } : {}),
      ...(user.groups.length > 0 ? { groups: user.groups } : {}),
      ...(user.extra && Object.keys(user.extra).length > 0 ? { extra: user.extra } : {}),
    },
    dryRun: request.dryRun,
    options: request.options ?? null,
  }
}

export function reviewBody(version: 'v1' | 'v1beta1', uid: string, asked: VersionedRequest): string {
  const { dryRun, options, ...fields } = describeRequest(asked)
  return printJson({
    kind: 'AdmissionReview',
    apiVersion: apiVersionOf('admission.k8s.io', version),
    request: { uid, ...fields, object: goForm(asked.object), oldObject: goForm(asked.previous), dryRun, options },
  })
}

/** Built-in kinds are structs upstream, and show that a new object has no time of creation yet. */
function goForm(object: KubeObject | undefined): KubeObject | null {
  if (object === undefined) return null
  if (!isObject(object.metadata) || object.metadata.creationTimestamp !== undefined) return object
  if (builtInSchemas.forKind(object.apiVersion, object.kind) === undefined) return object
  return { ...object, metadata: { ...object.metadata, creationTimestamp: null } }
}

export interface ReviewAnswer {
  readonly allowed: boolean
  readonly patch: readonly JsonPatchOperation[]
  readonly result: Partial<Status> | undefined
  readonly warnings: readonly string[]
  readonly auditAnnotations: Readonly<Record<string, string>>
}

/** Reads the answer to a review. Throws an Error that says what is wrong with it. */
export function readReview(version: 'v1' | 'v1beta1', uid: string, mutating: boolean, review: unknown): ReviewAnswer {
  const body = isObject(review) ? review : {}
  const response = body['response']
  if (!isObject(response)) throw new Error('webhook response was absent')
  if (version === 'v1') checkIdentity(body, response, uid)
  const patch = typeof response['patch'] === 'string' ? response['patch'] : ''
  const patchType = response['patchType'] as string | null | undefined
  const typed = patchType !== undefined && patchType !== null
  if (!mutating && version === 'v1') {
    if (patch !== '') throw new Error('validating webhook may not return response.patch')
    if (typed) throw new Error('validating webhook may not return response.patchType')
  }
  if (mutating && version === 'v1') {
    if (patch !== '' && !typed) throw new Error('webhook returned response.patch but not response.patchType')
    if (patch === '' && typed) throw new Error('webhook returned response.patchType but not response.patch')
    if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""')
    if (typed && patchType !== 'JSONPatch') throw new Error(`unsupported patch type ${JSON.stringify(patchType)}`)
  }
  const status = response['status']
  return {
    allowed: response['allowed'] === true,
    patch: mutating && patch !== '' && response['allowed'] === true ? decodePatch(patch) : [],
    result: isObject(status) ? (status as Partial<Status>) : undefined,
    warnings: Array.isArray(response['warnings']) ? response['warnings'].map(String) : [],
    auditAnnotations: texts(response['auditAnnotations']),
  }
}

function checkIdentity(body: Record<string, unknown>, response: Record<string, unknown>, uid: string): void {
  const given = typeof response['uid'] === 'string' ? response['uid'] : ''
  if (given !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(given)}`)
  const apiVersion = typeof body['apiVersion'] === 'string' ? body['apiVersion'] : ''
  const kind = typeof body['kind'] === 'string' ? body['kind'] : ''
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview') {
    throw new Error(
      `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${apiVersion || '/'}, Kind=${kind}`,
    )
  }
}

function decodePatch(text: string): JsonPatchOperation[] {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  return decodeJsonPatch(parseJson(new TextDecoder().decode(bytes)))
}

function texts(value: unknown): Record<string, string> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]))
}
