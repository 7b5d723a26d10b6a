import { createJoinToken, type JoinToken, readTokenSecret, tokenSecretName } from '../../areas/agent/join/join-token.js'
import { CodedError } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { secretType } from '../system/core-types.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { type FrontRecord, readFront } from './front-record.js'

interface Fleet {
  readonly hub: KubeClient
  readonly namespace: string
}

/** Makes a token and removes those that have expired. The text is nowhere but in the answer. */
export async function createToken(
  fleet: Fleet,
  options: { ttlSeconds: number; cluster?: string; approves: boolean },
): Promise<{ text: string; expires: number; front: FrontRecord }> {
  const { hub, namespace } = fleet
  const front = await readFront(hub, namespace)
  if (front === undefined) {
    throw new CodedError({
      code: 'no-agent-front',
      message: 'this hub lets no agents connect',
      fix: 'Start it with flotilla hub --agent-listen ADDRESS:PORT (embedded: flotilla up --pull NAME).',
    })
  }
  const now = systemClock.now()
  for (const token of await listTokens(fleet)) if (token.expires <= now) await deleteToken(fleet, token.id)
  const { text, secret, expires } = createJoinToken({
    random: systemRandom,
    nowMs: now,
    ttlMs: options.ttlSeconds * 1000,
    namespace,
    approves: options.approves,
    ...(options.cluster === undefined ? {} : { cluster: options.cluster }),
  })
  await hub.create(secretType, secret)
  return { text, expires, front }
}

export async function listTokens({ hub, namespace }: Fleet): Promise<JoinToken[]> {
  const { items } = await hub.list(secretType, { namespace, labelSelector: 'flotilla.dev/agent-token=true' })
  return items.map(readTokenSecret).filter((token) => token !== undefined)
}

/** Nobody can join by it any more; who has joined stays. */
export async function deleteToken({ hub, namespace }: Fleet, id: string): Promise<void> {
  try {
    await hub.delete({ type: secretType, namespace, name: tokenSecretName(id) })
  } catch (error) {
    if (!isNotFound(error)) throw error
    throw new CodedError({
      code: 'agent-token-unknown',
      message: `there is no token ${id}`,
      fix: 'See flotilla agent token list.',
    })
  }
}
