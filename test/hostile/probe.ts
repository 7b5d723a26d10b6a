import { ask, type Target } from '../concurrency/ask.js'

/** Asks for the same small thing all the time, one request after the other; tells how long the answers took. */
export function probe(target: Target, path: string): { stop(): Promise<string> } {
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
      const at = (part: number) => (times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(1)
      return `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)} ms of ${times.length}`
    },
  }
}
