import { parseVersion } from '../../../../formats/semver/version.js'

type Check = (text: string) => string | undefined

const whenNot =
  (pattern: RegExp, reason: string): Check =>
  (text) =>
    pattern.test(text) ? undefined : reason

const date = /^(\d{4})-(\d{2})-(\d{2})$/
const time = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[+-]([01]\d|2[0-3]):[0-5]\d)$/

const isDate = (text: string): boolean => {
  const found = date.exec(text)
  if (found === null) return false
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number]
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1]!
}

const isIpv4 = (text: string) => /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(text)

const isIpv6 = (text: string): boolean => {
  const tail = /(?:^|:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)?.[1]
  if (tail !== undefined && !isIpv4(tail)) return false
  const groups = tail === undefined ? text : `${text.slice(0, -tail.length)}0:0`
  const halves = groups.split('::')
  if (halves.length > 2) return false
  const parts = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  if (!parts.every((part) => /^[0-9a-fA-F]{1,4}$/.test(part))) return false
  return halves.length === 2 ? parts.length < 8 : parts.length === 8
}

const hostname = /^(?=.{1,253}\.?$)(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?$/

const checks: Readonly<Record<string, Check>> = {
  date: (text) => (isDate(text) ? undefined : 'must be in format YYYY-MM-DD'),
  time: whenNot(time, 'not a valid time'),
  'date-time': (text) =>
    isDate(text.slice(0, 10)) && /^[tT]$/.test(text[10] ?? '') && time.test(text.slice(11)) ? undefined : 'not a valid date-time',
  duration: whenNot(/^P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?$|^P\d+W$/, 'not a valid duration'),
  email: whenNot(/^[^@\s]{1,64}@[^@\s]{1,255}$/, 'missing @'),
  hostname: whenNot(hostname, 'invalid character or length'),
  ipv4: (text) => (isIpv4(text) ? undefined : 'not a valid ipv4 address'),
  ipv6: (text) => (isIpv6(text) ? undefined : 'not a valid ipv6 address'),
  uuid: whenNot(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, 'must be 4 groups of hex digits'),
  uri: whenNot(/^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]*$/, 'relative url'),
  'uri-reference': whenNot(/^[^\s<>"{}|\\^`]*$/, 'not a valid url'),
  'json-pointer': whenNot(/^(\/([^~/]|~[01])*)*$/, 'not starting with /'),
  'relative-json-pointer': whenNot(/^(0|[1-9]\d*)(#|(\/([^~/]|~[01])*)*)$/, 'not a valid pointer'),
  semver: (text) => {
    try {
      parseVersion(text)
      return undefined
    } catch (error) {
      return String((error as Error).message)
    }
  },
}

/** Why a text is not of a format; undefined when it is, or when the format is not known. */
export function checkFormat(format: string, text: string): string | undefined {
  return Object.hasOwn(checks, format) ? checks[format]!(text) : undefined
}
