import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { Repositories } from '../../delivery/source/contract.js'
import { readPush, type WebhookSecrets } from '../../dialects/argo-cd/webhook/read-push.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { secretType } from '../system/core-types.js'

/** Where providers send pushes; the same path as Argo CD's. */
export const webhookPath = '/api/webhook'

const maxBodyBytes = 25 * 1024 * 1024

export interface WebhookOptions {
  readonly hub: KubeClient
  readonly namespace: string
  readonly repositories: Pick<Repositories, 'notify'>
  readonly log: Log
}

/**
 * Answers a webhook: the repository that was pushed to is read again at once. Secrets are those of Argo CD's Secret
 * `argocd-secret`; a webhook of a provider without one is believed, since all that it can cause is a look at a repository.
 */
export async function answerWebhook(request: IncomingMessage, response: ServerResponse, options: WebhookOptions): Promise<void> {
  const reply = (status: number, text: string) => {
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' })
    response.end(`${text}\n`)
  }
  try {
    if (request.method !== 'POST') {
      reply(405, 'send webhooks with POST')
      return
    }
    const body = await readBody(request)
    if (body === undefined) {
      reply(413, `the body is larger than ${maxBodyBytes} bytes`)
      return
    }
    const headers: Record<string, string | undefined> = {}
    for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value[0] : value
    const answer = readPush(headers, body, await readSecrets(options))
    if (answer.kind === 'refused') {
      options.log.warn('a webhook was refused', { why: answer.why })
      reply(answer.status, answer.why)
    } else if (answer.kind === 'ignored') reply(200, answer.why)
    else {
      for (const url of answer.urls) options.repositories.notify(url)
      reply(200, 'the repository is read again')
    }
  } catch (error) {
    options.log.error('a webhook could not be answered', { error: messageOf(error) })
    if (!response.headersSent) reply(503, 'the hub cannot be read now; send the webhook again')
  }
}

/** A server for webhooks alone, without TLS: put an ingress in front of it. */
export async function listenForWebhooks(address: { host: string; port: number }, options: WebhookOptions): Promise<Server> {
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    if (request.url?.split('?')[0] === webhookPath) void answerWebhook(request, response, options)
    else {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' })
      response.end(`webhooks are taken at ${webhookPath}\n`)
    }
  })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(address.port, address.host, () => {
      server.off('error', fail)
      done()
    })
  })
  return server
}

async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > maxBodyBytes) return undefined
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

async function readSecrets({ hub, namespace }: WebhookOptions): Promise<WebhookSecrets> {
  let data: Record<string, string>
  try {
    const secret = await hub.get({ type: secretType, namespace, name: 'argocd-secret' })
    data = (secret.data ?? {}) as Record<string, string>
  } catch (error) {
    if (isNotFound(error)) return {}
    throw error
  }
  const read = (key: string) => (data[key] === undefined ? undefined : Buffer.from(data[key], 'base64').toString('utf8'))
  const all = {
    github: read('webhook.github.secret'),
    gitlab: read('webhook.gitlab.secret'),
    gitea: read('webhook.gitea.secret') ?? read('webhook.gogs.secret'),
    bitbucket: read('webhook.bitbucket.uuid'),
    bitbucketServer: read('webhook.bitbucketserver.secret'),
  }
  const username = read('webhook.azuredevops.username')
  const password = read('webhook.azuredevops.password')
  return {
    ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    ...(username !== undefined && password !== undefined ? { azureDevOps: { username, password } } : {}),
  }
}
