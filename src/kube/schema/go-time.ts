/** A time as Go's time.Parse reads it, or the text of its complaint. */
export type ParsedTime = { readonly epochMs: number; readonly microseconds: number } | { readonly problem: string }

const rfc3339 = '2006-01-02T15:04:05Z07:00'
const rfc3339Micro = '2006-01-02T15:04:05.000000Z07:00'

/** metav1.Time's text: RFC 3339, a fraction is allowed. */
export function parseTime(text: string): ParsedTime {
  return parse(text, rfc3339, /^(?:[.,]([0-9]+))?/, undefined)
}

/** metav1.MicroTime's text: RFC 3339 with exactly six digits of fraction. */
export function parseMicroTime(text: string): ParsedTime {
  return parse(text, rfc3339Micro, /^\.([0-9]{6})/, '.000000')
}

// What time.Parse expects, piece by piece: how the layout spells it, its pattern, the range of the number in it.
const pieces: readonly (readonly [layout: string, pattern: RegExp, name?: string, low?: number, high?: number])[] = [
  ['2006', /^[0-9]{4}/],
  ['-', /^-/],
  ['01', /^[0-9]{2}/, 'month', 1, 12],
  ['-', /^-/],
  ['02', /^[0-9]{2}/, 'day', 1, 31],
  ['T', /^T/],
  ['15', /^[0-9]{2}/, 'hour', 0, 23],
  [':', /^:/],
  ['04', /^[0-9]{2}/, 'minute', 0, 59],
  [':', /^:/],
  ['05', /^[0-9]{2}/, 'second', 0, 59],
]

function parse(text: string, layout: string, fraction: RegExp, fractionLayout: string | undefined): ParsedTime {
  const quoted = JSON.stringify(text)
  const stuck = (rest: string, at: string) => ({
    problem: `parsing time ${quoted} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${at}"`,
  })
  const numbers: number[] = []
  let rest = text
  for (const [piece, pattern, name, low, high] of pieces) {
    const found = pattern.exec(rest)?.[0]
    if (found === undefined) return stuck(rest, piece)
    rest = rest.slice(found.length)
    if (piece.length < 2) continue
    const number = Number(found)
    if (name !== undefined && (number < (low as number) || number > (high as number))) {
      return { problem: `parsing time ${quoted}: ${name} out of range` }
    }
    numbers.push(number)
  }
  const [, digits = ''] = fraction.exec(rest) ?? []
  if (fractionLayout !== undefined && digits === '') return stuck(rest, fractionLayout)
  if (digits !== '') rest = rest.slice(digits.length + 1)
  const zone = /^(?:Z|([+-])([0-9]{2}):([0-9]{2}))/.exec(rest)
  if (zone === null) return stuck(rest, 'Z07:00')
  rest = rest.slice(zone[0].length)
  if (rest !== '') return { problem: `parsing time ${quoted}: extra text: ${JSON.stringify(rest)}` }
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = numbers
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCDate() !== day) return { problem: `parsing time ${quoted}: day out of range` }
  date.setUTCHours(hour, minute, second)
  const sign = zone[1] === '-' ? -1 : 1
  const offsetMinutes = sign * (Number(zone[2] ?? 0) * 60 + Number(zone[3] ?? 0))
  return { epochMs: date.getTime() - offsetMinutes * 60_000, microseconds: Number(digits.padEnd(6, '0').slice(0, 6)) }
}

/** As metav1.Time prints it; null for Go's zero time. */
export function printTime(parsed: { epochMs: number }): string | null {
  const text = `${new Date(parsed.epochMs).toISOString().slice(0, 19)}Z`
  return text === '0001-01-01T00:00:00Z' ? null : text
}

export function printMicroTime(parsed: { epochMs: number; microseconds: number }): string | null {
  const seconds = printTime(parsed)
  if (seconds === null) return null
  return `${seconds.slice(0, 19)}.${String(parsed.microseconds).padStart(6, '0')}Z`
}
