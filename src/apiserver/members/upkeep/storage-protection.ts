import { isObject } from '../../../base/json.js'
import { type KubeObject, keyOf, parseKey } from '../../../kube/object/kube-object.js'
import type { ClusterQueue, MemberController, Work } from '../contract.js'

const claimFinalizer = 'kubernetes.io/pvc-protection'
const volumeFinalizer = 'kubernetes.io/pv-protection'

/** Lets claims go that no pod uses any more, and volumes that no claim is bound to. */
export const storageProtection: MemberController = {
  name: 'pvc-protection-controller',
  manager: 'kube-controller-manager',
  watches: {
    persistentvolumeclaims({ object, type }, queue) {
      if (type !== 'DELETED' && waits(object, claimFinalizer)) queue.add(keyOf(object))
    },
    persistentvolumes({ object, type }, queue) {
      if (type !== 'DELETED' && waits(object, volumeFinalizer)) queue.add(keyOf(object))
    },
    pods({ object, type }, queue) {
      if (type === 'DELETED' || hasEnded(object)) addClaims(object, queue)
    },
  },
  async reconcile(work) {
    const { namespace } = parseKey(work.key)
    if (namespace === '') await releaseVolume(work)
    else await releaseClaim(work, namespace)
    return undefined
  },
}

function waits({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(finalizer) === true
}

function hasEnded(pod: KubeObject): boolean {
  const { phase } = (pod['status'] ?? {}) as { phase?: string }
  return phase === 'Succeeded' || phase === 'Failed'
}

function addClaims(pod: KubeObject, queue: ClusterQueue): void {
  for (const claim of claimsOf(pod)) queue.add(`${pod.metadata.namespace}/${claim}`)
}

function claimsOf(pod: KubeObject): string[] {
  const spec = isObject(pod['spec']) ? pod['spec'] : {}
  const volumes = (Array.isArray(spec['volumes']) ? spec['volumes'] : []) as {
    name: string
    persistentVolumeClaim?: { claimName: string }
    ephemeral?: unknown
  }[]
  return volumes.flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim !== undefined) return [persistentVolumeClaim.claimName]
    return ephemeral === undefined ? [] : [`${pod.metadata.name}-${name}`]
  })
}

async function releaseClaim(work: Work, namespace: string): Promise<void> {
  const claim = work.cluster.peek('persistentvolumeclaims', work.key)
  if (claim === undefined || !waits(claim, claimFinalizer)) return
  for (const pod of work.cluster.peekAll('pods', namespace)) {
    const { nodeName } = (pod['spec'] ?? {}) as { nodeName?: string }
    if (nodeName && !hasEnded(pod) && claimsOf(pod).includes(claim.metadata.name)) return
  }
  await work.write.update(without(claim, claimFinalizer))
}

async function releaseVolume(work: Work): Promise<void> {
  const volume = work.cluster.peek('persistentvolumes', work.key)
  if (volume === undefined || !waits(volume, volumeFinalizer)) return
  const { phase } = (volume['status'] ?? {}) as { phase?: string }
  if (phase !== 'Bound') await work.write.update(without(volume, volumeFinalizer))
}

function without(object: KubeObject, finalizer: string): KubeObject {
  const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer)
  return { ...object, metadata: { ...object.metadata, finalizers } }
}
