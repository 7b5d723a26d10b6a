import { parentPort, workerData } from 'node:worker_threads'

const { module, name, input } = workerData as { module: string; name: string; input: unknown }
const { [name]: run } = (await import(module)) as Record<string, (input: unknown) => Promise<unknown>>
parentPort!.postMessage(await run!(input))
