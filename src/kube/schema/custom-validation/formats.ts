import { base64Problem } from '../base64.js'
import { parseGoDuration } from '../go-duration.js'
import { parseTime } from '../go-time.js'
import { isCardNumber, isIsbn10, isIsbn13, isMailAddress } from './number-formats.js'

const ipv4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])$/
const uuid = (version: string, variant = '[0-9a-f]') =>
  new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?${variant}[0-9a-f]{3}-?[0-9a-f]{12}$`, 'i')
const channel = '\\s*(?:0|[1-9]\\d?|1\\d\\d?|2[0-4]\\d|25[0-5])\\s*'
const rgb = new RegExp(`^rgb\\(${channel},${channel},${channel}\\)$`)

/** 6, 8 or 20 bytes, as Go's net.ParseMAC reads them. */
function isMac(text: string): boolean {
  const bytes = /^[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2}(?:\1[0-9a-fA-F]{2})*)$/.test(text) ? (text.length + 1) / 3 : 0
  const words = /^[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4})+$/.test(text) ? ((text.length + 1) / 5) * 2 : 0
  return [6, 8, 20].includes(bytes || words)
}

/** Eight groups of hexadecimal digits, `::` for some of them, an IPv4 address for the last two. */
function isIpv6(text: string): boolean {
  if (text.length > 45) return false
  const [head = '', tail, ...more] = text.split('::')
  if (more.length > 0) return false
  const groups = (part: string): number => {
    if (part === '') return 0
    let count = 0
    for (const [index, group] of part.split(':').entries()) {
      if (group.includes('.')) {
        if (!ipv4.test(group) || index !== part.split(':').length - 1) return Number.NaN
        count += 2
      } else if (/^[0-9a-fA-F]{1,4}$/.test(group)) count++
      else return Number.NaN
    }
    return count
  }
  const total = groups(head) + groups(tail ?? '')
  return tail === undefined ? total === 8 : total <= 7
}

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/')
  if (more.length > 0 || !/^[0-9]{1,3}$/.test(bits)) return false
  return ipv4.test(address) ? Number(bits) <= 32 : isIpv6(address) && Number(bits) <= 128
}

function isUri(text: string): boolean {
  if (text.startsWith('/')) return true
  try {
    return new URL(text).href !== ''
  } catch {
    return false
  }
}

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  byte: (text) => text !== '' && base64Problem(text) === undefined,
  cidr: isCidr,
  date: (text) => /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) && 'epochMs' in parseTime(`${text}T00:00:00Z`),
  datetime: (text) => 'epochMs' in parseTime(text.replace('t', 'T').replace('z', 'Z')),
  duration: (text) => parseGoDuration(text) !== undefined || /^[0-9]+ ?(?:ns|us|ms|s|m|h|d|w)[a-z]*$/.test(text),
  bsonobjectid: (text) => /^[0-9a-fA-F]{24}$/.test(text),
  creditcard: isCardNumber,
  email: isMailAddress,
  hexcolor: (text) => /^#?(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/.test(text),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  rgbcolor: (text) => rgb.test(text),
  ssn: (text) => text.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  hostname: (text) =>
    text.length <= 255 &&
    /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.?$/.test(text),
  ipv4: (text) => ipv4.test(text),
  ipv6: isIpv6,
  mac: isMac,
  password: () => true,
  uri: isUri,
  uuid: (text) => uuid('[0-9a-f]').test(text),
  uuid3: (text) => uuid('3').test(text),
  uuid4: (text) => uuid('4', '[89ab]').test(text),
  uuid5: (text) => uuid('5', '[89ab]').test(text),
}

/** Whether a text has a format; undefined for formats that are not checked. */
export function isFormat(format: string, text: string): boolean | undefined {
  const name = format.replaceAll('-', '')
  return Object.hasOwn(checks, name) ? checks[name]?.(text) : undefined
}
