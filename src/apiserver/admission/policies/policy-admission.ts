import { messageOf } from '../../../base/errors.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { fromLabelSelector } from '../../../kube/object/selector.js'
import { StatusError } from '../../../kube/object/status-error.js'
import type { AdmissionRequest, PolicyAdmission } from '../contract.js'
import type { AdmissionExpressions } from '../expressions/expressions.js'
import { admissionForbidden, admissionNamespace } from '../forbidden.js'
import { isExempt } from '../matching/exempt.js'
import { matchRules, type RuleMatch } from '../matching/rules.js'
import { matchNamespace, matchObject } from '../matching/selectors.js'
import type { VersionedRequest } from '../webhooks/review.js'
import { checkExpressions } from './check-expressions.js'
import { type CompiledPolicy, compilePolicy } from './compile-policy.js'
import { type Denial, evaluatePolicy } from './evaluate-policy.js'
import { collectParams, unknownKind } from './params.js'
import { type BindingSpec, bindingResource, type MatchResources, type PolicySpec, policyResource } from './policy-spec.js'

const longestAnnotation = 10 * 1024

/** Reviews, which policies never see: a mistake would lock everybody out. */
const reviews: ReadonlySet<string> = new Set(['authentication.k8s.io', 'authorization.k8s.io'])

/** Evaluates the ValidatingAdmissionPolicies of a cluster, by name and then by the name of the binding. */
export function createPolicyAdmission(expressions: AdmissionExpressions): PolicyAdmission {
  // Stored objects never change in place, so what was compiled of one holds as long as it lives.
  const compiled = new WeakMap<KubeObject, CompiledPolicy>()
  const compiledOf = (policy: KubeObject): CompiledPolicy => {
    let known = compiled.get(policy)
    if (known === undefined) compiled.set(policy, (known = compilePolicy(expressions, policy['spec'] as PolicySpec)))
    return known
  }
  const isConfigured = (storage: AdmissionRequest['storage']) =>
    storage.count(policyResource, '') > 0 && storage.count(bindingResource, '') > 0
  return {
    isConfigured,
    validate(request) {
      if (isExempt(request)) {
        checkExpressions(expressions, request)
        return
      }
      const { storage } = request
      if (!isConfigured(storage)) return
      if (reviews.has(request.type.group)) return
      const refusals: Refusal[] = []
      for (const policy of storage.scan(policyResource, '')) {
        new PolicyRun(expressions, request, policy, compiledOf, refusals).run()
      }
      if (refusals[0] !== undefined) throw refused(request, refusals[0])
    },
  }
}

interface Refusal {
  readonly policy: string
  readonly binding: string | undefined
  readonly message: string
  readonly reason: string | undefined
}

class PolicyRun {
  readonly #expressions: AdmissionExpressions
  readonly #request: AdmissionRequest
  readonly #policy: KubeObject
  readonly #compiledOf: (policy: KubeObject) => CompiledPolicy
  readonly #refusals: Refusal[]
  readonly #annotations = new Map<string, string[]>()

  constructor(
    expressions: AdmissionExpressions,
    request: AdmissionRequest,
    policy: KubeObject,
    compiledOf: (policy: KubeObject) => CompiledPolicy,
    refusals: Refusal[],
  ) {
    this.#expressions = expressions
    this.#request = request
    this.#policy = policy
    this.#compiledOf = compiledOf
    this.#refusals = refusals
  }

