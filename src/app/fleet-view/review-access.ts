import { createHash } from 'node:crypto'
import type { Authenticator, RemoteAuthorizer, UserInfo } from '../../apiserver/contract.js'
import type { Clock } from '../../base/clock.js'
import { canonicalJson, isObject } from '../../base/json.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

const tokenReviews: ResourceType = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  namespaced: false,
}
const accessReviews: ResourceType = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
}

/** As kube-apiserver keeps the answers of its webhooks, but shorter: what is taken away ends soon. */
const keptMs = 10_000
const mostKept = 5_000

/** Asks the hub whose a bearer token is, as aggregated API servers do. Needs the ClusterRole system:auth-delegator there. */
export function createTokenReviews(hub: KubeClient, clock: Clock): Authenticator {
  const answers = new KeptAnswers<UserInfo | undefined>(clock)
  return {
    async authenticate(_cluster, { bearerToken }) {
      if (bearerToken === undefined) return undefined
      const key = createHash('sha256').update(bearerToken).digest('base64url')
      return answers.get(key, async () => {
        const { status } = await hub.create(tokenReviews, reviewOf(tokenReviews, { token: bearerToken }))
        if (!isObject(status) || status['authenticated'] !== true || !isObject(status['user'])) return undefined
        return userOf(status['user'])
      })
    },
  }
}

/** Asks the hub whether a user may do something. */
export function createAccessReviews(hub: KubeClient, clock: Clock): RemoteAuthorizer {
  const answers = new KeptAnswers<{ allowed: boolean; reason: string }>(clock)
  return {
    authorize(_cluster, user, { path, verb, group, version, resource, subresource, namespace, name }) {
      const attributes =
        path === undefined
          ? { resourceAttributes: { verb, group, version, resource, subresource, namespace, name } }
          : { nonResourceAttributes: { verb, path } }
      const spec = { user: user.name, groups: user.groups, uid: user.uid ?? '', extra: user.extra ?? {}, ...attributes }
      return answers.get(canonicalJson(spec), async () => {
        const { status } = await hub.create(accessReviews, reviewOf(accessReviews, spec))
        const answer = isObject(status) ? status : {}
        return { allowed: answer['allowed'] === true && answer['denied'] !== true, reason: String(answer['reason'] ?? '') }
      })
    },
  }
}

function reviewOf(type: ResourceType, spec: unknown): KubeObject {
  return { apiVersion: `${type.group}/${type.version}`, kind: type.kind, metadata: { name: '' }, spec }
}

function userOf(user: Record<string, unknown>): UserInfo {
  const extra: Record<string, string[]> = {}
  for (const [key, values] of Object.entries(isObject(user['extra']) ? user['extra'] : {}))
    if (Array.isArray(values)) extra[key] = values.map(String)
  return {
    name: String(user['username'] ?? ''),
    groups: Array.isArray(user['groups']) ? user['groups'].map(String) : [],
    ...(user['uid'] ? { uid: String(user['uid']) } : {}),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

/** Answers are kept for a moment, and questions that are under way are not asked twice. Failures are not kept. */
class KeptAnswers<T> {
  readonly #clock: Clock
  readonly #kept = new Map<string, { readonly answer: Promise<T>; readonly untilMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get(key: string, ask: () => Promise<T>): Promise<T> {
    const now = this.#clock.now()
    const known = this.#kept.get(key)
    if (known !== undefined && known.untilMs > now) return known.answer
    if (this.#kept.size >= mostKept) this.#kept.clear()
    const answer = ask()
    this.#kept.set(key, { answer, untilMs: now + keptMs })
    answer.catch(() => this.#kept.delete(key))
    return answer
  }
}
