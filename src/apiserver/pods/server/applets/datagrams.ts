import { createSocket } from 'node:dgram'
import { sleep } from '../../../../base/clock.js'
import type { CommandContext } from '../shell/shell-context.js'

/** Sends what comes in as datagrams and writes what comes back, until nothing has come for so long. */
export async function exchangeDatagrams(
  to: { readonly address: string; readonly port: number },
  quietMs: number,
  context: CommandContext,
): Promise<number> {
  const socket = createSocket('udp4')
  let heard = 0
  try {
    const failed = new Promise<never>((_, reject) => socket.once('error', reject))
    failed.catch(() => {})
    socket.on('message', (data) => {
      heard++
      context.stdout.write(data).catch(() => socket.close())
    })
    await Promise.race([failed, new Promise<void>((resolve) => socket.bind(0, context.world.address, resolve))])
    for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read())
      socket.send(chunk, to.port, to.address)
    for (let before = -1; before !== heard && !context.signal.aborted; ) {
      before = heard
      await Promise.race([failed, sleep(context.world.clock, quietMs, context.signal)])
    }
    return 0
  } finally {
    socket.close()
  }
}