  run(): void {
    const request = this.#request
    const spec = this.#policy['spec'] as PolicySpec
    let match: RuleMatch | undefined
    try {
      match = matchResources(spec.matchConstraints, request)
    } catch (error) {
      this.#misconfigured(error, undefined)
      return
    }
    if (match === undefined) return
    const { paramKind } = spec
    if (paramKind !== undefined && request.findKind(paramKind.apiVersion, paramKind.kind) === undefined) {
      if (this.#isBound()) this.#misconfigured(new Error(unknownKind(paramKind)), undefined)
      return
    }
    let asked: VersionedRequest | undefined
    for (const binding of request.storage.scan(bindingResource, '')) {
      const bound = binding['spec'] as BindingSpec
      if (bound.policyName !== this.#policy.metadata.name) continue
      try {
        if (bound.matchResources !== undefined && matchResources(bound.matchResources, request) === undefined) continue
        const params = collectParams(request, paramKind, bound.paramRef)
        if (params.length === 0) continue
        asked ??= versioned(request, match)
        for (const param of params) this.#evaluate(asked, binding.metadata.name, bound, param)
      } catch (error) {
        this.#misconfigured(error, binding.metadata.name)
      }
    }
    for (const [key, values] of this.#annotations) {
      request.annotate(`${this.#policy.metadata.name}/${key}`, values.join(', '))
    }
  }

  #isBound(): boolean {
    for (const { spec } of this.#request.storage.scan(bindingResource, '') as Iterable<KubeObject & { spec: BindingSpec }>) {
      if (spec.policyName === this.#policy.metadata.name) return true
    }
    return false
  }

  #misconfigured(error: unknown, binding: string | undefined): void {
    if ((this.#policy['spec'] as PolicySpec).failurePolicy === 'Ignore') return
    const what = binding === undefined ? 'policy' : 'binding'
    this.#refuse(binding, `failed to configure ${what}: ${messageOf(error)}`, undefined)
  }

  #refuse(binding: string | undefined, message: string, reason: string | undefined): void {
    this.#refusals.push({ policy: this.#policy.metadata.name, binding, message, reason })
  }

  #evaluate(asked: VersionedRequest, binding: string, spec: BindingSpec, params: KubeObject | null): void {
    const request = this.#request
    const { name } = this.#policy.metadata
    const isNamespace = request.groupResource === 'namespaces'
    const namespaceName = isNamespace ? '' : admissionNamespace(request)
    const namespace = namespaceName === '' ? undefined : request.storage.get('namespaces', namespaceName)
    const result = evaluatePolicy(this.#expressions, this.#compiledOf(this.#policy), asked, params, namespace)
    for (const denial of result.denials) {
      for (const action of spec.validationActions) {
        if (action === 'Deny') this.#refuse(binding, denial.message, denial.reason)
        else if (action === 'Audit') this.#audit(binding, spec, denial)
        else {
          request.warn(`Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${binding}': ${denial.message}`)
        }
      }
    }
    for (const { key, value } of result.annotations) {
      const values = this.#annotations.get(key) ?? []
      const cut = value.slice(0, longestAnnotation)
      if (!values.includes(cut)) this.#annotations.set(key, [...values, cut])
    }
    for (const problem of result.annotationProblems) this.#refuse(binding, problem, undefined)
  }

  #audit(binding: string, spec: BindingSpec, { message, index }: Denial): void {
    const failure = {
      message,
      policy: spec.policyName,
      binding,
      expressionIndex: index,
      validationActions: spec.validationActions,
    }
    this.#request.annotate('validation.policy.admission.k8s.io/validation_failure', JSON.stringify([failure]))
  }
}

/** The rule that takes the request. Throws the error of a namespace that is not there. */
function matchResources(match: MatchResources | undefined, request: AdmissionRequest): RuleMatch | undefined {
  const { namespaceSelector, objectSelector, resourceRules, excludeResourceRules, matchPolicy } = match ?? {}
  const inNamespace = matchNamespace(fromLabelSelector(namespaceSelector ?? {}), request)
  if (inNamespace === false || !matchObject(fromLabelSelector(objectSelector ?? {}), request)) return undefined
  if (matchRules(excludeResourceRules, matchPolicy, request) !== undefined) return undefined
  const found = resourceRules?.length ? matchRules(resourceRules, matchPolicy, request) : { equivalent: undefined }
  if (found !== undefined && inNamespace instanceof StatusError) throw inNamespace
  return found
}

function versioned(request: AdmissionRequest, { equivalent }: RuleMatch): VersionedRequest {
  const { object, previous, kind, type } = request
  if (equivalent === undefined || kind.kind !== type.kind) {
    return { request, kind, resource: equivalent?.type ?? type, object, previous }
  }
  return {
    request,
    kind: equivalent.type,
    resource: equivalent.type,
    object: object && equivalent.fromRequested(object),
    previous: previous && equivalent.fromRequested(previous),
  }
}

const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413, Invalid: 422 }

function refused(request: AdmissionRequest, { policy, binding, message, reason = 'Invalid' }: Refusal): StatusError {
  const by = binding === undefined ? '' : ` with binding '${binding}'`
  const text = `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${message}`
  const error = admissionForbidden(request, text, [{ message: text }])
  return new StatusError({ ...error.status, reason, code: codes[reason] ?? 422 })
}
