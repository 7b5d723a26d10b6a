import { ask, type Target } from '../concurrency/ask.js'

/** How long answers took, in ms. */
export interface Times {
  readonly p50: number
  readonly p99: number
  readonly longest: number
  readonly count: number
}

/** Asks for the same small thing all the time, one request after the other; tells how long the answers took. */
export function measure(target: Target, path: string): { stop(): Promise<Times> } {
  const times: number[] = []
  let stopped = false
  const running = (async () => {
    while (!stopped) {
      const start = performance.now()
      await ask(target, 'GET', path).catch(() => undefined)
      times.push(performance.now() - start)
      await new Promise((done) => setTimeout(done, 2))
    }
  })()
  return {
    async stop() {
      stopped = true
      await running
      times.sort((a, b) => a - b)
      const at = (part: number) => times[Math.floor((times.length - 1) * part)] ?? 0
      return { p50: at(0.5), p99: at(0.99), longest: at(1), count: times.length }
    },
  }
}

/** The same, told as a sentence. */
export function probe(target: Target, path: string): { stop(): Promise<string> } {
  const measuring = measure(target, path)
  return { stop: async () => formatTimes(await measuring.stop()) }
}

export function formatTimes({ p50, p99, longest, count }: Times): string {
  return `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, longest ${longest.toFixed(1)} ms of ${count}`
}
