export interface MarkdownBlock {
  /** The word after the fence: `yaml`, `sh`; empty where there is none. */
  readonly language: string
  readonly text: string
  readonly linesBefore: number
  readonly offset: number
}

/** Fenced blocks of a Markdown text; one that is never closed is none. Indented fences keep their indent. */
export function markdownBlocks(text: string): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = []
  let open: { fence: string; language: string; offset: number; linesBefore: number } | undefined
  let line = 0
  for (let at = 0; at < text.length; line++) {
    const end = text.indexOf('\n', at)
    const next = end === -1 ? text.length : end + 1
    const match = /^[ \t]*(`{3,}|~{3,})[ \t]*([\w-]*)/.exec(text.slice(at, Math.min(next, at + 200)))
    if (match !== null) {
      const fence = match[1]!
      if (open === undefined) open = { fence, language: match[2]!.toLowerCase(), offset: next, linesBefore: line + 1 }
      else if (fence.startsWith(open.fence) && match[2] === '') {
        const { language, offset, linesBefore } = open
        blocks.push({ language, text: text.slice(offset, at), linesBefore, offset })
        open = undefined
      }
    }
    at = next
  }
  return blocks
}
