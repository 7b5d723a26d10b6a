import { Stalled } from '../../../base/errors.js'
import { shownUrl } from './chart-failure.js'

/** A place in a registry: `registry.example.test:5000/charts/web:1.2.3@sha256:...`. */
export interface OciReference {
  /** Host and port. */
  readonly registry: string
  /** The path without slashes at its ends. */
  readonly name: string
  readonly tag?: string
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest?: string
}

const host =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:]+\])(?::[0-9]{1,5})?$/
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/

/** Reads a reference with or without `oci://`. Throws Stalled with what is wrong; the text never repeats a password. */
export function parseOciReference(text: string): OciReference {
  const refuse = (why: string) =>
    new Stalled({
      code: 'chart-repository-url',
      message: `registry reference ${JSON.stringify(shownUrl(text))} ${why}`,
      fix: 'Write oci://host/path',
    })
  if (text.length > 2048) throw refuse('is longer than 2048 characters')
  let rest = text.replace(/^oci:\/\//i, '')
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(rest)) throw refuse('is no address of a registry')
  let digest: string | undefined
  const at = rest.indexOf('@')
  if (at !== -1) {
    digest = rest.slice(at + 1)
    rest = rest.slice(0, at)
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw refuse('has credentials or a digest other than sha256 after its @')
  }
  const slash = rest.indexOf('/')
  if (slash === -1) throw refuse('names no repository')
  const registry = rest.slice(0, slash)
  let name = rest.slice(slash + 1).replace(/\/+$/, '')
  let tag: string | undefined
  const colon = name.lastIndexOf(':')
  if (colon > name.lastIndexOf('/')) {
    tag = name.slice(colon + 1)
    name = name.slice(0, colon)
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag)) throw refuse('has a tag that is none')
  }
  if (!host.test(registry)) throw refuse('has no host')
  if (Number(/:([0-9]+)$/.exec(registry)?.[1] ?? 1) > 65_535) throw refuse('has a port that is none')
  if (name.length > 255 || !name.split('/').every((part) => component.test(part)))
    throw refuse('has a repository that is none (lower case letters, digits and ._- between them)')
  return {
    registry: registry.toLowerCase(),
    name,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** Tags have no `+`: registries keep the version 1.2.3+build under 1.2.3_build. */
export function tagOfVersion(version: string): string {
  return version.replaceAll('+', '_')
}

export function versionOfTag(tag: string): string {
  return tag.replaceAll('_', '+')
}
