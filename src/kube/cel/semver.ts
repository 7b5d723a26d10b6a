import { type CelLibrary, member, overload } from '../../formats/cel/check/declarations.js'
import { boolType, intType, libraryType, stringType } from '../../formats/cel/types/type-node.js'
import { intOf } from '../../formats/cel/values/numbers.js'
import { CelFailure, CelLibraryValue, noSuchOverload, type Value } from '../../formats/cel/values/values.js'
import { quoteString } from '../../formats/go-template/print.js'

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint]
  readonly pre: readonly (string | bigint)[]
}

class SemverValue extends CelLibraryValue {
  readonly typeName = 'kubernetes.Semver'
  readonly version: Version
  constructor(version: Version) {
    super()
    this.version = version
  }
  equals(other: CelLibraryValue): Value {
    return other instanceof SemverValue ? compareVersions(this.version, other.version) === 0 : noSuchOverload
  }
}

function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < 3; i++) if (a.numbers[i] !== b.numbers[i]) return a.numbers[i]! < b.numbers[i]! ? -1 : 1
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length)
  for (let i = 0; i < Math.min(a.pre.length, b.pre.length); i++) {
    const [x, y] = [a.pre[i]!, b.pre[i]!]
    if (x === y) continue
    if (typeof x !== typeof y) return typeof x === 'bigint' ? -1 : 1
    return x < y ? -1 : 1
  }
  return Math.sign(a.pre.length - b.pre.length)
}

function readNumber(text: string, what: string): bigint | CelFailure {
  if (!/^\d*$/.test(text)) return new CelFailure(`Invalid character(s) found in ${what} number ${quoteString(text)}`)
  const leading = /^0\d/.test(text)
  const title = what[0]!.toUpperCase() + what.slice(1)
  if (leading) return new CelFailure(`${title} number must not contain leading zeroes ${quoteString(text)}`)
  return readUint(text)
}

function readUint(text: string): bigint | CelFailure {
  const wrong = (why: string): CelFailure => new CelFailure(`strconv.ParseUint: parsing ${quoteString(text)}: ${why}`)
  if (text === '') return wrong('invalid syntax')
  const value = BigInt(text)
  return value > 0xffffffffffffffffn ? wrong('value out of range') : value
}

function readPre(text: string): string | bigint | CelFailure {
  if (text === '') return new CelFailure('Prerelease is empty')
  if (/^\d+$/.test(text)) {
    if (/^0\d/.test(text)) {
      return new CelFailure(`Numeric PreRelease version must not contain leading zeroes ${quoteString(text)}`)
    }
    return readUint(text)
  }
  return /^[0-9A-Za-z-]+$/.test(text) ? text : new CelFailure(`Invalid character(s) found in prerelease ${quoteString(text)}`)
}

function parse(text: string): SemverValue | CelFailure {
  if (text === '') return new CelFailure('Version string empty')
  const dots = text.split('.')
  if (dots.length < 3) return new CelFailure('No Major.Minor.Patch elements found')
  const major = readNumber(dots[0]!, 'major')
  if (major instanceof CelFailure) return major
  const minor = readNumber(dots[1]!, 'minor')
  if (minor instanceof CelFailure) return minor
  const [beforeBuild, build] = cut(dots.slice(2).join('.'), '+')
  const [patchText, preText] = cut(beforeBuild, '-')
  const patch = readNumber(patchText, 'patch')
  if (patch instanceof CelFailure) return patch
  const pre: (string | bigint)[] = []
  for (const part of preText === undefined ? [] : preText.split('.')) {
    const read = readPre(part)
    if (read instanceof CelFailure) return read
    pre.push(read)
  }
  for (const part of build === undefined ? [] : build.split('.')) {
    if (part === '') return new CelFailure('Build meta data is empty')
    if (!/^[0-9A-Za-z-]+$/.test(part)) {
      return new CelFailure(`Invalid character(s) found in build meta data ${quoteString(part)}`)
    }
  }
  return new SemverValue({ numbers: [major, minor, patch], pre })
}

function cut(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

/** `v1.02` becomes `1.2.0`. */
function normalizeAndParse(text: string): SemverValue | CelFailure {
  const bare = text.replace(/^v/, '')
  const dots = bare.split('.')
  const parts = (dots.length > 3 ? [dots[0]!, dots[1]!, dots.slice(2).join('.')] : dots).map((part) => {
    if (part.length <= 1) return part
    const trimmed = part.replace(/^0+/, '')
    return /^\d/.test(trimmed) ? trimmed : `0${trimmed}`
  })
  if (parts.length < 3) {
    if (/[+-]/.test(parts.at(-1)!)) return new CelFailure('short version cannot contain PreRelease/Build meta data')
    while (parts.length < 3) parts.push('0')
  }
  return parse(parts.join('.'))
}

function read(text: Value, normalize: Value): SemverValue | CelFailure {
  return normalize === true ? normalizeAndParse(text as string) : parse(text as string)
}

const type = libraryType('kubernetes.Semver')
const of = (value: Value | undefined): Version => (value as SemverValue).version

export const semverLibrary: CelLibrary = {
  functions: [
    {
      name: 'semver',
      overloads: [
        overload('string_to_semver', [stringType], type, (text) => read(text!, false)),
        overload('string_bool_to_semver', [stringType, boolType], type, (text, normalize) => read(text!, normalize!)),
      ],
    },
    {
      name: 'isSemver',
      overloads: [
        overload('is_semver_string', [stringType], boolType, (text) => read(text!, false) instanceof SemverValue),
        overload(
          'is_semver_string_bool',
          [stringType, boolType],
          boolType,
          (text, normalize) => read(text!, normalize!) instanceof SemverValue,
        ),
      ],
    },
    {
      name: 'isGreaterThan',
      overloads: [member('semver_is_greater_than', [type, type], boolType, (a, b) => compareVersions(of(a), of(b)) === 1)],
    },
    {
      name: 'isLessThan',
      overloads: [member('semver_is_less_than', [type, type], boolType, (a, b) => compareVersions(of(a), of(b)) === -1)],
    },
    {
      name: 'compareTo',
      overloads: [member('semver_compare_to', [type, type], intType, (a, b) => compareVersions(of(a), of(b)))],
    },
    ...(['major', 'minor', 'patch'] as const).map((name, i) => ({
      name,
      overloads: [member(`semver_${name}`, [type], intType, (v) => intOf(BigInt.asIntN(64, of(v).numbers[i]!)))],
    })),
  ],
}
