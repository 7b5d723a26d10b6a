import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { goFlag } from '../go-flag.js'
import { listenHttp, type RunningServer, readBody, sendJson, sendText } from '../http-listener.js'
import { readIdentity } from './identity.js'

type Custom = Record<string, unknown>

/** `crd-conversion-webhook`: between v1 (`hostPort`) and v2 (`host`, `port`) of stable.example.com, over HTTPS. */
export async function startConversionWebhook(
  args: readonly string[],
  world: ContainerWorld,
  context: CommandContext,
): Promise<RunningServer> {
  const identity = await readIdentity(goFlag(args, 'tls-cert-file'), goFlag(args, 'tls-private-key-file'), world, context)
  if (identity === undefined) throw new Error('--tls-cert-file and --tls-private-key-file are needed')
  return listenHttp(
    world,
    Number(goFlag(args, 'port') ?? 443),
    async (request, response, url) => {
      if (url.pathname === '/readyz') return sendText(response, 200, 'ok')
      if (url.pathname !== '/crdconvert') return sendText(response, 404, '404 page not found\n')
      const answer = answerConversion((await readBody(request)).toString())
      if (answer === undefined) sendText(response, 400, 'the body is no ConversionReview\n')
      else sendJson(response, answer)
    },
    identity,
  )
}

/** Undefined: the text is no ConversionReview. */
export function answerConversion(text: string): Custom | undefined {
  let review: { apiVersion?: string; kind?: string; request?: { uid?: string; desiredAPIVersion?: string; objects?: Custom[] } }
  try {
    review = JSON.parse(text) as typeof review
  } catch {
    return undefined
  }
  if (review.kind !== 'ConversionReview' || review.request === undefined) return undefined
  const { uid, desiredAPIVersion = '', objects = [] } = review.request
  const head = { kind: review.kind, apiVersion: review.apiVersion }
  try {
    const convertedObjects = objects.map((object) => convert(object, desiredAPIVersion))
    return { ...head, response: { uid, convertedObjects, result: { metadata: {}, status: 'Success' } } }
  } catch (error) {
    const result = { metadata: {}, status: 'Failure', message: (error as Error).message }
    return { ...head, response: { uid, convertedObjects: [], result } }
  }
}

function convert(object: Custom, to: string): Custom {
  const from = String(object['apiVersion'])
  if (from === to) throw new Error(`conversion from a version to itself should not call the webhook: ${to}`)
  const { hostPort, host, port, ...rest } = object
  if (from === 'stable.example.com/v1' && to === 'stable.example.com/v2') {
    if (hostPort === undefined) return { ...object, apiVersion: to }
    const parts = String(hostPort).split(':')
    if (parts.length !== 2) throw new Error(`invalid hostPort value \`${hostPort}\``)
    return { ...rest, apiVersion: to, host: parts[0], port: parts[1] }
  }
  if (from === 'stable.example.com/v2' && to === 'stable.example.com/v1') {
    if (host === undefined && port === undefined) return { ...object, apiVersion: to }
    return { ...rest, apiVersion: to, hostPort: `${host ?? ''}:${port ?? ''}` }
  }
  throw new Error(`unexpected conversion version ${JSON.stringify(from.startsWith('stable.example.com/v') ? to : from)}`)
}
