import { Readable } from 'node:stream'
import type { PodLogOptions } from '../pod-access.js'
import type { ContainerLog, LogLine } from './container-log.js'

/** Held for a follower who does not read; beyond it he is sent away. */
const mostWaiting = 32 * 1024 * 1024

/** A log as the API hands it out: chosen by stream, time and count, cut after so many bytes, and further on with `follow`. */
export function readContainerLog(log: ContainerLog, options: PodLogOptions): Readable {
  const wanted = (line: LogLine) =>
    (options.stream === 'All' || line.stream === options.stream.toLowerCase()) &&
    (options.sinceMs === undefined || line.timeMs >= options.sinceMs)
  let lines = log.read().filter(wanted)
  if (options.tailLines !== undefined) lines = lastLines(lines, options.tailLines)
  let left = options.limitBytes ?? Number.POSITIVE_INFINITY
  let atStart = true
  let stop = () => {}
  const output = new Readable({
    read() {},
    destroy(error, done) {
      stop()
      done(error)
    },
  })
  const push = (line: LogLine) => {
    if (left <= 0) return
    const text = `${options.timestamps && atStart ? `${line.time} ` : ''}${line.text}${line.full ? '\n' : ''}`
    atStart = line.full
    const data = Buffer.from(text).subarray(0, left)
    left -= data.length
    output.push(data)
    if (left <= 0) {
      stop()
      output.push(null)
    }
  }
  for (const line of lines) push(line)
  if (left <= 0) return output
  if (options.follow) {
    stop = log.follow({
      line: (line) => {
        if (wanted(line)) push(line)
        if (output.readableLength > mostWaiting) output.destroy(new Error('the reader of the log is too slow'))
      },
      end: () => output.push(null),
    })
  } else output.push(null)
  return output
}

/** The last `count` whole lines; the parts of a long line count as one. */
function lastLines(lines: readonly LogLine[], count: number): LogLine[] {
  let from = lines.length
  for (let left = count; from > 0; from--) {
    const line = lines[from - 1] as LogLine
    const startsLater = from === lines.length || line.full
    if (startsLater && left-- === 0) break
  }
  return lines.slice(from)
}
