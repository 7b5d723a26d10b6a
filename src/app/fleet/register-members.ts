import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { secretType } from '../system/core-types.js'

export interface MemberRegistration {
  readonly name: string
  readonly server: string
  readonly labels: Readonly<Record<string, string>>
  readonly token: string
  readonly caPem: string
}

/**
 * Registers the members with the hub by Argo CD cluster Secrets, as a user would. Labels are given once: after that they
 * are the user's. A Secret that was removed while the fleet was down comes back; one whose address is stale is mended.
 */
export async function registerMembers(
  hub: KubeClient,
  options: { namespace: string; members: readonly MemberRegistration[] },
): Promise<void> {
  const { namespace } = options
  await Promise.all(
    options.members.map(async (member) => {
      const data = {
        name: encode(member.name),
        server: encode(member.server),
        config: encode(
          JSON.stringify({ bearerToken: member.token, tlsClientConfig: { insecure: false, caData: encode(member.caPem) } }),
        ),
      }
      const name = clusterSecretName(member.name)
      const target = { type: secretType, namespace, name }
      let present: KubeObject
      try {
        present = await hub.get(target)
      } catch (error) {
        if (!isNotFound(error)) throw error
        await hub.create(secretType, {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name, namespace, labels: { ...member.labels, 'argocd.argoproj.io/secret-type': 'cluster' } },
          type: 'Opaque',
          data,
        })
        return
      }
      const now = (present.data ?? {}) as Record<string, string>
      if (now.server !== data.server || now.config !== data.config) await hub.patch(target, { kind: 'merge', body: { data } })
    }),
  )
}

/** The Secret by which a member is registered. */
export function clusterSecretName(member: string): string {
  return `cluster-${member}`
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64')
}
