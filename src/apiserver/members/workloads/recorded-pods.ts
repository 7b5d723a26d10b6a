import { messageOf } from '../../../base/errors.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { isAlreadyExists, StatusError } from '../../../kube/object/status-error.js'
import type { Work } from '../contract.js'
import type { Pod } from '../engine/objects.js'

/** Makes a pod of `owner` and says so in an Event of it, as controllers upstream do; so it says what went wrong. */
export async function createPod(work: Work, owner: KubeObject, pod: Pod, component: string): Promise<Pod> {
  try {
    const made = await work.write.create<Pod>(pod)
    record(work, owner, { reason: 'SuccessfulCreate', message: `Created pod: ${made.metadata.name}`, component })
    return made
  } catch (error) {
    if (!isExpected(error)) {
      record(work, owner, { type: 'Warning', reason: 'FailedCreate', message: `Error creating: ${messageOf(error)}`, component })
    }
    throw error
  }
}

export async function deletePod(work: Work, owner: KubeObject, pod: Pod, component: string): Promise<void> {
  await work.write.delete(pod)
  record(work, owner, { reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}`, component })
}

/** An Event that nobody waits for. */
export function record(
  work: Work,
  about: KubeObject,
  event: { type?: 'Warning'; reason: string; message: string; component: string },
): void {
  void work.write.record(about, event, work.nowText())
}

/** A race, or a namespace that goes away. */
function isExpected(error: unknown): boolean {
  if (isAlreadyExists(error)) return true
  return (
    error instanceof StatusError &&
    (error.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false)
  )
}
