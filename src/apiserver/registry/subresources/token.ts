import { formatTime } from '../../../base/clock.js'
import { isObject } from '../../../base/json.js'
import { recordUpdate } from '../../../kube/apply/server-side-apply.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type StatusCause, statusErrors, unknownKind } from '../../../kube/object/status-error.js'
import { builtInSchemas } from '../../../kube/schema/built-in.js'
import { admitWhole, subresourceBody } from '../admission.js'
import type { TokenRequest } from '../scope.js'
import type { WriteRequest } from '../writes/write-request.js'
import { parentOf } from './parent.js'
import type { Subresource } from './subresource.js'

/** serviceaccounts/token: authentication.k8s.io/v1 TokenRequest, signed by the port. */
export const token: Subresource = {
  async create(request, body) {
    const { scope } = request
    const admitting = admitWhole(request, 'CREATE', reviewed(request, body))
    if (admitting !== undefined) await admitting
    const account = parentOf(request)
    // What does not say what it is counts as what belongs here.
    if (body.kind && body.kind !== 'TokenRequest') throw unknownKind(body, { kind: 'TokenRequest' })
    const { name = '' } = body.metadata ?? {}
    if (name !== '' && name !== request.name) throw otherName(request, name)
    const issue = scope.extensions.issueToken
    if (issue === undefined) throw statusErrors.methodNotAllowed('create', { resource: 'serviceaccounts/token', group: '' })
    const spec = isObject(body['spec']) ? body['spec'] : {}
    const expirationSeconds = Number(spec['expirationSeconds'] ?? 3600)
    checkExpiry(expirationSeconds)
    const audiences = Array.isArray(spec['audiences']) ? spec['audiences'].map(String) : []
    const boundObject = boundTo(request, spec['boundObjectRef'])
    const issued = request.options.dryRun
      ? { token: '', expiresAtMs: scope.ports.clock.now() + expirationSeconds * 1000, audiences }
      : await issue(scope.cluster, {
          namespace: request.namespace,
          serviceAccount: request.name,
          uid: account.metadata.uid ?? '',
          audiences,
          expirationSeconds,
          ...(boundObject ? { boundObject } : {}),
        })
    const owned = recordUpdate({
      schema: builtInSchemas.forKind('authentication.k8s.io/v1', 'TokenRequest'),
      updated: { ...reviewed(request, body), spec: { ...spec, expirationSeconds }, status: undefined },
      manager: request.options.fieldManager || 'unknown',
      subresource: 'token',
      nowText: formatTime(scope.ports.clock.now()),
    })
    const { managedFields } = owned.metadata
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: {
        name: request.name,
        namespace: request.namespace,
        creationTimestamp: formatTime(scope.ports.clock.now()),
        ...(managedFields === undefined ? {} : { managedFields }),
      },
      spec: {
        audiences: audiences.length === 0 ? [...(issued.audiences ?? [])] : audiences,
        expirationSeconds,
        boundObjectRef: spec['boundObjectRef'] ?? null,
      },
      status: { token: issued.token, expirationTimestamp: formatTime(issued.expiresAtMs) },
    }
  },
}

function otherName(request: WriteRequest, name: string) {
  const message = `Invalid value: ${JSON.stringify(name)}: must match the service account name if specified`
  return statusErrors.invalid({ kind: 'TokenRequest', group: 'authentication.k8s.io', name: request.name }, [
    { reason: 'FieldValueInvalid', message, field: 'metadata.name' },
  ])
}

/** What admission sees: already with the fields of an answer. */
function reviewed(request: WriteRequest, body: KubeObject): KubeObject {
  const object = subresourceBody(request, body, 'authentication.k8s.io/v1', 'TokenRequest')
  const spec = isObject(body['spec']) ? body['spec'] : {}
  const creationTimestamp = formatTime(request.scope.ports.clock.now())
  return {
    ...object,
    metadata: { ...object.metadata, creationTimestamp },
    spec: { ...spec, boundObjectRef: spec['boundObjectRef'] ?? null },
    status: { token: '', expirationTimestamp: null },
  }
}

function checkExpiry(seconds: number): void {
  const causes: StatusCause[] = []
  const wrong = (why: string) =>
    causes.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${seconds}: ${why}`, field: 'spec.expirationSeconds' })
  if (!(seconds >= 600)) wrong('may not specify a duration less than 10 minutes')
  if (seconds > 2 ** 32) wrong('may not specify a duration larger than 2^32 seconds')
  if (causes.length > 0) {
    throw statusErrors.invalid({ kind: 'TokenRequest', group: 'authentication.k8s.io', name: '' }, causes)
  }
}

function groupVersionKind({ apiVersion, kind }: Record<string, unknown>): string {
  const text = String(apiVersion ?? '')
  return `${text.includes('/') ? text : `/${text}`}, Kind=${String(kind)}`
}

/** The pod, secret or node that the token is to die with. It must be there. */
function boundTo(request: WriteRequest, reference: unknown): TokenRequest['boundObject'] | undefined {
  if (!isObject(reference)) return undefined
  const kind = String(reference['kind'] ?? '')
  const name = String(reference['name'] ?? '')
  const plural = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' }[kind]
  if (plural === undefined) throw statusErrors.badRequest(`cannot bind token to object of type ${groupVersionKind(reference)}`)
  const found: KubeObject | undefined = request.scope.storage.get(
    plural,
    plural === 'nodes' ? name : `${request.namespace}/${name}`,
  )
  if (found === undefined) throw statusErrors.notFound({ resource: plural, group: '', name })
  const uid = reference['uid']
  if (uid && uid !== found.metadata.uid) {
    throw statusErrors.conflict(
      { resource: plural, group: '', name },
      `the UID in the bound object reference (${String(uid)}) does not match the UID in record. ` +
        'The object might have been deleted and then recreated',
    )
  }
  return { kind, apiVersion: 'v1', name, uid: found.metadata.uid ?? '' }
}
