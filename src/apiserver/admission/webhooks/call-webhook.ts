import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { uuid } from '../../../base/random.js'
import { CallFailure, denial, dryRunUnsupported } from './call-failure.js'
import type { Webhook } from './configuration.js'
import type { ResolveService, WebhookAnswer, WebhookCaller, WebhookTarget } from './contract.js'
import { type ReviewAnswer, readReview, reviewBody, reviewVersionOf, type VersionedRequest } from './review.js'

export interface CallPorts {
  readonly caller: WebhookCaller
  readonly resolveService: ResolveService
}

/**
 * Asks a webhook. Its warnings and audit annotations go to the request. Throws a CallFailure when there is no answer, and a
 * StatusError when it denies the request or cannot be asked in a dry run.
 */
export async function callWebhook(
  ports: CallPorts,
  hook: Webhook,
  asked: VersionedRequest,
  mutating: boolean,
): Promise<ReviewAnswer> {
  const { request } = asked
  const { name, sideEffects, admissionReviewVersions, timeoutSeconds } = hook.spec
  if (request.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') throw dryRunUnsupported(name)
  const version = reviewVersionOf(admissionReviewVersions)
  if (version === undefined) {
    throw new CallFailure(
      name,
      'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)',
    )
  }
  const uid = uuid(request.ports.random)
  let review: unknown
  try {
    const target = targetOf(hook.spec.clientConfig, request.storage, ports.resolveService, timeoutSeconds ?? 10)
    const options = { timeoutMs: (timeoutSeconds ?? 10) * 1000, signal: request.signal }
    review = readAnswer(await ports.caller.post(target, reviewBody(version, uid, asked), options))
  } catch (error) {
    throw new CallFailure(name, `failed to call webhook: ${messageOf(error)}`)
  }
  let answer: ReviewAnswer
  try {
    answer = readReview(version, uid, mutating, review)
  } catch (error) {
    throw new CallFailure(name, `received invalid webhook response: ${messageOf(error)}`)
  }
  for (const [key, value] of Object.entries(answer.auditAnnotations)) request.annotate(`${name}/${key}`, value)
  for (const warning of answer.warnings) request.warn(warning)
  if (!answer.allowed) throw denial(name, answer.result)
  return answer
}

/** Where a webhook is asked. Throws an Error in the words of Go's HTTP client when its Service cannot be found. */
export function targetOf(
  { url, service, caBundle }: Webhook['spec']['clientConfig'],
  storage: VersionedRequest['request']['storage'],
  resolve: ResolveService,
  seconds: number,
): WebhookTarget {
  const ca = caBundle ? { caBundle: atob(caBundle) } : {}
  if (service === undefined) return { url: `${url ?? ''}?timeout=${seconds}s`, ...ca }
  const port = service.port ?? 443
  const path = (service.path ?? '/').replace(/^\/?/, '/')
  const to = `https://${service.name}.${service.namespace}.svc:${port}${path}?timeout=${seconds}s`
  try {
    return { url: to, address: resolve(storage, service.namespace, service.name, port), ...ca }
  } catch (error) {
    throw new Error(`Post ${JSON.stringify(to)}: ${messageOf(error)}`)
  }
}

/** The body of an answer of success; otherwise an Error with the words of client-go. */
export function readAnswer({ code, body }: WebhookAnswer): unknown {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    value = undefined
  }
  if (isObject(value) && value['kind'] === 'Status' && value['status'] === 'Failure') {
    throw new Error(String(value['message'] ?? 'unknown'))
  }
  if (code < 200 || code > 206) throw new Error(explainCode(code, body.trim() === '' ? 'unknown' : body.trim()))
  if (value === undefined) {
    // Upstream reads JSON and YAML alike, and plain text is a string in YAML.
    const found = body === '' ? 'unexpected end of JSON input' : `json: cannot unmarshal string into Go value of type ${typeMeta}`
    throw new Error(`couldn't get version/kind; json parse error: ${found}`)
  }
  return value
}

const typeMeta = `struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`

const codes: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  409: 'the server reported a conflict',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
}

function explainCode(code: number, body: string): string {
  if (code === 403 || code === 406 || code === 415) return body
  const known = codes[code]
  if (known !== undefined) return known
  if (code >= 500) return `an error on the server (${JSON.stringify(body)}) has prevented the request from succeeding`
  return `the server responded with the status code ${code} but did not return more information`
}
