import type { KeyObject } from 'node:crypto'
import { type Clock, formatTime } from '../../../base/clock.js'
import type { Log } from '../../../base/log.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { isAlreadyExists, isConflict, isNotFound } from '../../../kube/object/status-error.js'
import { type AgentCluster, agentClusterType, longestClusterName } from '../resource-types.js'
import { keyFingerprint, readRequestKey } from './agent-key.js'
import { isSecretOf, type JoinToken, parseTokenText, readTokenSecret, tokenSecretName } from './join-token.js'

export interface JoinRequest {
  readonly name: string
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string
  /** See `signRequest`. */
  readonly proof: string
  readonly agentVersion?: string
}

/** `code` is an HTTP status; the rest is what the agent is told. */
export type JoinAnswer =
  | { readonly code: 200; readonly certificate: string }
  /** Nobody has approved it yet. */
  | { readonly code: 202; readonly message: string }
  | { readonly code: 400 | 401 | 403 | 409; readonly reason: string; readonly message: string }

/** Makes certificates for agents. */
export type CertifyAgent = (cluster: string, publicKey: KeyObject) => Promise<string>

export interface JoinDeskOptions {
  readonly hub: KubeClient
  /** Where tokens are. */
  readonly namespace: string
  readonly certify: CertifyAgent
  /** A cluster of this name came into the fleet in another way: from what. */
  readonly isTaken: (name: string) => string | undefined
  readonly clock: Clock
  readonly log: Log
}

const secrets: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }

/** A request that nobody approves makes room for another after this long. */
const pendingMs = 60 * 60_000

/**
 * Decides who may join. Two people say yes: one hands out a token, one approves the key that came with it (unless the token was
 * made to approve). From then on the key alone counts.
 */
export function createJoinDesk(
  options: JoinDeskOptions,
): (token: string, request: JoinRequest, address: string | undefined) => Promise<JoinAnswer> {
  const { hub, namespace, certify, clock, log } = options

  async function findToken(text: string): Promise<{ token: JoinToken; secret: KubeObject } | undefined> {
    const halves = parseTokenText(text)
    if (halves === undefined) return undefined
    const secret = await hub.get({ type: secrets, namespace, name: tokenSecretName(halves.id) }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    const token = secret && readTokenSecret(secret)
    return secret && token && isSecretOf(token, halves.secret) ? { token, secret } : undefined
  }

  /** The first key that uses a token is the only one. False: another one was faster. */
  async function bind(secret: KubeObject, name: string, key: string): Promise<boolean> {
    const data = { ...(secret['data'] as Record<string, string>), cluster: encode(name), key: encode(key) }
    try {
      await hub.update(secrets, { ...secret, data })
      return true
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false
      throw error
    }
  }

  async function ask(
    known: AgentCluster | undefined,
    key: string,
    token: JoinToken,
    request: JoinRequest,
    address: string | undefined,
  ) {
    const { name } = request
    const wanted = { type: agentClusterType, name }
    const asked = {
      key,
      requestedAt: formatTime(clock.now()),
      token: token.id,
      ...(address === undefined ? {} : { address }),
      ...(request.agentVersion === undefined ? {} : { agentVersion: request.agentVersion.slice(0, 64) }),
    }
    const spec = token.approves ? { approved: true, key } : {}
    try {
      await hub.create(agentClusterType, {
        apiVersion: 'flotilla.dev/v1alpha1',
        kind: 'AgentCluster',
        metadata: { name },
        spec,
      })
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      // Denied, or taken by another, since it was read: nothing of that is overwritten, and the agent asks again.
      if (token.approves && known === undefined) throw error
      const { resourceVersion } = known?.metadata ?? {}
      if (token.approves) await hub.patch(wanted, { kind: 'merge', body: { metadata: { resourceVersion }, spec } })
    }
    await hub.patch(
      { ...wanted, subresource: 'status' },
      { kind: 'merge', body: { status: { request: asked, phase: token.approves ? 'Offline' : 'Pending' } } },
    )
    log.info('a cluster asks to join', { cluster: name, key, approved: token.approves })
  }

  return async (text, request, address) => {
    const found = await findToken(text)
    if (found === undefined) {
      return refuse(401, 'TokenUnknown', 'the hub does not know this token: it is mistyped, used up, or was deleted')
    }
    const { token, secret } = found
    const { name } = request
    if (clock.now() >= token.expires) {
      return refuse(
        401,
        'TokenExpired',
        `the token ${token.id} expired at ${formatTime(token.expires)}; make a new one on the hub`,
      )
    }
    if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > longestClusterName) {
      return refuse(400, 'BadName', `a cluster's name is a DNS label of at most ${longestClusterName} characters`)
    }
    if (name === 'hub' || name === 'in-cluster') return refuse(409, 'NameTaken', `"${name}" is the name of the hub`)
    const publicKey = readRequestKey(request)
    if (publicKey === undefined) {
      return refuse(400, 'BadKey', 'expected the PEM of an EC key on P-256, and a proof that it is yours')
    }
    const key = keyFingerprint(publicKey)
    if ((token.cluster !== '' && token.cluster !== name) || (token.key !== '' && token.key !== key)) {
      return refuse(403, 'TokenOfAnother', `the token ${token.id} is for another cluster, or another agent has used it`)
    }
    const taken = options.isTaken(name)
    if (taken !== undefined) return refuse(409, 'NameTaken', `the fleet has a cluster ${name} already (${taken})`)
    const known = await hub.get<AgentCluster>({ type: agentClusterType, name }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    if (known?.spec.approved === false) return refuse(403, 'Denied', `somebody on the hub has denied the cluster ${name}`)
    const request0 = known?.status?.request
    const pinned = known && (known.spec.key ?? request0?.key)
    const isStale = known?.spec.approved === undefined && clock.now() - Date.parse(request0?.requestedAt ?? '') > pendingMs
    if (pinned !== undefined && pinned !== key && !isStale) {
      return refuse(
        409,
        'NameTaken',
        known?.spec.approved
          ? `${name} has joined with another key; if its agent has lost that key, delete the AgentCluster ${name} on the hub first`
          : `another agent has asked to join as ${name} and waits for approval`,
      )
    }
    if (token.key === '' && !(await bind(secret, name, key))) {
      return refuse(403, 'TokenOfAnother', `another agent has used the token ${token.id}`)
    }
    if (known?.spec.approved === true && pinned === key) return { code: 200, certificate: await certify(name, publicKey) }
    const approves = token.approves && known?.spec.approved === undefined
    if (known === undefined || pinned === undefined || isStale || approves) await ask(known, key, token, request, address)
    if (approves) return { code: 200, certificate: await certify(name, publicKey) }
    return { code: 202, message: `waits for approval: flotilla cluster approve ${name} --key ${key}` }
  }
}

function refuse(code: 400 | 401 | 403 | 409, reason: string, message: string): JoinAnswer {
  return { code, reason, message }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}
