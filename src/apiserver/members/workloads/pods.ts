import { findCondition } from '../../../kube/object/condition.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { controllerReferenceTo } from '../../../kube/object/owner.js'
import type { Work } from '../contract.js'
import type { Pod, PodTemplate } from '../engine/objects.js'

/** The pods that `owner` controls, by name. */
export function podsOf(work: Work, owner: KubeObject): Pod[] {
  return work.owned<Pod>('pods', owner).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** A pod that `owner` makes from its template. The name is generated when none is given. */
export function podFromTemplate(owner: KubeObject, template: PodTemplate, name?: string): Pod {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: name ?? '',
      ...(name === undefined ? { generateName: `${owner.metadata.name}-` } : {}),
      namespace: owner.metadata.namespace ?? 'default',
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
      ...(finalizers ? { finalizers } : {}),
      ownerReferences: [controllerReferenceTo(owner)],
    },
    spec: template.spec,
  }
}

export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

export function isTerminating(object: KubeObject): boolean {
  return object.metadata.deletionTimestamp !== undefined
}

/** Counts towards the replicas of its owner: neither finished nor going away. */
export function isActive(pod: Pod): boolean {
  return !isFinished(pod) && !isTerminating(pod)
}

export function isReady(pod: Pod): boolean {
  return findCondition(pod.status?.conditions, 'Ready')?.status === 'True'
}

/** When the pod is (or becomes, if it stays ready) available: ready for `minReadySeconds`. Undefined while it is not ready. */
export function availableAt(pod: Pod, minReadySeconds: number): number | undefined {
  const ready = findCondition(pod.status?.conditions, 'Ready')
  if (ready?.status !== 'True') return undefined
  if (minReadySeconds === 0) return 0
  return Date.parse(ready.lastTransitionTime ?? '') + minReadySeconds * 1000
}

/** A short hash of a template, as a label value: the same template gives the same hash. */
export function hashOf(value: string): string {
  let hash = 2_166_136_261
  for (let index = 0; index < value.length; index++) {
    hash ^= value.charCodeAt(index)
    hash = Math.imul(hash, 16_777_619)
  }
  // The alphabet of generated names: no vowels, so that no words come out.
  return String(hash >>> 0).replace(/[0-9]/g, (digit) => 'bcdfghjklm'[Number(digit)] as string)
}
