import type { Clock } from '../../base/clock.js'
import type { ContainerLog } from './container-log.js'
import type { RunningContainer } from './process/launcher.js'

/** Read of one container in a second; a program that writes more waits, and the fleet has time for others. */
const mostInSecond = 4 * 1024 * 1024

/** Writes the output of a container to its log. */
export function keepLog(process: Pick<RunningContainer, 'stdout' | 'stderr'>, log: ContainerLog, clock: Clock): void {
  let since = clock.now()
  let bytes = 0
  const count = (data: Buffer) => {
    const now = clock.now()
    if (now - since >= 1000) {
      since = now
      bytes = 0
    }
    bytes += data.length
    if (bytes < mostInSecond) return
    process.stdout.pause()
    process.stderr.pause()
    clock.after(1000 - (now - since), () => {
      process.stdout.resume()
      process.stderr.resume()
    })
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    process[stream].on('data', (data: Buffer) => {
      log.append(stream, data)
      count(data)
    })
  }
}
