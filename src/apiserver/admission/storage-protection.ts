import type { AdmissionPlugin } from './contract.js'

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
}

/** Volumes and claims are not gone before nobody uses them; a controller lets them go. */
export const storageProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: ({ groupResource, operation, subresource }) =>
    operation === 'CREATE' && subresource === '' && Object.hasOwn(finalizers, groupResource),
  mutate({ object, groupResource }) {
    const finalizer = finalizers[groupResource]
    if (object === undefined || finalizer === undefined) return
    const present = object.metadata.finalizers ?? []
    if (!present.includes(finalizer)) object.metadata.finalizers = [...present, finalizer]
  },
}
