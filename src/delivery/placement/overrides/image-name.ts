import { CodedError } from '../../../base/errors.js'

/** `host:port/repository:tag@digest` in its parts; each may be empty. As with Karmada, a tag hides the digest. */
export interface ImageName {
  readonly registry: string
  readonly repository: string
  readonly tag: string
  readonly digest: string
}

const component = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*'
const domain = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const host = `(?:${domain}(?:\\.${domain})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}'
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'
const name = `(?:${host}/)?${component}(?:/${component})*`
const reference = new RegExp(`^(${name})(?::(${tag}))?(?:@(${digest}))?$`)
const knownDigest = /^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$/
const onlyTag = new RegExp(`^${tag}$`)
const onlyDigest = new RegExp(`^${digest}$`)
/** Longer names are refused upstream; checked first, it bounds the work on hostile text too. */
const longest = 4096

/** Throws a CodedError `image-name-invalid` for what names no image. */
export function parseImageName(text: string): ImageName {
  const match = text.length > longest ? null : reference.exec(text)
  if (match === null || (match[3] !== undefined && !knownDigest.test(match[3]))) {
    throw new CodedError({
      code: 'image-name-invalid',
      message: `${JSON.stringify(text.slice(0, 200))} is no image name`,
      fix: 'Write it as registry.example:5000/team/app:1.2 or with @sha256:...',
    })
  }
  const path = match[1] as string
  const slash = path.indexOf('/')
  const first = slash < 0 ? '' : path.slice(0, slash)
  const hasRegistry = slash >= 0 && (/[.:]/.test(first) || first === 'localhost')
  return {
    registry: hasRegistry ? first : '',
    repository: hasRegistry ? path.slice(slash + 1) : path,
    tag: match[2] ?? '',
    digest: match[2] === undefined ? (match[3] ?? '') : '',
  }
}

export function formatImageName({ registry, repository, tag, digest }: ImageName): string {
  const path = registry === '' ? repository : `${registry}/${repository}`
  return tag !== '' ? `${path}:${tag}` : digest !== '' ? `${path}@${digest}` : path
}

/** The image with another tag or digest, whichever the text is; text that is neither changes nothing. */
export function withTagOrDigest(image: ImageName, text: string): ImageName {
  if (onlyTag.test(text)) return { ...image, tag: text, digest: '' }
  if (onlyDigest.test(text)) return { ...image, tag: '', digest: text }
  return image
}
