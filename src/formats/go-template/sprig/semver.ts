import { compareText } from '../../../base/compare-text.js'
import { type GoFunction, goFunction } from '../functions.js'
import { GoInt, GoStruct, int } from '../values.js'

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

export function parseVersion(text: string): Version {
  const found = versionShape.exec(text)
  if (found === null) throw new Error('Invalid Semantic Version')
  const number = (digits: string | undefined) => {
    const value = BigInt(digits?.replace('.', '') ?? '0')
    if (value >= 2n ** 64n) throw new Error('Error parsing version segment: value out of range')
    return value
  }
  const prerelease = found[5] ?? ''
  if (prerelease.split('.').some((part) => /^0[0-9]+$/.test(part))) throw new Error('Version segment starts with 0')
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

function comparePrereleases(a: string, b: string): number {
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

interface Constraint {
  readonly operator: string
  readonly version: Version
  /** Parts that were left out or written as x. */
  readonly dirty: boolean
  readonly minorDirty: boolean
  readonly patchDirty: boolean
}

const part = '[0-9|xX*]+'
const tail = '(?:-[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?(?:\\+[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)?'
const constraintVersion = `v?${part}(?:\\.${part})?(?:\\.${part})?${tail}`
const operators = '=>|=<|>=|<=|!=|~>|=|>|<|~|\\^|'
const wholeList = new RegExp(
  `^(?:\\s*(?:${operators})\\s*(?:${constraintVersion})\\s*)(?:(?:\\s+|,\\s*)(?:${operators})\\s*(?:${constraintVersion})\\s*)*$`,
)
const eachConstraint = new RegExp(`(${operators})\\s*(${constraintVersion})`, 'g')
const hyphenRange = new RegExp(`\\s*(${constraintVersion})\\s+-\\s+(${constraintVersion})\\s*`, 'g')

/**
 * Whether a version satisfies constraints such as `>= 1.2, < 2 || ~3.1`: comma or space is and, `||` is or; `^`, `~`,
 * hyphen ranges and x as a wildcard. A prerelease satisfies only constraints that name a prerelease.
 */
export function satisfies(constraints: string, text: string): boolean {
  const alternatives = constraints
    .replace(hyphenRange, (_all, from: string, to: string) => `>= ${from}, <= ${to} `)
    .split('||')
    .map(parseConstraints)
  const version = parseVersion(text)
  return alternatives.some((all) => all.every((constraint) => holds(constraint, version)))
}

function parseConstraints(text: string): Constraint[] {
  if (!wholeList.test(text)) throw new Error(`improper constraint: ${text}`)
  return [...text.matchAll(eachConstraint)].map(([, operator, version]) => parseConstraint(operator ?? '', version ?? ''))
}

function parseConstraint(operator: string, text: string): Constraint {
  const pieces = new RegExp(`^v?(${part})(?:\\.(${part}))?(?:\\.(${part}))?((?:-[^+]*)?)(.*)$`).exec(text)
  if (pieces === null) throw new Error(`improper constraint: ${text}`)
  const [, major = '', minor, patch, prerelease = ''] = pieces
  const open = (piece: string | undefined) => piece === undefined || /^[xX*]$/.test(piece)
  const flags = { dirty: false, minorDirty: false, patchDirty: false }
  let version = text
  if (open(major)) {
    version = `0.0.0${prerelease}`
    flags.dirty = true
  } else if (open(minor)) {
    version = `${major}.0.0${prerelease}`
    flags.dirty = true
    flags.minorDirty = true
  } else if (open(patch)) {
    version = `${major}.${minor}.0${prerelease}`
    flags.dirty = true
    flags.patchDirty = true
  }
  try {
    return { operator, version: parseVersion(version), ...flags }
  } catch {
    throw new Error('constraint Parser Error')
  }
}

function holds(constraint: Constraint, version: Version): boolean {
  const { operator, version: wanted, dirty, minorDirty, patchDirty } = constraint
  const order = compareVersions(version, wanted)
  if (operator === '!=' && !dirty) return order !== 0
  if (version.prerelease !== '' && wanted.prerelease === '') return false
  const sameMajor = version.major === wanted.major
  const sameMinor = version.minor === wanted.minor
  switch (operator) {
    case '!=':
      if (!sameMajor || (!sameMinor && !minorDirty)) return true
      if (minorDirty) return false
      if (version.patch !== wanted.patch && !patchDirty) return true
      if (patchDirty)
        return (
          (version.prerelease !== '' || wanted.prerelease !== '') &&
          comparePrereleases(version.prerelease, wanted.prerelease) !== 0
        )
      return order !== 0
    case '>':
      if (!dirty) return order > 0
      if (!sameMajor) return version.major > wanted.major
      if (minorDirty) return false
      return patchDirty ? version.minor > wanted.minor : order > 0
    case '<':
      return order < 0
    case '>=':
    case '=>':
      return order >= 0
    case '<=':
    case '=<':
      if (!dirty) return order <= 0
      if (version.major > wanted.major) return false
      return !(sameMajor && version.minor > wanted.minor && !minorDirty)
    case '^':
      return holdsCaret(constraint, version, order)
    case '':
    case '=':
      return dirty ? holdsTilde(constraint, version, order) : order === 0
    default:
      return holdsTilde(constraint, version, order)
  }
}

function holdsTilde({ version: wanted, minorDirty, patchDirty }: Constraint, version: Version, order: number): boolean {
  if (order < 0) return false
  if (wanted.major === 0n && wanted.minor === 0n && wanted.patch === 0n && !minorDirty && !patchDirty) return true
  return version.major === wanted.major && (version.minor === wanted.minor || minorDirty)
}

function holdsCaret({ version: wanted, minorDirty, patchDirty }: Constraint, version: Version, order: number): boolean {
  if (order < 0) return false
  if (wanted.major > 0n || minorDirty) return version.major === wanted.major
  if (version.major > 0n) return false
  if (wanted.minor > 0n || patchDirty) return version.minor === wanted.minor
  return version.minor === 0n && version.patch === wanted.patch
}

/** A version as templates see it: `.Major`, `.Compare other`, prints as itself. */
export function versionValue(version: Version): GoStruct {
  const other = (value: unknown): Version => {
    if (value instanceof GoStruct && value.type === '*semver.Version') return value.native as Version
    throw new Error('wrong type for value; expected *semver.Version')
  }
  const method = (give: () => unknown) => goFunction([], give)
  const bump = (next: Partial<Version>) => {
    const raised = { ...version, prerelease: '', metadata: '', ...next }
    const prefix = version.original.startsWith('v') ? 'v' : ''
    return versionValue({ ...raised, original: prefix + formatVersion(raised) })
  }
  return new GoStruct({
    type: '*semver.Version',
    native: version,
    text: () => formatVersion(version),
    methods: {
      Major: method(() => new GoInt(version.major, 'uint64')),
      Minor: method(() => new GoInt(version.minor, 'uint64')),
      Patch: method(() => new GoInt(version.patch, 'uint64')),
      Prerelease: method(() => version.prerelease),
      Metadata: method(() => version.metadata),
      Original: method(() => version.original),
      String: method(() => formatVersion(version)),
      IncMajor: method(() => bump({ major: version.major + 1n, minor: 0n, patch: 0n })),
      IncMinor: method(() => bump({ minor: version.minor + 1n, patch: 0n })),
      IncPatch: method(() => bump({ patch: version.prerelease === '' ? version.patch + 1n : version.patch })),
      Compare: goFunction(['any'], (value) => int(Math.sign(compareVersions(version, other(value))))),
      Equal: goFunction(['any'], (value) => compareVersions(version, other(value)) === 0),
      LessThan: goFunction(['any'], (value) => compareVersions(version, other(value)) < 0),
      GreaterThan: goFunction(['any'], (value) => compareVersions(version, other(value)) > 0),
      LessThanEqual: goFunction(['any'], (value) => compareVersions(version, other(value)) <= 0),
      GreaterThanEqual: goFunction(['any'], (value) => compareVersions(version, other(value)) >= 0),
    },
  })
}

export function semverFunctions(): [string, GoFunction][] {
  return [
    ['semver', goFunction(['string'], (text) => versionValue(parseVersion(text)))],
    ['semverCompare', goFunction(['string', 'string'], satisfies)],
  ]
}
