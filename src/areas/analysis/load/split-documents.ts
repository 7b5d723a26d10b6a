import type { DocumentText } from '../model/document.js'

/**
 * The documents of a YAML text, each with where it stands. A line that begins with `---` ends a document wherever it is, even
 * in a block of text, so this needs no parser; one broken document leaves the others readable.
 */
export function splitDocuments(
  file: string,
  text: string,
  base?: { linesBefore: number; offset: number; indent: number; isExpanded?: boolean },
): DocumentText[] {
  const documents: DocumentText[] = []
  let start = 0
  let line = 0
  let startLine = 0
  const end = (until: number) => {
    const part = text.slice(start, until)
    if (/[^\s#-]/.test(part))
      documents.push({
        file,
        text: part,
        linesBefore: startLine + (base?.linesBefore ?? 0),
        offset: start + (base?.offset ?? 0),
        indent: base?.indent ?? 0,
        ...(base?.isExpanded === true ? { isExpanded: true } : {}),
      })
  }
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('\n', at)
    const lineEnd = next === -1 ? text.length : next + 1
    if (isMarker(text, at)) {
      end(at)
      // Content may follow on the marker's own line; the dashes are left out of it, not the columns.
      const rest = text.slice(at + 3, lineEnd)
      const inline = text.startsWith('---', at) && /^\s+[^\s#]/.test(rest)
      start = inline ? at : lineEnd
      startLine = inline ? line : line + 1
    }
    at = lineEnd
    line++
  }
  end(text.length)
  return documents
}

function isMarker(text: string, at: number): boolean {
  const first = text.charCodeAt(at)
  if (first !== 0x2d && first !== 0x2e) return false
  if (!text.startsWith('---', at) && !text.startsWith('...', at)) return false
  const after = text[at + 3]
  return after === undefined || after === '\n' || after === ' ' || after === '\t' || after === '\r'
}
