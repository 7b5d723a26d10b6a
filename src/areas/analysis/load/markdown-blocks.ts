import { countLines } from './comment-calls.js'

export interface MarkdownBlock {
  /** The word after the fence: `yaml`, `sh`; empty where there is none. */
  readonly language: string
  readonly text: string
  readonly linesBefore: number
  readonly offset: number
}

/** Fenced blocks of a Markdown text; indented fences keep their indent. */
export function markdownBlocks(text: string): MarkdownBlock[] {
  const blocks: MarkdownBlock[] = []
  for (const match of text.matchAll(/^[^\S\n]*(```+|~~~+)[^\S\n]*([\w-]*)[^\n]*\n([\s\S]*?)^[^\S\n]*\1[^\S\n]*$/gm)) {
    const offset = match.index + match[0].indexOf('\n') + 1
    blocks.push({ language: match[2]!.toLowerCase(), text: match[3]!, linesBefore: countLines(text, offset), offset })
  }
  return blocks
}
