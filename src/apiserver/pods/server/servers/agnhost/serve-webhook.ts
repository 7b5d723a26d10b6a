import { sleep } from '../../../../../base/clock.js'
import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { goFlag } from '../go-flag.js'
import { listenHttp, type RunningServer, readBody, sendJson, sendText } from '../http-listener.js'
import { type ReviewAnswer, type ReviewedRequest, reviewRequest } from './admission-webhook.js'
import { readIdentity } from './identity.js'

/** `webhook`: answers AdmissionReviews over HTTPS, in a way that depends on the path. */
export async function startWebhook(
  args: readonly string[],
  world: ContainerWorld,
  context: CommandContext,
): Promise<RunningServer> {
  const sidecarImage = goFlag(args, 'sidecar-image') ?? ''
  const identity = await readIdentity(goFlag(args, 'tls-cert-file'), goFlag(args, 'tls-private-key-file'), world, context)
  if (identity === undefined) throw new Error('--tls-cert-file and --tls-private-key-file are needed')
  return listenHttp(
    world,
    Number(goFlag(args, 'port') ?? 443),
    async (request, response, url) => {
      if (url.pathname === '/readyz') return sendText(response, 200, 'ok')
      const body = (await readBody(request)).toString()
      if (request.headers['content-type'] !== 'application/json') return sendText(response, 200, '')
      const review = parseReview(body)
      if (review === undefined) return sendText(response, 400, 'Request could not be decoded\n')
      const answer = reviewRequest(url.pathname, review.request, sidecarImage)
      if (answer === undefined) return sendText(response, 404, '404 page not found\n')
      if (answer === 'never') return
      if (url.pathname === '/always-allow-delay-5s') await sleep(world.clock, 5000)
      sendJson(response, { apiVersion: review.apiVersion, kind: 'AdmissionReview', response: responseOf(review.request, answer) })
    },
    identity,
  )
}

function parseReview(text: string): { apiVersion: string; request: ReviewedRequest } | undefined {
  try {
    const review = JSON.parse(text) as { apiVersion?: string; kind?: string; request?: ReviewedRequest | null }
    if (review.kind !== 'AdmissionReview' || !/^admission\.k8s\.io\/v1(beta1)?$/.test(review.apiVersion ?? '')) return undefined
    return { apiVersion: review.apiVersion as string, request: review.request ?? {} }
  } catch {
    return undefined
  }
}

function responseOf({ uid }: ReviewedRequest, { allowed, status, patch }: ReviewAnswer): Record<string, unknown> {
  return {
    uid,
    allowed,
    ...(status === undefined ? {} : { status }),
    ...(patch === undefined ? {} : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }),
  }
}
