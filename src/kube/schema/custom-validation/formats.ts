import { base64Problem } from '../base64.js'
import { parseGoDuration } from '../go-duration.js'
import { parseTime } from '../go-time.js'

const ipv4 = /^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])$/
const uuid = (version: string) => new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$`, 'i')

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
  email: (text) => /^[^@\s<>]+@[^@\s<>]+$/.test(text),
  hostname: (text) =>
    text.length <= 255 &&
    /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.?$/.test(text),
  ipv4: (text) => ipv4.test(text),
  ipv6: isIpv6,
  mac: (text) => /^(?:[0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$/.test(text),
  password: () => true,
  uri: isUri,
  uuid: (text) => uuid('[0-9a-f]').test(text),
  uuid3: (text) => uuid('3').test(text),
  uuid4: (text) => uuid('4').test(text),
  uuid5: (text) => uuid('5').test(text),
}

/** Whether a text has a format; undefined for formats that are not checked. */
export function isFormat(format: string, text: string): boolean | undefined {
  const name = format.replaceAll('-', '')
  return Object.hasOwn(checks, name) ? checks[name]?.(text) : undefined
}
