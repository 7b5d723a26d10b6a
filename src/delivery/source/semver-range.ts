/**
 * Versions and ranges as Argo CD takes them in `targetRevision` (Masterminds/semver): `^1.2`, `~1.2.3`, `1.x`, `>=1.0 <2`,
 * `1.2 - 1.4`, `a || b`, `*`. A leading `v` is allowed everywhere. A pre-release matches only a comparator that names one.
 */
export interface Version {
  readonly numbers: readonly [number, number, number]
  readonly prerelease: readonly (string | number)[]
}

interface Comparator {
  readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>='
  readonly version: Version
}

/** Alternatives of comparators that must all hold. */
export type VersionRange = readonly (readonly Comparator[])[]

const versionPattern = /^v?(\d{1,15})(?:\.(\d{1,15}))?(?:\.(\d{1,15}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/
const partPattern =
  /^(=|!=|<=?|>=?|=<|=>|\^|~>?)?\s*v?(\d{1,15}|[xX*])(?:\.(\d{1,15}|[xX*]))?(?:\.(\d{1,15}|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/

/** A tag's version; missing minor and patch count as 0. Undefined when the text is none. */
export function parseVersion(text: string): Version | undefined {
  const match = versionPattern.exec(text)
  if (!match) return undefined
  return { numbers: [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)], prerelease: parsePrerelease(match[4]) }
}

function parsePrerelease(text: string | undefined): readonly (string | number)[] {
  if (text === undefined || text === '') return []
  return text.split('.').map((part) => (/^\d{1,15}$/.test(part) ? Number(part) : part))
}

export function compareVersions(a: Version, b: Version): number {
  for (let index = 0; index < 3; index++) {
    const difference = a.numbers[index]! - b.numbers[index]!
    if (difference !== 0) return difference
  }
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return b.prerelease.length - a.prerelease.length
  for (let index = 0; ; index++) {
    const left = a.prerelease[index]
    const right = b.prerelease[index]
    if (left === undefined || right === undefined) return a.prerelease.length - b.prerelease.length
    if (left === right) continue
    if (typeof left === 'number' && typeof right === 'number') return left - right
    if (typeof left === 'number') return -1
    if (typeof right === 'number') return 1
    return left < right ? -1 : 1
  }
}

/** Undefined when the text is no range (a branch name, for instance) or names exactly one version. */
export function parseVersionRange(text: string): VersionRange | undefined {
  if (text.length > 256 || !/[\^~<>=*|!]|\b[xX]\b| - /.test(text)) return undefined
  const alternatives: Comparator[][] = []
  for (const alternative of text.split('||')) {
    const comparators = parseAlternative(alternative.trim())
    if (comparators === undefined) return undefined
    alternatives.push(comparators)
  }
  return alternatives
}

function parseAlternative(text: string): Comparator[] | undefined {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(text)
  if (hyphen) {
    const from = parsePart(`>=${hyphen[1]}`)
    const to = parsePart(`<=${hyphen[2]}`)
    return from && to ? [...from, ...to] : undefined
  }
  // `>= 1.0, < 2` and `>=1.0 <2` alike: an operator may stand apart from its version.
  const parts = text
    .replace(/([<>=!~^]+)\s+/g, '$1')
    .split(/[\s,]+/)
    .filter((part) => part !== '')
  if (parts.length === 0) return undefined
  const comparators: Comparator[] = []
  for (const part of parts) {
    const parsed = parsePart(part)
    if (parsed === undefined) return undefined
    comparators.push(...parsed)
  }
  return comparators
}

function parsePart(text: string): Comparator[] | undefined {
  const match = partPattern.exec(text)
  if (!match) return undefined
  const operator = match[1] ?? ''
  const given = [match[2], match[3], match[4]].map((part) =>
    part === undefined || /[xX*]/.test(part) ? undefined : Number(part),
  )
  const known = given.indexOf(undefined)
  const parts = known < 0 ? 3 : known
  const numbers: [number, number, number] = [given[0] ?? 0, parts > 1 ? (given[1] ?? 0) : 0, parts > 2 ? (given[2] ?? 0) : 0]
  const version: Version = { numbers, prerelease: parsePrerelease(match[5]) }
  const upTo = (position: number): Version => ({
    numbers: numbers.map((number, index) => (index < position ? number : index === position ? number + 1 : 0)) as [
      number,
      number,
      number,
    ],
    prerelease: [],
  })
  const between = (position: number): Comparator[] => [
    { operator: '>=', version },
    { operator: '<', version: upTo(position) },
  ]
  if (parts === 0) return operator === '<' || operator === '>' || operator === '!=' ? undefined : [{ operator: '>=', version }]
  switch (operator) {
    case '^': {
      const first = numbers.findIndex((number, index) => number !== 0 || index >= parts - 1)
      return between(first)
    }
    case '~':
    case '~>':
      return between(parts === 1 ? 0 : 1)
    case '':
    case '=':
      return parts < 3 ? between(parts - 1) : [{ operator: '=', version }]
    case '>':
      return [{ operator: parts < 3 ? '>=' : '>', version: parts < 3 ? upTo(parts - 1) : version }]
    case '<=':
    case '=<':
      return [{ operator: parts < 3 ? '<' : '<=', version: parts < 3 ? upTo(parts - 1) : version }]
    case '=>':
      return [{ operator: '>=', version }]
    default:
      return [{ operator: operator as Comparator['operator'], version }]
  }
}

export function satisfies(version: Version, range: VersionRange): boolean {
  return range.some((comparators) => {
    if (version.prerelease.length > 0 && !comparators.some((comparator) => comparator.version.prerelease.length > 0)) return false
    return comparators.every((comparator) => holds(compareVersions(version, comparator.version), comparator.operator))
  })
}

function holds(order: number, operator: Comparator['operator']): boolean {
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
  }
}

/** The tag with the highest version in the range, undefined when none fits. Tags that are no versions are passed over. */
export function highestTag(tags: Iterable<string>, range: VersionRange): string | undefined {
  let best: { tag: string; version: Version } | undefined
  for (const tag of tags) {
    const version = parseVersion(tag)
    if (version === undefined || !satisfies(version, range)) continue
    if (best === undefined || compareVersions(version, best.version) > 0) best = { tag, version }
  }
  return best?.tag
}
