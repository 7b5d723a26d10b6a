import { parseAddress } from '../../registry/allocation/ipv4.js'

/** Whether an IPv4 address is of a CIDR. False for whatever is no IPv4 address or no CIDR: users write these. */
export function isInCidr(cidr: string, address: string): boolean {
  const [text = '', bits = ''] = cidr.split('/')
  const start = parseAddress(text)
  const number = parseAddress(address)
  if (start === undefined || number === undefined || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return false
  const size = 2 ** (32 - Number(bits))
  return Math.floor(start / size) === Math.floor(number / size)
}
