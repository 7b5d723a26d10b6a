import { messageOf } from '../../../base/errors.js'
import { equalJson, setOwn } from '../../../base/json.js'
import { printJson } from '../../../base/json-text.js'
import { applyJsonPatch, type JsonPatchOperation } from '../../../formats/json-patch/json-patch.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError, statusErrors } from '../../../kube/object/status-error.js'
import type { AdmissionRequest } from '../contract.js'
import type { ConditionMatcher } from '../expressions/match-conditions.js'
import { CallFailure, givenUp, refusedBecauseOf } from './call-failure.js'
import { type CallPorts, callWebhook } from './call-webhook.js'
import { mutatingConfigurations, type Webhook, webhooksOf } from './configuration.js'
import { findInvocation, type Invocation } from './find-invocation.js'

/**
 * Asks mutating webhooks one after the other; each sees what those before it have changed. When one has changed the object,
 * the built-in plugins run again (`reinvoke`), and so does every webhook with reinvocationPolicy IfNeeded that was asked
 * before a change by another. Undefined: none is concerned.
 */
export function askMutatingWebhooks(
  ports: CallPorts,
  conditions: ConditionMatcher | undefined,
  request: AdmissionRequest,
  reinvoke: () => void,
): Promise<void> | undefined {
  const hooks = webhooksOf(request.storage, mutatingConfigurations)
  for (const [index, hook] of hooks.entries()) {
    const first = findInvocation(hook, request, conditions)
    if (first !== undefined) return new MutatingRound(ports, conditions, request).run(hooks, index, first, reinvoke)
  }
  return undefined
}

class MutatingRound {
  readonly #ports: CallPorts
  readonly #conditions: ConditionMatcher | undefined
  readonly #request: AdmissionRequest
  /** Webhooks that want to be asked again after a change, and those that are to be. */
  readonly #asked = new Set<string>()
  readonly #again = new Set<string>()
  #changed = false
  #round = 0

  constructor(ports: CallPorts, conditions: ConditionMatcher | undefined, request: AdmissionRequest) {
    this.#ports = ports
    this.#conditions = conditions
    this.#request = request
  }

  async run(hooks: readonly Webhook[], start: number, first: Invocation, reinvoke: () => void): Promise<void> {
    await this.#ask(first, start)
    for (let index = start + 1; index < hooks.length; index++) {
      const invocation = findInvocation(hooks[index]!, this.#request, this.#conditions)
      if (invocation !== undefined) await this.#ask(invocation, index)
    }
    if (!this.#changed) return
    this.#round = 1
    const { object } = this.#request
    const before = printJson(object)
    reinvoke()
    if (printJson(object) !== before) this.#requireAgain()
    for (const [index, hook] of hooks.entries()) {
      if (!this.#again.has(hook.id)) continue
      const invocation = findInvocation(hook, this.#request, this.#conditions)
      if (invocation !== undefined) await this.#ask(invocation, index)
    }
  }

  async #ask(invocation: Invocation, index: number): Promise<void> {
    const request = this.#request
    const { name, failurePolicy, reinvocationPolicy } = invocation.hook.spec
    const at = `round_${this.#round}_index_${index}`
    let changed = false
    try {
      const { patch } = await callWebhook(this.#ports, invocation.hook, invocation.asked, true)
      if (patch.length > 0) {
        changed = applyAnswer(request, invocation, patch)
        const { configuration } = invocation.hook
        const value = { configuration, webhook: name, patch, patchType: 'JSONPatch' }
        request.annotate(`patch.webhook.admission.k8s.io/${at}`, printJson(value))
      }
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error
      if (failurePolicy !== 'Ignore') throw refusedBecauseOf(error)
      if (request.signal?.aborted) throw givenUp()
      request.annotate(`failed-open.mutation.webhook.admission.k8s.io/${at}`, name)
      request.ports.log.warn('webhook failed and is passed over', { webhook: name, error: error.message })
    }
    const mutation = { configuration: invocation.hook.configuration, webhook: name, mutated: changed }
    request.annotate(`mutation.webhook.admission.k8s.io/${at}`, JSON.stringify(mutation))
    if (changed) {
      this.#changed = true
      this.#requireAgain()
    }
    if (reinvocationPolicy === 'IfNeeded') this.#asked.add(invocation.hook.id)
  }

  #requireAgain(): void {
    for (const id of this.#asked) this.#again.add(id)
    this.#asked.clear()
  }
}

/** Changes the object of the request as the webhook wants it; false when that makes no difference. */
function applyAnswer(request: AdmissionRequest, invocation: Invocation, patch: readonly JsonPatchOperation[]): boolean {
  const { kind, object } = invocation.asked
  if (object === undefined || request.object === undefined) {
    throw statusErrors.internal(
      `admission webhook ${JSON.stringify(invocation.hook.spec.name)} attempted to modify the object, which is not supported for this operation`,
    )
  }
  let next: KubeObject
  try {
    next = request.decode(kind, applyJsonPatch(object, patch) as KubeObject)
  } catch (error) {
    if (error instanceof StatusError && error.httpCode >= 500) throw error
    throw statusErrors.internal(messageOf(error))
  }
  if (equalJson(next, object)) return false
  replaceContents(request.object, invocation.toRequested(next))
  return true
}

/** Those who wait for admission hold the object itself. */
function replaceContents(object: KubeObject, next: KubeObject): void {
  for (const key of Object.keys(object)) delete (object as Record<string, unknown>)[key]
  for (const [key, value] of Object.entries(next)) setOwn(object, key, value)
}
