import { readdirSync, readFileSync } from 'node:fs'

/** A fenced block of a Markdown page. */
export interface DocBlock {
  readonly page: string
  /** Of its first line, from 1. */
  readonly line: number
  /** `yaml`, `console` ... */
  readonly language: string
  /** What follows the language: `file=PATH`, a cluster's name, `output`. */
  readonly note: string
  readonly text: string
}

/** The Markdown pages that people read, as paths from the repository's root. */
export function docPages(): string[] {
  const below = readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path.replaceAll('\\', '/')}`)
  return ['README.md', ...below.filter((path) => path.endsWith('.md')).sort()]
}

/** The fenced blocks of a page, in order. */
export function docBlocks(page: string): DocBlock[] {
  const blocks: DocBlock[] = []
  let open: { line: number; language: string; note: string; lines: string[] } | undefined
  for (const [index, text] of readFileSync(page, 'utf8').split('\n').entries()) {
    const fence = /^```(\S*)\s*(.*)$/.exec(text)
    if (fence === null) open?.lines.push(text)
    else if (open === undefined) open = { line: index + 2, language: fence[1]!, note: fence[2]!, lines: [] }
    else {
      blocks.push({ page, line: open.line, language: open.language, note: open.note, text: `${open.lines.join('\n')}\n` })
      open = undefined
    }
  }
  return blocks
}

/** The commands of a console block: what follows `$ `, with the lines that a backslash continues. */
export function consoleCommands(block: DocBlock): string[] {
  return block.text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.startsWith('$ '))
    .map((line) => line.slice(2).replace(/\s+# .*$/, ''))
}
