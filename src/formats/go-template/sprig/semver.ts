import { satisfies } from '../../semver/constraints.js'
import { compareVersions, formatVersion, parseVersion, type Version } from '../../semver/version.js'
import { type GoFunction, goFunction } from '../functions.js'
import { GoInt, GoStruct, int } from '../values.js'

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
