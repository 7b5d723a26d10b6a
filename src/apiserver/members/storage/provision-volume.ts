import { isAlreadyExists } from '../../../kube/object/status-error.js'
import type { LogicalCluster } from '../../contract.js'
import type { Work } from '../contract.js'
import type { Node } from '../engine/objects.js'
import { annotations, type Claim, localProvisioner, resources, type StorageClass, type Volume } from './storage-objects.js'

/** The class for claims that name none: the newest that is marked, then the first by name. */
export function defaultClassOf(cluster: LogicalCluster): StorageClass | undefined {
  const marked = ([...cluster.peekAll(resources.classes)] as StorageClass[]).filter(
    ({ metadata }) => metadata.annotations?.[annotations.defaultClass] === 'true',
  )
  const created = ({ metadata }: StorageClass) => Date.parse(metadata.creationTimestamp ?? '') || 0
  return marked.sort((a, b) => created(b) - created(a) || (a.metadata.name < b.metadata.name ? -1 : 1))[0]
}

/** Makes the volume of a claim, bound from the side of the volume. `node`: where it can be used, and nowhere else. */
export async function createVolume(work: Work, claim: Claim, storageClass: StorageClass, node: Node | undefined): Promise<void> {
  const { name, namespace = '', uid = '', resourceVersion } = claim.metadata
  const say = (reason: string, message: string) =>
    void work.write.record(claim, { reason, message, component: localProvisioner }, work.nowText())
  const volumeName = `pvc-${uid}`
  if (work.cluster.peek(resources.volumes, volumeName) !== undefined) return
  say('Provisioning', `External provisioner is provisioning volume for claim "${namespace}/${name}"`)
  const hostname = node?.metadata.labels?.['kubernetes.io/hostname'] ?? node?.metadata.name
  const volume: Volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName, annotations: { [annotations.provisionedBy]: localProvisioner } },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.['storage'] ?? '1Gi' },
      accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
      claimRef: {
        kind: 'PersistentVolumeClaim',
        namespace,
        name,
        uid,
        apiVersion: 'v1',
        ...(resourceVersion ? { resourceVersion } : {}),
      },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      // A name for people: the files are where the fleet keeps those of its process pods.
      hostPath: { path: `/var/lib/flotilla/volumes/${uid}_${namespace}_${name}` },
      ...(hostname === undefined
        ? {}
        : {
            nodeAffinity: {
              required: {
                nodeSelectorTerms: [
                  { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [hostname] }] },
                ],
              },
            },
          }),
    },
  }
  try {
    await work.write.create(volume)
  } catch (error) {
    if (isAlreadyExists(error)) return
    throw error
  }
  say('ProvisioningSucceeded', `Successfully provisioned volume ${volumeName}`)
}
