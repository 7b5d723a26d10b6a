import { Agent, request } from 'node:http'
import type { ClusterFacts } from '../../services/model/service-dialect.js'
import type { FleetService } from '../../services/model/service-model.js'

export interface ProbeTarget {
  readonly address: string
  readonly port: number
  readonly path: string
  readonly host: string
}

/** One answer, or why there was none. */
export interface ProbeAnswer {
  readonly ms: number
  /** The cluster whose endpoint has answered, as far as the answer tells; else the first words of the answer. */
  readonly from?: string
  readonly error?: string
}

/** Finds the cluster in what an endpoint says of itself: its address, or the name of its pod. */
export function createRecogniser(service: FleetService, clusters: readonly ClusterFacts[]): (text: string) => string | undefined {
  const marks = new Map<string, string>()
  for (const { cluster, endpoints } of service.offers) {
    for (const { addresses } of endpoints) for (const address of addresses) marks.set(address, cluster)
    const facts = clusters.find(({ name }) => name === cluster)
    for (const slice of facts?.slices(service.service) ?? []) {
      const found = (slice as unknown as { endpoints?: { targetRef?: { name?: string } }[] }).endpoints ?? []
      for (const { targetRef } of found) if (targetRef?.name) marks.set(targetRef.name, cluster)
    }
  }
  // The longest first: `10.0.0.11` holds `10.0.0.1`.
  const sorted = [...marks].sort(([a], [b]) => b.length - a.length)
  return (text) => sorted.find(([mark]) => text.includes(mark))?.[1]
}

/** Sends one request over a connection of its own, as a new client would. Never rejects. */
export function probeOnce(
  target: ProbeTarget,
  timeoutMs: number,
  recognise: (text: string) => string | undefined,
): Promise<ProbeAnswer> {
  const from = performance.now()
  return new Promise((done) => {
    const end = (rest: Omit<ProbeAnswer, 'ms'>) => {
      clearTimeout(late)
      done({ ms: performance.now() - from, ...rest })
    }
    // For all of the answer: one that never ends is none.
    const late = setTimeout(() => {
      end({ error: `no answer within ${timeoutMs} ms` })
      call.destroy()
    }, timeoutMs)
    const call = request(
      {
        host: target.address,
        port: target.port,
        path: target.path,
        headers: { host: target.host, connection: 'close' },
        agent: new Agent({ keepAlive: false }),
      },
      (response) => {
        let text = `${response.rawHeaders.join(' ')} `
        response.on('data', (chunk: Buffer) => {
          if (text.length < 16_384) text += chunk.toString('latin1')
        })
        response.on('error', (error) => end({ error: error.message }))
        response.on('end', () => {
          const { statusCode = 0 } = response
          // It is shown in a terminal, which must not be told anything by an endpoint.
          const body = text.slice(response.rawHeaders.join(' ').length + 1).replace(/[^\s\x21-\x7e]/g, '?')
          if (statusCode >= 500) end({ error: `HTTP ${statusCode}` })
          else
            end({
              from: recognise(text) ?? (body.trim().split(/\s+/).slice(0, 3).join(' ').slice(0, 24) || `HTTP ${statusCode}`),
            })
        })
      },
    )
    call.on('error', (error: NodeJS.ErrnoException) => end({ error: error.code ?? error.message }))
    call.end()
  })
}
