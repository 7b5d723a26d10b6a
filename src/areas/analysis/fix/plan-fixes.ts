import { formatYaml } from '../../../formats/yaml/format-yaml.js'
import type { Document } from '../model/document.js'
import type { Edit } from '../model/edit.js'
import type { ReportedFinding } from '../run-checks.js'

/** A stretch of a file and what comes in its place. Offsets are those of the text with `\n` line ends. */
export interface TextEdit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface PlannedFixes {
  /** By file, sorted, none overlapping another. */
  readonly edits: ReadonlyMap<string, readonly TextEdit[]>
  /** Whose edits are all made. */
  readonly mended: readonly ReportedFinding[]
}

/**
 * What `--fix` does: the edits of findings, all of one or none of it. Edits that overlap those of an earlier finding, and those
 * of text that is not written out in a file (rendered, live, embedded, behind an alias), are left to a person. The same edit of
 * two findings is made once. `fileOf` says which file a path leads to (a link and what it leads to are one), and undefined of what
 * may not be written.
 */
export function planFixes(
  findings: readonly ReportedFinding[],
  fileOf: (path: string) => string | undefined = (path) => path,
): PlannedFixes {
  const edits = new Map<string, TextEdit[]>()
  const made = new Set<string>()
  const mended: ReportedFinding[] = []
  for (const finding of findings) {
    const wanted = finding.finding.edits ?? []
    const planned = wanted.flatMap((edit) => textEdits(edit)?.map((each) => inFile(each, fileOf)) ?? [undefined])
    if (planned.length === 0 || planned.includes(undefined)) continue
    const others = (planned as FileEdit[]).filter((each) => !made.has(keyOf(each)))
    if (
      others.some(({ file, edit }) => (edits.get(file) ?? []).some((other) => other.start < edit.end && edit.start < other.end))
    )
      continue
    for (const each of others) {
      if (made.has(keyOf(each))) continue
      made.add(keyOf(each))
      const list = edits.get(each.file)
      if (list === undefined) edits.set(each.file, [each.edit])
      else list.push(each.edit)
    }
    mended.push(finding)
  }
  for (const list of edits.values()) list.sort((a, b) => a.start - b.start)
  return { edits, mended }
}

function keyOf({ file, edit: { start, end, text } }: FileEdit): string {
  return `${start}:${end}:${file}:${text}`
}

/** The text with edits made. Line ends stay as they are, also where a file has both kinds; new lines end as the one that they follow. */
export function applyTextEdits(text: string, edits: readonly TextEdit[]): string {
  let out = ''
  let at = 0
  // An offset among `\n`s is one further in the text for every `\r\n` in front of it.
  let offset = 0
  let seen = 0
  const placeOf = (wanted: number): number => {
    while (seen < text.length && offset < wanted) {
      seen += text[seen] === '\r' && text[seen + 1] === '\n' ? 2 : 1
      offset++
    }
    return seen
  }
  for (const edit of edits) {
    const start = placeOf(edit.start)
    const lineEnd = text.indexOf('\n', start)
    const ending = (lineEnd === -1 ? text.includes('\r\n') : text[lineEnd - 1] === '\r') ? '\r\n' : '\n'
    out += text.slice(at, start) + edit.text.replaceAll('\n', ending)
    at = placeOf(edit.end)
  }
  return out + text.slice(at)
}

function inFile({ file, edit }: FileEdit, fileOf: (path: string) => string | undefined): FileEdit | undefined {
  const real = fileOf(file)
  return real === undefined ? undefined : { file: real, edit }
}

type FileEdit = { readonly file: string; readonly edit: TextEdit }

/** For the document and for each copy of it: a script that writes the file would bring the defect back. */
function textEdits(edit: Edit): FileEdit[] | undefined {
  if (edit.kind === 'words') return [{ file: edit.file, edit: { start: edit.start, end: edit.end, text: edit.text } }]
  const { document } = edit.view
  const made = [document, ...document.copies].map((each) => documentEdit(edit, each))
  return made.includes(undefined) ? undefined : (made as FileEdit[])
}

function documentEdit(edit: Exclude<Edit, { kind: 'words' }>, document: Document): FileEdit | undefined {
  const { written } = document
  if (written === undefined || written.fixed !== undefined || written.offset < 0 || document.rendered) return undefined
  const path = [...edit.view.root, ...edit.path]
  const range = document.rangeOf(path)
  if (range === undefined) return undefined
  const { text, offset, file } = written
  const at = (start: number, end: number, replaced: string): FileEdit => ({
    file,
    edit: {
      start: start + offset,
      end: end + offset,
      text: written.isExpanded === true ? replaced.replace(/[$`\\]/g, '\\$&') : replaced,
    },
  })
  const isJson = file.endsWith('.json')
  // What was written as JSON has it written so again: `{"a":1}` without the quotes would be another thing.
  const scalar = (value: string | number | boolean, from: number) =>
    isJson || (text[from] === '"' && typeof value === 'string') ? JSON.stringify(value) : scalarText(value)
  switch (edit.kind) {
    case 'set':
      return range.value === undefined ? undefined : at(...range.value, scalar(edit.value, range.value[0]))
    case 'rename':
      return range.key === undefined ? undefined : at(...range.key, scalar(edit.to, range.key[0]))
    case 'remove':
      // The comma in front, or behind, would have to go with it.
      if (isJson) return undefined
      return removal(text, range.whole, at)
    case 'add':
      return addition(text, range.value, edit.key, edit.value, at)
  }
}

function scalarText(value: string | number | boolean): string {
  return formatYaml(value).trimEnd()
}

type MakeEdit = (start: number, end: number, text: string) => FileEdit

/** Whole lines only: what shares a line with something else (`{a: 1, b: 2}`) is left to a person. */
function removal(text: string, [from, to]: readonly [number, number], at: MakeEdit): FileEdit | undefined {
  const lineStart = text.lastIndexOf('\n', from - 1) + 1
  const before = text.slice(lineStart, from)
  const lineEnd = text.indexOf('\n', Math.max(to - 1, from))
  const end = lineEnd === -1 ? text.length : lineEnd + 1
  const after = text.slice(to, end)
  if (!/^\s*(- )?$/.test(before) || (/^\s*- $/.test(before) && !isWholeItem(text, from, to, before.length))) return undefined
  return /^\s*(#.*)?\s*$/.test(after) || text[to - 1] === '\n' ? at(lineStart, text[to - 1] === '\n' ? to : end, '') : undefined
}

/** Behind a dash stands the first member of a map, or the whole item: only the latter may go with its dash. */
function isWholeItem(text: string, from: number, to: number, column: number): boolean {
  const rest = text.slice(to)
  const next = /^[^\n]*\n([^\S\n]*)(\S)/.exec(rest)
  return from < to && (next === null || next[1]!.length < column || next[2] === '#')
}

function addition(
  text: string,
  value: readonly [number, number] | undefined,
  key: string,
  added: unknown,
  at: MakeEdit,
): FileEdit | undefined {
  if (value === undefined || text[value[0]] === '{' || text[value[0]] === '[') return undefined
  const indent = value[0] - (text.lastIndexOf('\n', value[0] - 1) + 1)
  const lines = formatYaml({ [key]: added })
    .trimEnd()
    .split('\n')
  const written = lines.map((line) => ' '.repeat(indent) + line).join('\n')
  // Behind the last line of the map that is not blank.
  const body = text.slice(0, value[1]).trimEnd()
  const lineEnd = text.indexOf('\n', body.length)
  return lineEnd === -1 ? at(text.length, text.length, `\n${written}`) : at(lineEnd, lineEnd, `\n${written}`)
}
