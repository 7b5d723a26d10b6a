import { type Clock, formatTime } from '../base/clock.js'
import { messageOf } from '../base/errors.js'
import type { Log } from '../base/log.js'
import { nameSuffix, type Random } from '../base/random.js'
import type { KubeClient } from '../kube/client/kube-client.js'
import type { KubeObject } from '../kube/object/kube-object.js'
import type { ResourceType } from '../kube/object/resource-type.js'

const events: ResourceType = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true }

interface Recorded {
  name: string
  namespace: string
  count: number
  writtenAt: number
}

const mostRemembered = 4096
const mostInFlight = 32
/** The same event of the same object is brought up to date at most so often. */
const repeatEveryMs = 60_000
const messageLimit = 1024

export interface EventRecorder {
  record(object: KubeObject, component: string, type: 'Normal' | 'Warning', reason: string, message: string): void
  /** Events that were given up: the hub was slow, away, or refused them. */
  readonly dropped: number
}

/**
 * Records Kubernetes Events. The same (object, component, type, reason, message) is one Event with a count, rewritten at most
 * once a minute. Events are a courtesy: at most 32 writes are under way, what comes on top is dropped and counted, and a
 * failure to write one is never an error of the caller.
 */
export function createEventRecorder(options: {
  hub: KubeClient
  clock: Clock
  random: Random
  log: Log
  signal: AbortSignal
}): EventRecorder {
  const { hub, clock, random, log, signal } = options
  /** Least recently used first. */
  const known = new Map<string, Recorded>()
  let inFlight = 0
  let dropped = 0

  function write(run: () => Promise<unknown>): void {
    if (inFlight >= mostInFlight || signal.aborted) {
      dropped++
      return
    }
    inFlight++
    run()
      .catch((error: unknown) => {
        dropped++
        log.debug('event not recorded', { problem: messageOf(error) })
      })
      .finally(() => inFlight--)
  }

  function create(key: string, object: KubeObject, component: string, type: string, reason: string, message: string): void {
    const namespace = object.metadata.namespace || 'default'
    const name = `${object.metadata.name.slice(0, 240)}.${nameSuffix(random, 12)}`
    const now = clock.now()
    known.set(key, { name, namespace, count: 1, writtenAt: now })
    if (known.size > mostRemembered) known.delete(known.keys().next().value as string)
    const event: KubeObject = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: {
        apiVersion: object.apiVersion,
        kind: object.kind,
        name: object.metadata.name,
        namespace: object.metadata.namespace,
        uid: object.metadata.uid,
        resourceVersion: object.metadata.resourceVersion,
      },
      type,
      reason,
      message,
      firstTimestamp: formatTime(now),
      lastTimestamp: formatTime(now),
      count: 1,
      source: { component },
      reportingComponent: component,
      reportingInstance: hub.name,
    }
    write(() => hub.create(events, event, { signal }))
  }

  return {
    get dropped() {
      return dropped
    },
    record(object, component, type, reason, text) {
      const message = text.length > messageLimit ? `${text.slice(0, messageLimit - 3)}...` : text
      const key = [
        object.metadata.uid,
        object.kind,
        object.metadata.namespace,
        object.metadata.name,
        component,
        type,
        reason,
        message,
      ].join('\0')
      const before = known.get(key)
      if (before === undefined) {
        create(key, object, component, type, reason, message)
        return
      }
      known.delete(key)
      known.set(key, before)
      before.count++
      const now = clock.now()
      if (now - before.writtenAt < repeatEveryMs) return
      before.writtenAt = now
      const { name, namespace, count } = before
      const body = { count, lastTimestamp: formatTime(now) }
      write(async () => {
        await hub.patch({ type: events, namespace, name }, { kind: 'merge', body }, { signal }).catch((error: unknown) => {
          // It has expired there: the next one starts anew.
          known.delete(key)
          throw error
        })
      })
    },
  }
}
