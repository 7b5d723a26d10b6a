import { parseGoDuration } from '../go-duration.js'

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

interface Bounds {
  readonly least: number
  readonly most: number
  readonly names?: readonly string[]
}

const fields: readonly Bounds[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31 },
  { least: 1, most: 12, names: months },
  { least: 0, most: 6, names: weekdays },
]
const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']

/** What is wrong with a schedule of five fields or a descriptor, in the words of robfig/cron; undefined when it is valid. */
export function explainSchedule(schedule: string): string | undefined {
  if (schedule.startsWith('@')) {
    if (descriptors.includes(schedule)) return undefined
    if (!schedule.startsWith('@every ')) return `unrecognized descriptor: ${schedule}`
    return parseGoDuration(schedule.slice(7)) === undefined ? `failed to parse duration ${schedule}` : undefined
  }
  const parts = schedule.split(/\s+/).filter((part) => part !== '')
  if (parts.length !== 5) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`
  for (const [index, part] of parts.entries()) {
    for (const range of part.split(',').filter((one) => one !== '')) {
      const problem = explainRange(range, fields[index] as Bounds)
      if (problem !== undefined) return problem
    }
  }
  return undefined
}

function explainRange(range: string, bounds: Bounds): string | undefined {
  const [span = '', step, ...moreSteps] = range.split('/')
  const [low = '', high, ...moreHighs] = span.split('-')
  if (moreHighs.length > 0) return `too many hyphens: ${range}`
  if (moreSteps.length > 0) return `too many slashes: ${range}`
  let start = bounds.least
  let end = bounds.most
  if (low !== '*' && low !== '?') {
    const first = readNumber(low, bounds)
    if (typeof first === 'string') return first
    start = first
    const last = high === undefined ? first : readNumber(high, bounds)
    if (typeof last === 'string') return last
    end = high === undefined && step !== undefined ? bounds.most : last
  }
  if (step !== undefined) {
    const every = readNumber(step, { least: 0, most: 0 })
    if (typeof every === 'string') return every
    if (every === 0) return `step of range should be a positive number: ${range}`
  }
  if (start < bounds.least) return `beginning of range (${start}) below minimum (${bounds.least}): ${range}`
  if (end > bounds.most) return `end of range (${end}) above maximum (${bounds.most}): ${range}`
  return start > end ? `beginning of range (${start}) beyond end of range (${end}): ${range}` : undefined
}

/** The number, or what is wrong with it. */
function readNumber(text: string, bounds: Bounds): number | string {
  const named = bounds.names?.indexOf(text.toLowerCase()) ?? -1
  if (named >= 0) return named + bounds.least
  if (/^-[0-9]+$/.test(text)) return `negative number (${text}) not allowed: ${text}`
  if (!/^\+?[0-9]+$/.test(text))
    return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`
  return Number(text)
}
