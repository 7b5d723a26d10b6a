/** When something does not get through: never, always, or over and over, first down. */
export type Outage =
  | { readonly kind: 'none' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'flap'; readonly downMs: number; readonly upMs: number }

export const noOutage: Outage = { kind: 'none' }

/** Shorter turns would be noise, and work for everybody. */
const shortestMs = 100
const longestMs = 86_400_000

/** Reads `cut`, `flap=3s/10s` (down, then up), `latency=200` (ms), or several of them with commas; what is none of these is left out. */
export function parseFault(text: string): { readonly outage: Outage; readonly latencyMs: number } {
  let outage = noOutage
  let latencyMs = 0
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === 'cut') outage = { kind: 'cut' }
    const [, down, up] = /^flap=([^/]+)\/([^/]+)$/.exec(part) ?? []
    if (down !== undefined && up !== undefined) {
      const [downMs, upMs] = [parseDuration(down), parseDuration(up)]
      if (downMs !== undefined && upMs !== undefined) outage = { kind: 'flap', downMs, upMs }
    }
    const [, latency] = /^latency=(\d{1,9}(?:\.\d{1,3})?)(?:ms)?$/.exec(part) ?? []
    if (latency !== undefined) latencyMs = Number(latency)
  }
  return { outage, latencyMs }
}

export function formatFault({ outage, latencyMs }: { outage: Outage; latencyMs: number }): string {
  const parts = [
    ...(outage.kind === 'cut' ? ['cut'] : []),
    ...(outage.kind === 'flap' ? [`flap=${formatDuration(outage.downMs)}/${formatDuration(outage.upMs)}`] : []),
    ...(latencyMs > 0 ? [`latency=${latencyMs}`] : []),
  ]
  return parts.join(',')
}

/** `500ms`, `3s`, `2m`: from 100 ms to a day; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text.trim()) ?? []
  if (number === undefined || unit === undefined) return undefined
  const ms = Number(number) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit as 'ms' | 's' | 'm' | 'h']
  return ms >= shortestMs && ms <= longestMs ? ms : undefined
}

export function formatDuration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}

/** Whether it is down at this time since its beginning, and in how many ms that changes (undefined: never). */
export function outageAt(outage: Outage, elapsedMs: number): { readonly down: boolean; readonly changesInMs?: number } {
  if (outage.kind !== 'flap') return { down: outage.kind === 'cut' }
  const turn = Math.max(elapsedMs, 0) % (outage.downMs + outage.upMs)
  return turn < outage.downMs
    ? { down: true, changesInMs: outage.downMs - turn }
    : { down: false, changesInMs: outage.downMs + outage.upMs - turn }
}
