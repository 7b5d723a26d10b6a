import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { MemberController } from '../contract.js'

/** Gives every namespace the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`, and makes them again when deleted, or the ConfigMap when changed. */
export function createNamespaceDefaults(rootCertificate: (cluster: string) => string): MemberController {
  return {
    name: 'namespace-defaults',
    manager: 'kube-controller-manager',
    watches: {
      namespaces({ object, type }, queue) {
        if (type === 'ADDED') queue.add(object.metadata.name)
      },
      serviceaccounts({ object, type }, queue) {
        if (type === 'DELETED' && object.metadata.name === 'default') queue.add(object.metadata.namespace ?? '')
      },
      configmaps({ object, type }, queue) {
        if (type !== 'ADDED' && object.metadata.name === rootCertificateName) queue.add(object.metadata.namespace ?? '')
      },
    },
    async reconcile({ cluster, key: namespace, write }) {
      const found = cluster.peek('namespaces', namespace)
      if (found === undefined || found.metadata.deletionTimestamp !== undefined) return undefined
      const missing: KubeObject[] = []
      if (cluster.peek('serviceaccounts', `${namespace}/default`) === undefined) {
        missing.push({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } })
      }
      const published = cluster.peek('configmaps', `${namespace}/${rootCertificateName}`)
      const data = { 'ca.crt': rootCertificate(cluster.name) }
      // Somebody has changed it, or the fleet has another authority now.
      if (published !== undefined && !equalJson(published['data'], data)) await write.update({ ...published, data })
      if (published === undefined) {
        missing.push({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: {
            name: rootCertificateName,
            namespace,
            annotations: {
              'kubernetes.io/description':
                'The certificate authority of the API server, with which clients in this cluster can verify it.',
            },
          },
          data,
        })
      }
      await Promise.all(missing.map((object) => write.create(object)))
      return undefined
    },
  }
}

const rootCertificateName = 'kube-root-ca.crt'
