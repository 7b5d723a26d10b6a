import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { LogicalCluster } from '../../contract.js'
import type { MemberController } from '../contract.js'

/** Issues a token that lives as long as its Secret. */
export type IssueSecretToken = (
  cluster: LogicalCluster,
  request: {
    readonly serviceAccount: { readonly namespace: string; readonly name: string; readonly uid: string }
    readonly secret: { readonly name: string; readonly uid: string }
  },
) => Promise<string>

const secretType = 'kubernetes.io/service-account-token'
const nameAnnotation = 'kubernetes.io/service-account.name'
const uidAnnotation = 'kubernetes.io/service-account.uid'

type Secret = KubeObject & { type?: string; data?: Record<string, string> }

/** Fills Secrets of type `kubernetes.io/service-account-token`, and deletes those whose ServiceAccount is gone. */
export function createServiceAccountSecrets(
  rootCertificate: (cluster: string) => string,
  issue: IssueSecretToken,
  peekAll: (cluster: string, resource: string, namespace: string) => Iterable<KubeObject>,
): MemberController {
  return {
    name: 'service-account-token-controller',
    manager: 'kube-controller-manager',
    watches: {
      secrets({ type, object }, queue) {
        if (type !== 'DELETED' && object['type'] === secretType) queue.add(keyOf(object))
      },
      serviceaccounts({ cluster, type, object }, queue) {
        if (type === 'MODIFIED') return
        for (const secret of peekAll(cluster, 'secrets', object.metadata.namespace ?? '')) {
          if (secret['type'] === secretType && accountOf(secret) === object.metadata.name) queue.addSoon(keyOf(secret))
        }
      },
    },
    async reconcile({ cluster, key, write }) {
      const secret = cluster.peek('secrets', key) as Secret | undefined
      if (secret === undefined || secret.type !== secretType || secret.metadata.deletionTimestamp) return undefined
      const { namespace = '', name, uid = '', annotations } = secret.metadata
      const account = cluster.peek('serviceaccounts', `${namespace}/${accountOf(secret)}`)
      const wanted = annotations?.[uidAnnotation]
      if (account === undefined || (wanted && wanted !== account.metadata.uid)) {
        await write.delete(secret)
        return undefined
      }
      const { data = {} } = secret
      const fixed = { 'ca.crt': base64(rootCertificate(cluster.name)), namespace: base64(namespace) }
      const same = Object.entries(fixed).every(([field, value]) => data[field] === value)
      if (same && data['token'] && wanted) return undefined
      const serviceAccount = { namespace, name: account.metadata.name, uid: account.metadata.uid ?? '' }
      const token = data['token'] ?? base64(await issue(cluster, { serviceAccount, secret: { name, uid } }))
      await write.update({
        ...secret,
        metadata: { ...secret.metadata, annotations: { ...annotations, [uidAnnotation]: serviceAccount.uid } },
        data: { ...data, ...fixed, token },
      })
      return undefined
    },
  }
}

function accountOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[nameAnnotation] ?? ''
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
