import { isFormat } from '../custom-validation/formats.js'
import type { Findings } from './findings.js'

export const ipAddressText = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
export const cidrText = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

export function isIpv4(text: string): boolean {
  return isFormat('ipv4', text) === true
}

export function isIpv6(text: string): boolean {
  return isFormat('ipv6', text) === true
}

export function isIpAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text)
}

export function isCidr(text: string): boolean {
  return isFormat('cidr', text) === true
}

/** As Go prints it: lower case, the longest run of zeros left out. */
export function canonicalAddress(text: string): string {
  if (!isIpv6(text) || text.includes('.')) return text
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}

/** The address as a number, its width in bits. Undefined when it is no address. */
function addressBits(text: string): { value: bigint; width: number } | undefined {
  if (isIpv4(text)) return { value: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n), width: 32 }
  if (!isIpv6(text)) return undefined
  const [head = '', tail] = text.split('::')
  const groups = (part: string | undefined): bigint[] =>
    (part ?? '')
      .split(':')
      .filter((group) => group !== '')
      .flatMap((group) => {
        const quad = group.includes('.') ? (addressBits(group)?.value ?? 0n) : undefined
        return quad === undefined ? [BigInt(`0x${group}`)] : [quad >> 16n, quad & 0xffffn]
      })
  const left = groups(head)
  const right = groups(tail)
  const middle = new Array<bigint>(8 - left.length - right.length).fill(0n)
  return { value: [...left, ...middle, ...right].reduce((sum, group) => sum * 65_536n + group, 0n), width: 128 }
}

/** True when `inner` is a part of `outer` and smaller. Both are CIDRs. */
export function isStrictSubset(inner: string, outer: string): boolean {
  const [innerAddress = '', innerBits = ''] = inner.split('/')
  const [outerAddress = '', outerBits = ''] = outer.split('/')
  const a = addressBits(innerAddress)
  const b = addressBits(outerAddress)
  if (a === undefined || b === undefined || a.width !== b.width || Number(innerBits) <= Number(outerBits)) return false
  const shift = BigInt(b.width - Number(outerBits))
  return a.value >> shift === b.value >> shift
}

/** Addresses that endpoints and external IPs may not have. */
export function checkNotSpecial(address: string, field: string, to: Findings): void {
  const complain = (range: string) => to.invalid(field, address, `may not be in the ${range}`)
  if (address === '0.0.0.0' || address === '::') to.invalid(field, address, `may not be unspecified (${address})`)
  if (/^127\./.test(address) || address === '::1') complain('loopback range (127.0.0.0/8, ::1/128)')
  if (/^169\.254\./.test(address) || /^fe[89ab][0-9a-f]:/i.test(address)) complain('link-local range (169.254.0.0/16, fe80::/10)')
  if (/^224\.0\.0\./.test(address) || /^ff02:/i.test(address)) complain('link-local multicast range (224.0.0.0/24, ff02::/10)')
}
