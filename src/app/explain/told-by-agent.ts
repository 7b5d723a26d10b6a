import { clusterNamespace, workType } from '../../areas/agent/resource-types.js'
import { liveOf, type Work, workName } from '../../areas/agent/work.js'
import { messageOf } from '../../base/errors.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { isNotFound } from '../../kube/object/status-error.js'
import { type CopySeen, judgeCopy } from './read-copies.js'

/** How the copy of a source stands in a cluster that is reached by its agent alone: as the agent said last, in the Work on the hub. */
export async function toldByAgent(hub: KubeClient, cluster: string, id: string): Promise<CopySeen> {
  try {
    const work = await hub.get<Work>({ type: workType, namespace: clusterNamespace(cluster), name: workName(id) })
    if (work.status === undefined) return { is: 'waits', words: 'its agent has not told of it yet' }
    const { state, message } = work.status
    if (state !== 'Applied')
      return { is: state === 'Refused' ? 'bad' : 'waits', words: `${state}${message ? `: ${message}` : ''} (told by its agent)` }
    const live = liveOf(work.status)
    const { is, words } = live === undefined ? { is: 'ok' as const, words: state } : judgeCopy(live)
    return { is, words: `${words} (told by its agent)` }
  } catch (error) {
    if (isNotFound(error)) return { is: 'missing', words: 'its agent has not been told of it' }
    return { is: 'unseen', words: `reached by its agent alone: ${messageOf(error)}` }
  }
}
