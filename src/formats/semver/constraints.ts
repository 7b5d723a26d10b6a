import { comparePrereleases, compareVersions, parseVersion, type Version } from './version.js'

export interface Constraint {
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
const oneConstraint = new RegExp(`(?:${operators})\\s*(?:${constraintVersion})(?=[\\s,]|$)`, 'y')
const eachConstraint = new RegExp(`(${operators})\\s*(${constraintVersion})`, 'g')
const hyphenRange = new RegExp(`\\s*(${constraintVersion})\\s+-\\s+(${constraintVersion})\\s*`, 'g')

/** Alternatives, of which each is a list of constraints that must all hold. */
export type Constraints = readonly (readonly Constraint[])[]

/** Reads constraints such as `>= 1.2, < 2 || ~3.1`. Throws an Error with Masterminds/semver's texts. */
export function parseConstraint(text: string): Constraints {
  if (text.length > 512) throw new Error('constraint string is too long (max 512 bytes)')
  const groups = text.replace(hyphenRange, (_all, from: string, to: string) => `>= ${from}, <= ${to} `).split('||')
  if (groups.length > 32) throw new Error('too many constraint groups (max 32)')
  return groups.map(parseGroup)
}

/** A prerelease satisfies only alternatives that name one. */
export function check(constraints: Constraints, version: Version): boolean {
  return constraints.some((group) => {
    if (version.prerelease !== '' && !group.some((each) => each.version.prerelease !== '')) return false
    return group.every((each) => holds(each, version))
  })
}

/**
 * Whether a version satisfies constraints such as `>= 1.2, < 2 || ~3.1`: comma or space is and, `||` is or; `^`, `~`,
 * hyphen ranges and x as a wildcard. A prerelease satisfies only constraints that name a prerelease.
 */
export function satisfies(constraints: string, text: string): boolean {
  const parsed = parseConstraint(constraints)
  return check(parsed, parseVersion(text))
}

/** The same, where anything that cannot be read satisfies nothing. */
export function isCompatibleRange(constraints: string, text: string): boolean {
  try {
    return satisfies(constraints, text)
  } catch {
    return false
  }
}

function parseGroup(text: string): Constraint[] {
  if (!isListOfConstraints(text)) throw new Error(`improper constraint: ${JSON.stringify(text)}`)
  return [...text.matchAll(eachConstraint)].map(([, operator, version]) => parseOne(operator ?? '', version ?? ''))
}

/** Constraints with blanks or a comma between them. Read from left to right: as one pattern it could take time without end. */
function isListOfConstraints(text: string): boolean {
  let at = skipBlanks(text, 0)
  for (;;) {
    oneConstraint.lastIndex = at
    const found = oneConstraint.exec(text)
    if (found === null) return false
    const end = at + found[0].length
    at = skipBlanks(text, end)
    if (at === text.length) return true
    if (text[at] === ',') at = skipBlanks(text, at + 1)
    else if (at === end) return false
  }
}

function skipBlanks(text: string, from: number): number {
  let at = from
  while (at < text.length && /\s/.test(text[at]!)) at++
  return at
}

function parseOne(operator: string, text: string): Constraint {
  const pieces = new RegExp(`^v?(${part})(?:\\.(${part}))?(?:\\.(${part}))?((?:-[^+]*)?)(.*)$`).exec(text)
  if (pieces === null) throw new Error(`improper constraint: ${JSON.stringify(text)}`)
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
    throw new Error('constraint parser error')
  }
}

function holds(constraint: Constraint, version: Version): boolean {
  const { operator, version: wanted, dirty, minorDirty, patchDirty } = constraint
  const order = compareVersions(version, wanted)
  if (operator === '!=' && !dirty) return order !== 0
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
