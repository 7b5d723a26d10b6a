import { type CelLibrary, member, overload } from '../../formats/cel/check/declarations.js'
import { boolType, intType, libraryType, stringType } from '../../formats/cel/types/type-node.js'
import { CelFailure, CelLibraryValue, noSuchOverload, type Value } from '../../formats/cel/values/values.js'
import { quoteString } from '../../formats/go-template/print.js'
import {
  type Address,
  formatAddress,
  isMappedV4,
  maskPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixContains,
} from './address.js'

class IpValue extends CelLibraryValue {
  readonly typeName = 'net.IP'
  readonly address: Address
  constructor(address: Address) {
    super()
    this.address = address
  }
  equals(other: CelLibraryValue): Value {
    return other instanceof IpValue ? this.text() === other.text() : noSuchOverload
  }
  override size(): number {
    return this.address.bytes.length
  }
  override text(): string {
    return formatAddress(this.address)
  }
}

class CidrValue extends CelLibraryValue {
  readonly typeName = 'net.CIDR'
  readonly prefix: Prefix
  constructor(prefix: Prefix) {
    super()
    this.prefix = prefix
  }
  equals(other: CelLibraryValue): Value {
    return other instanceof CidrValue ? this.text() === other.text() : noSuchOverload
  }
  override size(): number {
    return Math.ceil(this.prefix.bits / 8)
  }
  override text(): string {
    return `${formatAddress(this.prefix.address)}/${this.prefix.bits}`
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function readIp(text: string): IpValue | CelFailure {
  let address: Address
  try {
    address = parseAddress(text)
  } catch (error) {
    return new CelFailure(`IP Address ${quoteString(text)} parse error during conversion from string: ${messageOf(error)}`)
  }
  if (address.zone !== '') return new CelFailure(`IP address ${quoteString(text)} with zone value is not allowed`)
  if (isMappedV4(address)) return new CelFailure(`IPv4-mapped IPv6 address ${quoteString(text)} is not allowed`)
  return new IpValue(address)
}

const cidrProblem = 'network address parse error during conversion from string: '

function readCidr(text: string): CidrValue | CelFailure {
  let prefix: Prefix
  try {
    prefix = parsePrefix(text)
  } catch (error) {
    return new CelFailure(cidrProblem + cidrProblem + messageOf(error))
  }
  if (isMappedV4(prefix.address)) {
    return new CelFailure(`${cidrProblem}IPv4-mapped IPv6 address ${quoteString(text)} is not allowed`)
  }
  return new CidrValue(prefix)
}

function containsIp(cidr: Value, other: IpValue | CelFailure): Value {
  if (other instanceof CelFailure) return noSuchOverload
  return prefixContains((cidr as CidrValue).prefix, other.address)
}

function containsCidr(cidr: Value, other: CidrValue | CelFailure): Value {
  if (other instanceof CelFailure) return other
  const { prefix } = cidr as CidrValue
  return prefix.bits <= other.prefix.bits && prefixContains(prefix, other.prefix.address)
}

const ip = libraryType('net.IP')
const cidr = libraryType('net.CIDR')

/** A test of an address: of its first bytes, by family. */
function test(name: string, id: string, holds: (bytes: readonly number[]) => boolean): CelLibrary['functions'][number] {
  return { name, overloads: [member(id, [ip], boolType, (value) => holds((value as IpValue).address.bytes))] }
}

const isV4 = (bytes: readonly number[]): boolean => bytes.length === 4
const isZero = (bytes: readonly number[]): boolean => bytes.every((byte) => byte === 0)
const isLoopback = (b: readonly number[]): boolean => (isV4(b) ? b[0] === 127 : isZero(b.slice(0, 15)) && b[15] === 1)
const isMulticast = (b: readonly number[]): boolean => (isV4(b) ? (b[0]! & 0xf0) === 0xe0 : b[0] === 0xff)
const isLinkLocal = (b: readonly number[]): boolean =>
  isV4(b) ? b[0] === 169 && b[1] === 254 : b[0] === 0xfe && (b[1]! & 0xc0) === 0x80

export const networkLibrary: CelLibrary = {
  types: new Map([
    ['net.IP', ip],
    ['net.CIDR', cidr],
  ]),
  functions: [
    {
      name: 'ip',
      overloads: [
        overload('string_to_ip', [stringType], ip, (text) => readIp(text as string)),
        member('cidr_ip', [cidr], ip, (value) => new IpValue((value as CidrValue).prefix.address)),
      ],
    },
    {
      name: 'family',
      overloads: [member('ip_family', [ip], intType, (value) => (isV4((value as IpValue).address.bytes) ? 4 : 6))],
    },
    {
      name: 'ip.isCanonical',
      overloads: [
        overload('ip_is_canonical', [stringType], boolType, (text) => {
          const read = readIp(text as string)
          return read instanceof CelFailure ? read : read.text() === text
        }),
      ],
    },
    test('isUnspecified', 'ip_is_unspecified', isZero),
    test('isLoopback', 'ip_is_loopback', isLoopback),
    test('isLinkLocalMulticast', 'ip_is_link_local_multicast', (b) =>
      isV4(b) ? b[0] === 224 && b[1] === 0 && b[2] === 0 : b[0] === 0xff && (b[1]! & 0x0f) === 0x02,
    ),
    test('isLinkLocalUnicast', 'ip_is_link_local_unicast', isLinkLocal),
    test(
      'isGlobalUnicast',
      'ip_is_global_unicast',
      (b) => !isZero(b) && !(isV4(b) && b.every((byte) => byte === 255)) && !isLoopback(b) && !isMulticast(b) && !isLinkLocal(b),
    ),
    { name: 'isIP', overloads: [overload('is_ip', [stringType], boolType, (text) => readIp(text as string) instanceof IpValue)] },
    {
      name: 'string',
      overloads: [
        overload('ip_to_string', [ip], stringType, (value) => (value as IpValue).text()),
        overload('cidr_to_string', [cidr], stringType, (value) => (value as CidrValue).text()),
      ],
    },
    { name: 'cidr', overloads: [overload('string_to_cidr', [stringType], cidr, (text) => readCidr(text as string))] },
    {
      name: 'containsIP',
      overloads: [
        member('cidr_contains_ip_string', [cidr, stringType], boolType, (c, text) => containsIp(c!, readIp(text as string))),
        member('cidr_contains_ip_ip', [cidr, ip], boolType, (c, value) => containsIp(c!, value as IpValue)),
      ],
    },
    {
      name: 'containsCIDR',
      overloads: [
        member('cidr_contains_cidr_string', [cidr, stringType], boolType, (c, text) =>
          containsCidr(c!, readCidr(text as string)),
        ),
        member('cidr_contains_cidr', [cidr, cidr], boolType, (c, value) => containsCidr(c!, value as CidrValue)),
      ],
    },
    {
      name: 'prefixLength',
      overloads: [member('cidr_prefix_length', [cidr], intType, (value) => (value as CidrValue).prefix.bits)],
    },
    {
      name: 'masked',
      overloads: [member('cidr_masked', [cidr], cidr, (value) => new CidrValue(maskPrefix((value as CidrValue).prefix)))],
    },
    {
      name: 'isCIDR',
      overloads: [overload('is_cidr', [stringType], boolType, (text) => readCidr(text as string) instanceof CidrValue)],
    },
  ],
}
