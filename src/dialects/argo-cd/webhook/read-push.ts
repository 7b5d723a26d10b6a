import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { isObject } from '../../../base/json.js'

/** Shared secrets by provider, as argocd-secret holds them under `webhook.PROVIDER.secret`. Absent: not asked for. */
export interface WebhookSecrets {
  readonly github?: string
  readonly gitlab?: string
  readonly gitea?: string
  readonly bitbucketServer?: string
  /** Bitbucket Cloud sends the hook's UUID. */
  readonly bitbucket?: string
  readonly azureDevOps?: { readonly username: string; readonly password: string }
}

export type WebhookAnswer =
  /** All URLs by which the repository that was pushed to may be known. */
  | { readonly kind: 'push'; readonly urls: readonly string[] }
  /** An event of no interest (a ping, an issue). */
  | { readonly kind: 'ignored'; readonly why: string }
  | { readonly kind: 'refused'; readonly status: 400 | 401; readonly why: string }

/** Reads a webhook of GitHub, GitLab, Gitea (Forgejo, Gogs), Bitbucket (Cloud and Server) or Azure DevOps. Header names in lower case. */
export function readPush(
  headers: Readonly<Record<string, string | undefined>>,
  body: Uint8Array,
  secrets: WebhookSecrets,
): WebhookAnswer {
  const provider = providerOf(headers)
  if (provider === undefined) {
    return { kind: 'refused', status: 400, why: 'unknown webhook: it has no event header of a provider that is served' }
  }
  if (!provider.authentic(headers, body, secrets)) {
    return {
      kind: 'refused',
      status: 401,
      why: `the ${provider.name} webhook is not signed with the secret that is configured for it`,
    }
  }
  if (!provider.isPush(headers)) return { kind: 'ignored', why: `${provider.name}: no push` }
  let payload: unknown
  try {
    payload = JSON.parse(new TextDecoder().decode(body))
  } catch (error) {
    return { kind: 'refused', status: 400, why: `the body is no JSON: ${(error as Error).message}` }
  }
  const urls = [...new Set(provider.urls.flatMap((path) => texts(payload, path)))].slice(0, mostUrls)
  if (urls.length === 0) return { kind: 'refused', status: 400, why: `the ${provider.name} push names no repository` }
  return { kind: 'push', urls }
}

/** No provider names a repository in more ways; who is not asked for a secret could name a million. */
const mostUrls = 32

type Headers = Readonly<Record<string, string | undefined>>

interface Provider {
  readonly name: string
  detects(headers: Headers): boolean
  isPush(headers: Headers): boolean
  authentic(headers: Headers, body: Uint8Array, secrets: WebhookSecrets): boolean
  /** Where the URLs stand in the payload; `*` is every element of a list. */
  readonly urls: readonly string[]
}

const repositoryUrls = ['repository.clone_url', 'repository.html_url', 'repository.ssh_url', 'repository.git_url']

/** Gitea also sends GitHub's headers, so it is asked first. */
const providers: readonly Provider[] = [
  {
    name: 'Gitea',
    detects: (headers) => headers['x-gitea-event'] !== undefined || headers['x-gogs-event'] !== undefined,
    isPush: (headers) => (headers['x-gitea-event'] ?? headers['x-gogs-event']) === 'push',
    authentic: (headers, body, { gitea }) =>
      gitea === undefined ||
      sameText(headers['x-gitea-signature'] ?? headers['x-gogs-signature'], hex(hmac(sha256, utf8(gitea), body))),
    urls: repositoryUrls,
  },
  {
    name: 'GitHub',
    detects: (headers) => headers['x-github-event'] !== undefined,
    isPush: (headers) => headers['x-github-event'] === 'push',
    authentic(headers, body, { github }) {
      if (github === undefined) return true
      const strong = headers['x-hub-signature-256']
      if (strong !== undefined) return sameText(strong, `sha256=${hex(hmac(sha256, utf8(github), body))}`)
      return sameText(headers['x-hub-signature'], `sha1=${hex(hmac(sha1, utf8(github), body))}`)
    },
    urls: repositoryUrls,
  },
  {
    name: 'GitLab',
    detects: (headers) => headers['x-gitlab-event'] !== undefined,
    isPush: (headers) => /^(Push|Tag Push|System) Hook$/.test(headers['x-gitlab-event'] ?? ''),
    authentic: (headers, _body, { gitlab }) => gitlab === undefined || sameText(headers['x-gitlab-token'], gitlab),
    urls: ['project.git_http_url', 'project.web_url', 'project.git_ssh_url', 'repository.git_http_url', 'repository.git_ssh_url'],
  },
  {
    name: 'Bitbucket Server',
    detects: (headers) => headers['x-event-key'] !== undefined && headers['x-hook-uuid'] === undefined,
    isPush: (headers) => headers['x-event-key'] === 'repo:refs_changed',
    authentic: (headers, body, { bitbucketServer }) =>
      bitbucketServer === undefined ||
      sameText(headers['x-hub-signature'], `sha256=${hex(hmac(sha256, utf8(bitbucketServer), body))}`) ||
      sameText(headers['x-hub-signature'], `sha512=${hex(hmac(sha512, utf8(bitbucketServer), body))}`),
    urls: ['repository.links.clone.*.href'],
  },
  {
    name: 'Bitbucket',
    detects: (headers) => headers['x-event-key'] !== undefined,
    isPush: (headers) => headers['x-event-key'] === 'repo:push',
    authentic: (headers, _body, { bitbucket }) => bitbucket === undefined || sameText(headers['x-hook-uuid'], bitbucket),
    urls: ['repository.links.html.href', 'repository.links.clone.*.href'],
  },
  {
    name: 'Azure DevOps',
    detects: (headers) => headers['x-vss-activityid'] !== undefined,
    isPush: () => true,
    authentic: (headers, _body, { azureDevOps }) =>
      azureDevOps === undefined ||
      sameText(headers.authorization, `Basic ${btoa(`${azureDevOps.username}:${azureDevOps.password}`)}`),
    urls: ['resource.repository.remoteUrl', 'resource.repository.url'],
  },
]

function providerOf(headers: Headers): Provider | undefined {
  return providers.find((provider) => provider.detects(headers))
}

function texts(value: unknown, path: string): string[] {
  let found: unknown[] = [value]
  for (const part of path.split('.')) {
    found = found.flatMap((each) => {
      if (part === '*') return Array.isArray(each) ? each : []
      return isObject(each) && Object.hasOwn(each, part) ? [each[part]] : []
    })
  }
  return found.filter((each): each is string => typeof each === 'string' && each !== '')
}

/** Takes as long for a near miss as for a wild guess. */
function sameText(given: string | undefined, expected: string): boolean {
  if (given === undefined) return false
  const left = sha256(utf8(given))
  const right = sha256(utf8(expected))
  let difference = 0
  for (let index = 0; index < left.length; index++) difference |= left[index]! ^ right[index]!
  return difference === 0
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
