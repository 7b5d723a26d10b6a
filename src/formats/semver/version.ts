import { compareText } from '../../base/compare-text.js'

/** A version as people write it: `v1`, `1.2`, `1.2.3-rc.1+build`. */
export interface Version {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly prerelease: string
  readonly metadata: string
  readonly original: string
}

const versionShape =
  /^v?([0-9]+)(\.[0-9]+)?(\.[0-9]+)?(-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/

/** Reads a version as Masterminds/semver does: missing parts are 0, a leading v is allowed. Throws an Error with its texts. */
export function parseVersion(text: string): Version {
  if (text.length > 256) throw new Error('version string is too long (max 256 bytes)')
  const found = versionShape.exec(text)
  if (found === null) throw new Error('invalid semantic version')
  const number = (digits: string | undefined) => {
    const value = BigInt(digits?.replace('.', '') ?? '0')
    if (value >= 2n ** 64n)
      throw new Error(
        `error parsing version segment: strconv.ParseUint: parsing "${digits?.replace('.', '')}": value out of range`,
      )
    return value
  }
  const prerelease = found[5] ?? ''
  if (prerelease.split('.').some((part) => /^0[0-9]+$/.test(part))) throw new Error('version segment starts with 0')
  return {
    major: number(found[1]),
    minor: number(found[2]),
    patch: number(found[3]),
    prerelease,
    metadata: found[7] ?? '',
    original: text,
  }
}

export function formatVersion(version: Version): string {
  const prerelease = version.prerelease === '' ? '' : `-${version.prerelease}`
  const metadata = version.metadata === '' ? '' : `+${version.metadata}`
  return `${version.major}.${version.minor}.${version.patch}${prerelease}${metadata}`
}

function compareNumbers(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Negative, zero or positive by precedence; build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  const core = compareNumbers(a.major, b.major) || compareNumbers(a.minor, b.minor) || compareNumbers(a.patch, b.patch)
  return core === 0 ? comparePrereleases(a.prerelease, b.prerelease) : core
}

export function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return 1
  if (b === '') return -1
  const left = a.split('.')
  const right = b.split('.')
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const one = left[index]
    const other = right[index]
    if (one === undefined) return -1
    if (other === undefined) return 1
    if (one === other) continue
    const oneIsNumber = /^[0-9]+$/.test(one)
    const otherIsNumber = /^[0-9]+$/.test(other)
    if (oneIsNumber && otherIsNumber) return compareNumbers(BigInt(one), BigInt(other))
    if (oneIsNumber !== otherIsNumber) return oneIsNumber ? -1 : 1
    return compareText(one, other) < 0 ? -1 : 1
  }
  return 0
}
