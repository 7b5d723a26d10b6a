import { formatMicroTime } from '../../../base/clock.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { EventRecord } from '../contract.js'

/** How an event gets into a cluster; `cluster` keeps those of the same name in two clusters apart. */
export interface EventSink {
  readonly cluster: string
  peek(key: string): KubeObject | undefined
  create(event: KubeObject): Promise<unknown>
  update(event: KubeObject): Promise<unknown>
}

/** Events remembered over all clusters, so that a repetition counts up instead of making another one. */
const mostRemembered = 4096
/** After so many different messages for the same reason, the rest goes into one event. */
const mostAlike = 10
const alikeWithinMs = 600_000
/** Events of one source about one object: so many at once, then one in five minutes. */
const burst = 25
const refillMs = 300_000

/**
 * Writes Events as client-go's recorders do: repetitions count up, many alike become one, and a source that has too much to say
 * about one object is cut short. What kube-scheduler says has the form of events.k8s.io, which counts in a series.
 */
export class EventRecorder {
  readonly #events = new Lru<{ key: string; count: number }>()
  readonly #alike = new Lru<{ messages: Set<string>; since: number }>()
  readonly #buckets = new Lru<{ tokens: number; at: number }>()
  #order = 0

  async record(sink: EventSink, about: KubeObject, what: EventRecord, component: string, nowText: string): Promise<void> {
    const now = Date.parse(nowText)
    const { namespace = 'default' } = about.metadata
    const source = `${sink.cluster}\0${component}\0${about.kind}\0${namespace}\0${about.metadata.name}\0${about.metadata.uid}`
    const type = what.type ?? 'Normal'
    if (what.action !== undefined) {
      await this.#inSeries(sink, about, what, { key: `${source}\0${type}\0${what.reason}\0${what.action}`, component, now })
      return
    }
    const group = `${source}\0${type}\0${what.reason}`
    const combined = this.#isOneOfMany(group, what.message, now)
    const message = combined ? `(combined from similar events): ${what.message}` : what.message
    const key = combined ? group : `${group}\0${what.message}`
    if (!this.#mayWrite(source, now)) return
    const known = this.#events.get(key)
    const present = known && sink.peek(known.key)
    if (known && present) {
      known.count++
      await sink.update({ ...present, message, count: known.count, lastTimestamp: nowText })
      return
    }
    const event = this.#event(about, { ...what, message }, component, now)
    this.#events.set(key, { key: `${namespace}/${event.metadata.name}`, count: 1 })
    await sink.create({ ...event, count: 1, firstTimestamp: nowText, lastTimestamp: nowText, source: { component } })
  }

  async #inSeries(
    sink: EventSink,
    about: KubeObject,
    what: EventRecord,
    at: { key: string; component: string; now: number },
  ): Promise<void> {
    const time = formatMicroTime(at.now)
    const known = this.#events.get(at.key)
    const present = known && sink.peek(known.key)
    if (known && present) {
      known.count++
      await sink.update({ ...present, series: { count: known.count, lastObservedTime: time } })
      return
    }
    const event = this.#event(about, what, at.component, at.now)
    this.#events.set(at.key, { key: `${event.metadata.namespace}/${event.metadata.name}`, count: 1 })
    const related = what.related && referenceTo(what.related)
    await sink.create({
      ...event,
      eventTime: time,
      action: what.action,
      reportingInstance: `${at.component}-embedded`,
      source: {},
      firstTimestamp: null,
      lastTimestamp: null,
      ...(related ? { related } : {}),
    })
  }

  #event(about: KubeObject, { type, reason, message }: EventRecord, component: string, now: number): KubeObject {
    const { name, namespace = 'default' } = about.metadata
    const suffix = (BigInt(now) * 1_000_000n + BigInt(this.#order++ % 1_000_000)).toString(16)
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${suffix}`, namespace },
      involvedObject: referenceTo(about),
      type: type ?? 'Normal',
      reason,
      message,
      reportingComponent: component,
      reportingInstance: '',
    }
  }

  #isOneOfMany(group: string, message: string, now: number): boolean {
    let alike = this.#alike.get(group)
    if (alike === undefined || now - alike.since > alikeWithinMs) {
      alike = { messages: new Set(), since: now }
      this.#alike.set(group, alike)
    }
    if (alike.messages.size < mostAlike) alike.messages.add(message)
    return !alike.messages.has(message) || alike.messages.size >= mostAlike
  }

  #mayWrite(source: string, now: number): boolean {
    let bucket = this.#buckets.get(source)
    if (bucket === undefined) this.#buckets.set(source, (bucket = { tokens: burst, at: now }))
    bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) / refillMs)
    bucket.at = now
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}

function referenceTo({ apiVersion, kind, metadata }: KubeObject): Record<string, string> {
  const { name, namespace, uid = '', resourceVersion } = metadata
  return {
    apiVersion,
    kind,
    name,
    ...(namespace ? { namespace } : {}),
    uid,
    ...(resourceVersion ? { resourceVersion } : {}),
  }
}

class Lru<T> {
  readonly #entries = new Map<string, T>()

  get(key: string): T | undefined {
    const found = this.#entries.get(key)
    if (found !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, found)
    }
    return found
  }

  set(key: string, value: T): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= mostRemembered) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }
}
