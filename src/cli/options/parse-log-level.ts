import type { LogLevel } from '../../app/system/system-ports.js'
import { UsageError } from '../../base/errors.js'

/** A log level out of an option's text. */
export function parseLogLevel(text: string): LogLevel {
  if (text === 'debug' || text === 'info' || text === 'warn' || text === 'error') return text
  throw new UsageError({ code: 'bad-log-level', message: `unknown log level "${text}"`, fix: 'Use debug, info, warn or error.' })
}
