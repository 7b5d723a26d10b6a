import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { AdmissionPlugin } from './contract.js'

const defaultMark = 'storageclass.kubernetes.io/is-default-class'

/** Claims that name no storage class get the default one, of several the newest. */
export const storageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === 'persistentvolumeclaims' && operation === 'CREATE' && subresource === '',
  mutate({ object, storage }) {
    const spec = object?.['spec']
    if (!isObject(spec) || spec['storageClassName'] !== undefined) return
    let newest: KubeObject | undefined
    for (const candidate of storage.scan('storageclasses.storage.k8s.io', '')) {
      if (candidate.metadata.annotations?.[defaultMark] !== 'true') continue
      const { creationTimestamp } = candidate.metadata
      if (newest === undefined || String(creationTimestamp) > String(newest.metadata.creationTimestamp)) newest = candidate
    }
    if (newest !== undefined) spec['storageClassName'] = newest.metadata.name
  },
}
