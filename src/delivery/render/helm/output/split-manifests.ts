/** The white space of Go's regular expressions. */
const isBlank = (code: number) => code === 0x20 || (code >= 0x09 && code <= 0x0d && code !== 0x0b)

/**
 * The documents of a text, trimmed: they end where a line starts with `---`, whatever follows the dashes. Takes time linear
 * in the text.
 */
export function splitManifests(text: string): string[] {
  const all = trimGoSpace(text)
  const documents: string[] = []
  const afterMark = (mark: number) => {
    let at = mark + 3
    while (at < all.length && isBlank(all.charCodeAt(at))) at++
    return at
  }
  let start = all.startsWith('---') ? afterMark(0) : 0
  for (;;) {
    // The white space after one mark is gone: a mark right behind it does not count.
    const mark = all.indexOf('\n---', start)
    let end = mark === -1 ? all.length : mark
    if (mark !== -1) while (end > start && isBlank(all.charCodeAt(end - 1))) end--
    if (end > start) documents.push(trimGoSpace(all.slice(start, end)))
    if (mark === -1) return documents
    start = afterMark(mark + 1)
  }
}

/** As Helm 4 splits: white space behind a document stays. */
export function splitDocuments(text: string): string[] {
  const documents: string[] = []
  for (const part of trimGoSpaceStart(text).split(/^---[ \t]*/m)) {
    const document = trimGoSpaceStart(part)
    if (document !== '') documents.push(document)
  }
  return documents
}

const space = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/

/** Go's strings.TrimSpace: JavaScript's trim, but for the byte order mark and U+0085. */
export function trimGoSpace(text: string): string {
  const from = trimGoSpaceStart(text)
  let end = from.length
  while (end > 0 && space.test(from[end - 1]!)) end--
  return from.slice(0, end)
}

function trimGoSpaceStart(text: string): string {
  let start = 0
  while (start < text.length && space.test(text[start]!)) start++
  return text.slice(start)
}
