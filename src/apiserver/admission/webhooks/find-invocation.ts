import { StatusError } from '../../../kube/object/status-error.js'
import type { AdmissionRequest } from '../contract.js'
import type { ConditionMatcher } from '../expressions/match-conditions.js'
import { admissionForbidden } from '../forbidden.js'
import { matchRules } from '../matching/rules.js'
import { matchNamespace, matchObject } from '../matching/selectors.js'
import type { Webhook } from './configuration.js'
import type { VersionedRequest } from './review.js'

/** A webhook that is to be asked, and the versions of the objects that it takes. */
export interface Invocation {
  readonly hook: Webhook
  readonly asked: VersionedRequest
  /** What the webhook has made of the object, in the version of the request. */
  toRequested(object: NonNullable<VersionedRequest['object']>): NonNullable<VersionedRequest['object']>
}

/** Undefined when the webhook is not concerned. Throws when nothing can be said of that. */
export function findInvocation(
  hook: Webhook,
  request: AdmissionRequest,
  conditions: ConditionMatcher | undefined,
): Invocation | undefined {
  const { spec } = hook
  const match = matchRules(spec.rules, spec.matchPolicy, request)
  if (match === undefined) return undefined
  const inNamespace = matchNamespace(hook.namespaceSelector, request)
  if (inNamespace === false || !matchObject(hook.objectSelector, request)) return undefined
  if (inNamespace instanceof StatusError) throw inNamespace
  const invocation = versionedInvocation(hook, request, match.equivalent)
  if (spec.matchConditions === undefined || spec.matchConditions.length === 0) return invocation
  if (conditions === undefined) return invocation
  const matches = conditions.matches(spec.matchConditions, spec.failurePolicy, invocation.asked)
  if (typeof matches === 'object') throw admissionForbidden(request, matches.problem)
  return matches ? invocation : undefined
}

function versionedInvocation(
  hook: Webhook,
  request: AdmissionRequest,
  equivalent: NonNullable<ReturnType<typeof matchRules>>['equivalent'],
): Invocation {
  const { object, previous, type, kind } = request
  if (equivalent === undefined || request.kind.kind !== type.kind) {
    const resource = equivalent?.type ?? type
    return { hook, asked: { request, kind, resource, object, previous }, toRequested: (changed) => changed }
  }
  const asked: VersionedRequest = {
    request,
    kind: equivalent.type,
    resource: equivalent.type,
    object: object && equivalent.fromRequested(object),
    previous: previous && equivalent.fromRequested(previous),
  }
  return { hook, asked, toRequested: (changed) => equivalent.toRequested(changed) }
}
