import { type Clock, formatTime } from '../../base/clock.js'
import type { Random } from '../../base/random.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { LogicalCluster, RequestContext } from '../contract.js'
import type { Pod } from './pod-types.js'

/** As whom kubelets write. */
export const kubeletContext: RequestContext = {
  user: { name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] },
  warn() {},
}

/** As client-go's recorder: so many Events of one pod at once, and one more in each such time. */
const mostAtOnce = 25
const refillMs = 300_000
/** A probe may say something else each time. */
const mostKnown = 64

/**
 * Records what happens to one pod as Events; the same again is counted in the one that is there. What comes too often, and
 * failures, are let go.
 */
export class EventRecorder {
  readonly #cluster: () => LogicalCluster | undefined
  readonly #clock: Clock
  readonly #random: Random
  readonly #known = new Map<string, { name: string; count: number }>()
  #tokens = mostAtOnce
  #tokensAtMs = 0
  #last: Promise<void> = Promise.resolve()
  #count = 0

  constructor(cluster: () => LogicalCluster | undefined, clock: Clock, random: Random) {
    this.#cluster = cluster
    this.#clock = clock
    this.#random = random
  }

  record(
    pod: Pod,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    container?: { name: string; list: string },
  ): void {
    const nowMs = this.#clock.now()
    if (!this.#mayRecord(nowMs)) return
    this.#last = this.#last.then(() => this.#write(pod, type, reason, message.slice(0, 1024), nowMs, container).catch(() => {}))
  }

  #mayRecord(nowMs: number): boolean {
    this.#tokens = Math.min(this.#tokens + (nowMs - this.#tokensAtMs) / refillMs, mostAtOnce)
    this.#tokensAtMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  async #write(
    pod: Pod,
    type: string,
    reason: string,
    message: string,
    nowMs: number,
    container: { name: string; list: string } | undefined,
  ): Promise<void> {
    const cluster = this.#cluster()
    const eventType = cluster?.api.catalogue().forKind('v1', 'Event')
    if (cluster === undefined || eventType === undefined) return
    const namespace = pod.metadata.namespace ?? 'default'
    const nowText = formatTime(nowMs)
    const key = `${container?.list} ${container?.name} ${reason} ${message}`
    const known = this.#known.get(key)
    if (known !== undefined) {
      known.count++
      const target = { type: eventType, namespace, name: known.name }
      await cluster.api.patch(
        kubeletContext,
        target,
        { kind: 'merge', body: { count: known.count, lastTimestamp: nowText } },
        { fieldManager: 'kubelet' },
      )
      return
    }
    // As client-go names them: in the order of time. The last digits tell those of one millisecond apart.
    const stamp = BigInt(nowMs) * 1_000_000n + BigInt((this.#count++ % 1000) * 1000 + Math.floor(this.#random.number() * 1000))
    const name = `${pod.metadata.name}.${stamp.toString(16)}`
    const event: KubeObject = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: {
        apiVersion: 'v1',
        kind: 'Pod',
        name: pod.metadata.name,
        namespace,
        uid: pod.metadata.uid ?? '',
        resourceVersion: pod.metadata.resourceVersion ?? '',
        ...(container === undefined ? {} : { fieldPath: `spec.${container.list}{${container.name}}` }),
      },
      type,
      reason,
      message,
      count: 1,
      firstTimestamp: nowText,
      lastTimestamp: nowText,
      source: { component: 'kubelet', host: pod.spec.nodeName ?? '' },
      reportingComponent: 'kubelet',
      reportingInstance: pod.spec.nodeName ?? '',
    }
    this.#known.set(key, { name, count: 1 })
    if (this.#known.size > mostKnown) this.#known.delete(this.#known.keys().next().value as string)
    await cluster.api.create(kubeletContext, { type: eventType, namespace, name: '' }, event, { fieldManager: 'kubelet' })
  }
}
