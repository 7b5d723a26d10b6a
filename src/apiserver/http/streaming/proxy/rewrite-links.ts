/** How links of a proxied page are changed, so that they lead through the proxy again. */
export interface LinkRewriter {
  /** What stands before the target's own path in the path that the client asked for. */
  readonly prefix: string
  /** The target as it names itself, and the host that the client asked: links to another host are left alone. */
  readonly hosts: readonly string[]
}

/** The link as the client can follow it. Relative links, and those of other hosts, stay as they are. */
export function rewriteLink(link: string, { prefix, hosts }: LinkRewriter): string {
  const match = /^(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?:\/\/([^/?#]*))?([^?#]*)([?#].*)?$/s.exec(link)
  if (match === null) return link
  const [, host, path = '', rest = ''] = match
  if (host === undefined && /^[A-Za-z][A-Za-z0-9+.-]*:/.test(link)) return link
  if (host !== undefined && host !== '' && !hosts.includes(host)) return link
  if (!path.startsWith('/')) return link
  return `${path.startsWith(prefix) ? path : `${prefix}${path}`}${rest}`
}

/** Attributes of HTML that hold links. */
const linkAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
}

/** Elements whose content is text, whatever it looks like. */
const rawText: ReadonlySet<string> = new Set(
  'script style textarea title xmp iframe noembed noframes noscript plaintext'.split(' '),
)

/**
 * Rewrites the links of a page; everything else stays as it is, to the byte. One pass: a page is what its target likes, and
 * must not take longer than its length.
 */
export function rewriteHtml(html: string, rewriter: LinkRewriter): string {
  const out: string[] = []
  let lower: string | undefined
  let kept = 0
  let at = html.indexOf('<')
  while (at >= 0) {
    let next: number
    if (html.startsWith('<!--', at)) {
      const end = html.indexOf('-->', at + 4)
      next = end < 0 ? html.length : end + 3
    } else if (isLetter(html.charCodeAt(at + 1))) {
      const nameEnd = endOfName(html, at + 1)
      const end = endOfTag(html, nameEnd)
      // A tag that is never closed is the rest of the page.
      if (end < 0) break
      const name = html.slice(at + 1, nameEnd).toLowerCase()
      const wanted = linkAttributes[name]
      if (wanted !== undefined && nameEnd < end) {
        out.push(html.slice(kept, nameEnd), rewriteAttributes(html.slice(nameEnd, end), wanted, rewriter))
        kept = end
      }
      next = end + 1
      if (rawText.has(name)) {
        lower ??= html.toLowerCase()
        const close = lower.indexOf(`</${name}`, next)
        if (close < 0) break
        next = close + 2
      }
    } else next = at + 1
    at = html.indexOf('<', next)
  }
  out.push(html.slice(kept))
  return out.join('')
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

const spaces = ' \t\n\r\f'

function endOfName(html: string, from: number): number {
  let at = from
  while (at < html.length && !spaces.includes(html[at]!) && html[at] !== '>' && html[at] !== '/') at++
  return at
}

/** Where the `>` of a tag is; quoted values may hold one. */
function endOfTag(html: string, from: number): number {
  for (let at = from; at < html.length; at++) {
    const char = html[at]!
    if (char === '>') return at
    if (char === '"' || char === "'") {
      at = html.indexOf(char, at + 1)
      if (at < 0) return -1
    }
  }
  return -1
}

function rewriteAttributes(text: string, wanted: readonly string[], rewriter: LinkRewriter): string {
  let out = ''
  let kept = 0
  let at = 0
  const skip = (chars: string) => {
    while (at < text.length && chars.includes(text[at]!)) at++
  }
  const upTo = (chars: string) => {
    const start = at
    while (at < text.length && !chars.includes(text[at]!)) at++
    return text.slice(start, at)
  }
  for (;;) {
    skip(`${spaces}/="'`)
    if (at >= text.length) break
    const name = upTo(`${spaces}/=`).toLowerCase()
    skip(spaces)
    if (text[at] !== '=') continue
    at++
    skip(spaces)
    const quote = text[at] === '"' || text[at] === "'" ? text[at]! : ''
    if (quote !== '') at++
    const start = at
    const value = upTo(quote === '' ? spaces : quote)
    if (wanted.includes(name)) {
      out += text.slice(kept, start) + rewriteLink(value, rewriter)
      kept = at
    }
    if (quote !== '') at++
  }
  return out + text.slice(kept)
}
