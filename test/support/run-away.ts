import { Worker } from 'node:worker_threads'

/**
 * Runs an exported function of a module in a thread of its own, and fails as it does. The test runner follows every promise of
 * its own thread, which costs a third of what long runs take, and counts in their memory.
 */
export function runAway<Output>(module: URL, name: string, input: unknown): Promise<Output> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./run-away.worker.js', import.meta.url), {
      workerData: { module: module.href, name, input },
    })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () => reject(new Error(`${name} ended without a result`)))
  })
}
