import { randomBytes, randomFillSync, randomInt } from 'node:crypto'
import type { Clock } from '../../base/clock.js'
import type { Log, LogFields } from '../../base/log.js'
import type { Random } from '../../base/random.js'

/** The real clock. Timers do not keep the process alive; a delay over 24 days is cut to it (setTimeout's range). */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    if (delayMs <= 0) {
      const handle = setImmediate(run)
      return () => clearImmediate(handle)
    }
    const handle = setTimeout(run, Math.min(delayMs, 2_147_483_647)).unref()
    return () => clearTimeout(handle)
  },
}

const pool = Buffer.alloc(8192)
let used = pool.length

/** A call into the system for each identifier of an object would cost more than the rest of making it. */
function pooledBytes(count: number): Uint8Array {
  if (count > pool.length / 8) return randomBytes(count)
  if (used + count > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = Uint8Array.prototype.slice.call(pool, used, used + count)
  // Nobody finds out later what was handed out.
  pool.fill(0, used, used + count)
  used += count
  return bytes
}

export const systemRandom: Random = {
  number: () => randomInt(0, 0x1_0000_0000_0000 - 1) / 0x1_0000_0000_0000,
  bytes: pooledBytes,
}

const levels = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof levels)[number]

/** One line a message: `2026-01-02T03:04:05Z INFO message key=value`. Lines of a lower level than `level` are dropped. */
export function createLineLog(write: (line: string) => void, level: LogLevel, clock: Clock, base: LogFields = {}): Log {
  const enabled = levels.indexOf(level)
  const at =
    (own: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (levels.indexOf(own) < enabled) return
      let line = `${new Date(clock.now()).toISOString()} ${own.toUpperCase().padEnd(5)} ${message}`
      for (const [key, value] of Object.entries({ ...base, ...fields })) {
        if (value === undefined) continue
        const text = String(value)
        // What others say may hold what a terminal obeys.
        const shown = /[\s"=\u0000-\u001f]/.test(text) ? JSON.stringify(text) : text
        line += ` ${key}=${shown.replace(/[\u007f-\u009f]/g, '\ufffd')}`
      }
      write(line)
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createLineLog(write, level, clock, { ...base, ...fields }),
  }
}
