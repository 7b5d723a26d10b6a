import type { Duplex } from 'node:stream'
import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { PodAccess } from '../../pod-access.js'

/** Where forwarded connections go. */
export interface ForwardTarget {
  readonly pods: PodAccess
  readonly cluster: string
  readonly pod: KubeObject
  readonly clock: Clock
}

/** Words of a failed connection as the kubelet has them; upstream's uid is empty there too. */
export function forwardFailure(target: ForwardTarget, port: number, error: unknown): string {
  return `error forwarding port ${port} to pod ${target.pod.metadata.name}, uid : ${dialFailure(port, error)}`
}

function dialFailure(port: number, error: unknown): string {
  const code = (error as { code?: unknown }).code
  const why = code === 'ECONNREFUSED' ? 'connection refused' : code === 'ETIMEDOUT' ? 'i/o timeout' : messageOf(error)
  return `failed to connect to localhost:${port} inside the pod: ${why}`
}

/** A port as text; undefined when it is none. */
export function portOf(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text)) return undefined
  const port = Number(text)
  return port >= 1 && port <= 65_535 ? port : undefined
}

/** Joins the two until both have ended, each side's end being passed on; a side that breaks takes the other along. */
export function joinDuplexes(one: Duplex, other: Duplex): Promise<void> {
  return new Promise((resolve) => {
    let open = 2
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      from.on('error', () => {})
      from.once('close', () => {
        // One that ended is followed at its own pace; what still comes for it flows away.
        if (from.readableEnded) to.resume()
        else to.destroy()
        open--
        if (open === 0) resolve()
      })
      from.pipe(to)
    }
  })
}
