import { type GoValue, quote } from './go-value.js'

/** A value as Go's `%#v` prints it. Where a pointer leads to is an address that means nothing to anybody. */
export function goLiteral(value: GoValue): string {
  const { type, kind, text, pointee, items, entries, fields } = value
  switch (kind) {
    case 'string':
      return quote(text)
    case 'pointer':
      if (type === '*v1.Time') return pointee === undefined ? '<nil>' : timeLiteral(pointee.text)
      return `(${type})(${pointee === undefined ? 'nil' : '0xc000000000'})`
    case 'slice':
      return items === undefined ? `${type}(nil)` : `${type}{${items.map(goLiteral).join(', ')}}`
    case 'map':
      if (entries === undefined) return `${type}(nil)`
      return `${type}{${entries.map(([key, each]) => `${key.replace(/^s"/, '"')}:${goLiteral(each)}`).join(', ')}}`
    case 'struct':
      return `${type}{${fields?.map(([name, each]) => `${name}:${goLiteral(each)}`).join(', ')}}`
    case 'time':
      return timeLiteral(text)
    default:
      return text
  }
}

const months = 'January February March April May June July August September October November December'.split(' ')

function timeLiteral(text: string): string {
  const at = new Date(text)
  if (text === '' || Number.isNaN(at.getTime())) return 'time.Date(1, time.January, 1, 0, 0, 0, 0, time.UTC)'
  const clock = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].join(', ')
  return `time.Date(${at.getUTCFullYear()}, time.${months[at.getUTCMonth()]}, ${at.getUTCDate()}, ${clock}, 0, time.Local)`
}
