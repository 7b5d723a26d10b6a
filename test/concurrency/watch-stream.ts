import { request } from 'node:https'
import type { Random } from '../../src/base/random.js'
import type { Target } from './ask.js'
import { storedValue, stormPath } from './storm.js'

export interface StreamEvent {
  readonly type: string
  readonly revision: number
  readonly key: string
  readonly value: string
  readonly uid: string
  readonly initialEnd: boolean
}

/** What came over one connection. */
export interface Segment {
  /** The revision that was asked for; undefined: the initial state was. */
  readonly from: number | undefined
  readonly events: StreamEvent[]
  /** 410: the history no longer reached back to `from`. */
  gone: boolean
}

export interface WatchStream {
  readonly name: string
  readonly query: string
  readonly segments: readonly Segment[]
  /** The last revision that was seen. */
  revision(): number
  /** From now on it reads as fast as it can and keeps its connection: what is still to come, comes soon. */
  calm(): void
  stop(): void
}

export interface WatchStreamOptions {
  readonly name: string
  /** Of the collection (default: that of the storms). */
  readonly path?: string
  /** Selectors, as a query. */
  readonly query?: string
  /** Where it begins; undefined: with the initial state, as a WatchList, each time it connects. */
  readonly from?: number
  readonly random: Random
  /** Chance of a reconnect after each event. */
  readonly restless?: number
  /** Chance that it stops reading for a while after each piece of data. */
  readonly lazy?: number
}

/** Follows ConfigMaps as a client does: it resumes after the last revision that it saw, whatever ends the connection. */
export function followStream(target: Target, options: WatchStreamOptions): WatchStream {
  const { random, query = '' } = options
  const segments: Segment[] = []
  let revision = options.from ?? 0
  let stopped = false
  let calm = false
  /** The history no longer reaches back to what it has seen: as clients do, it begins anew with the present state. */
  let lost = false
  let drop: (() => void) | undefined
  const connect = () => {
    if (stopped) return
    const initial = options.from === undefined || lost
    const segment: Segment = { from: initial ? undefined : revision, events: [], gone: false }
    segments.push(segment)
    const start = initial ? 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan' : `resourceVersion=${revision}`
    const sent = request({
      host: '127.0.0.1',
      port: target.port,
      path: `${options.path ?? stormPath}?watch=true&allowWatchBookmarks=true&${start}${query === '' ? '' : `&${query}`}`,
      headers: { authorization: `Bearer ${target.token}` },
      rejectUnauthorized: false,
      agent: false,
    })
    let ended = false
    const again = () => {
      if (ended) return
      ended = true
      sent.destroy()
      setTimeout(connect, 5 + random.number() * 20)
    }
    drop = again
    sent.on('error', again)
    sent.on('close', again)
    sent.on('response', (response) => {
      if (response.statusCode !== 200) {
        segment.gone = response.statusCode === 410
        if (segment.gone) lost = true
        response.resume()
        response.on('end', again)
        return
      }
      let rest = ''
      response.setEncoding('utf8')
      response.on('error', again)
      response.on('end', again)
      response.on('data', (text: string) => {
        if (ended) return
        const lines = (rest + text).split('\n')
        rest = lines.pop()!
        for (const line of lines) {
          const { type, object } = JSON.parse(line)
          const bookmark = type === 'BOOKMARK'
          const event: StreamEvent = {
            type,
            revision: Number(object.metadata.resourceVersion),
            key: object.metadata.name ?? '',
            value: bookmark || !String(object.metadata.name).startsWith('storm-') ? '' : storedValue(object),
            uid: object.metadata.uid ?? '',
            initialEnd: object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true',
          }
          segment.events.push(event)
          revision = event.revision
          if (event.initialEnd) lost = false
          if (!calm && random.number() < (options.restless ?? 0)) {
            again()
            return
          }
        }
        if (!calm && random.number() < (options.lazy ?? 0)) {
          response.pause()
          setTimeout(() => response.resume(), random.number() * 300)
        }
      })
    })
    sent.end()
  }
  connect()
  return {
    name: options.name,
    query,
    segments,
    revision: () => revision,
    calm() {
      calm = true
    },
    stop() {
      stopped = true
      drop?.()
    },
  }
}
