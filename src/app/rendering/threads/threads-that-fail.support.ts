import { parentPort } from 'node:worker_threads'
import type { FromThread, ToThread } from './messages.js'

// A thread that does what its render's path says: `loop`, `fill` the memory, `throw`; else it is done, and with `later` ends soon after that.
const kept: unknown[] = []
parentPort!.on('message', (message: ToThread) => {
  const path = message.type === 'render' ? message.render.path : ''
  while (path === 'loop') kept.length = 0
  while (path === 'fill') kept.push(new Array(1000).fill(kept.length))
  if (path === 'throw') throw new Error('what nobody expects')
  send({ type: 'done', milliseconds: 1, warnings: [], isVolatile: undefined })
  if (path === 'later') setTimeout(() => process.exit(1), 20)
})
const send = (message: FromThread) => parentPort!.postMessage(message)
send({ type: 'ready' })
