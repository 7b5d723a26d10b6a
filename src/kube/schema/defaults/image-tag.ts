const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const domainPart = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const reference = new RegExp(
  `^((?:${domain}/)?${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
)
/** Longer names are refused, and keep the pattern's work small. */
const mostLength = 1024

/**
 * The tag of an image's name: `latest` when it has neither tag nor digest, empty when it has a digest alone or is not a
 * name of an image. As github.com/distribution/reference reads it.
 */
export function imageTag(image: string): string {
  if (image.length > mostLength || /^[a-f0-9]{64}$/.test(image)) return ''
  const match = reference.exec(image)
  if (match === null) return ''
  const [, , tag, digest] = match
  return tag ?? (digest === undefined ? 'latest' : '')
}
