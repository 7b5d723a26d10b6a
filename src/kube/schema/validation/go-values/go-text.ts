// Texts as Go's comparer (github.com/google/go-cmp) lays them out: on one line while nothing in them differs, else one line for
// each part, aligned.

export type Mark = '' | '-' | '+'
export type TextNode = string | TextWrap | TextList

export interface TextWrap {
  readonly prefix: string
  readonly value: TextNode
  readonly suffix: string
}

export interface TextRecord {
  readonly mark?: Mark
  readonly key?: string
  readonly value: TextNode
  /** What was left out: `7 identical fields`. */
  readonly comment?: string
  readonly isEllipsis?: boolean
}

export interface TextList {
  readonly records: readonly TextRecord[]
}

const mostColumns = 80

export function layOut(node: TextNode): string {
  const [, compacted] = compact(node, '')
  return `${indent(0, '')}${expand(compacted, '', 0)}\n`
}

function compact(node: TextNode, mark: Mark): [string, TextNode] {
  if (typeof node === 'string') return [node, node]
  if ('records' in node) return compactList(node, mark)
  const [text, value] = compact(node.value, mark)
  const whole = `${node.prefix}${text}${node.suffix}`
  return typeof value === 'string' ? [whole, whole] : [whole, { ...node, value }]
}

function compactList({ records }: TextList, mark: Mark): [string, TextNode] {
  let text = ''
  let isLong = false
  const compacted = records.map((record, index) => {
    const own = record.mark ?? ''
    const [shown, value] = compact(record.value, own || mark)
    if (own !== '' || typeof value !== 'string' || record.comment !== undefined) isLong = true
    text += `${record.key === undefined ? '' : `${record.key}: `}${shown}${index < records.length - 1 ? ', ' : ''}`
    return { ...record, value }
  })
  if (mark !== '' && text.length > mostColumns) isLong = true
  return isLong ? [text, { records: compacted }] : [text, text]
}

function expand(node: TextNode, mark: Mark, depth: number): string {
  if (typeof node === 'string') return node
  if (!('records' in node)) return `${node.prefix}${expand(node.value, mark, depth)}${node.suffix}`
  const { records } = node
  const isSimple = records.every(
    (record) =>
      (record.mark ?? '') === '' && record.key === undefined && typeof record.value === 'string' && record.comment === undefined,
  )
  if (isSimple && records.length > 0) return `${batches(records, mark, depth)}\n${indent(depth, mark)}`
  const pads = padding(records)
  let text = ''
  for (const [index, record] of records.entries()) {
    const own = record.mark || mark
    text += `\n${indent(depth + 1, own)}`
    if (record.key !== undefined) text += `${record.key}: ${' '.repeat(pads[index] ?? 0)}`
    text += expand(record.value, own, depth + 1)
    if (record.isEllipsis !== true) text += ','
    if (record.comment !== undefined) text += ` // ${record.comment}`
  }
  return `${text}\n${indent(depth, mark)}`
}

/** Plain values share lines. */
function batches(records: readonly TextRecord[], mark: Mark, depth: number): string {
  let text = ''
  let batch = ''
  const emit = () => {
    if (batch !== '') text += `\n${indent(depth + 1, mark)}${batch.trimEnd()}`
    batch = ''
  }
  for (const { value } of records) {
    if (batch.length + (value as string).length + 2 > mostColumns) emit()
    batch += `${value as string}, `
  }
  emit()
  return text
}

/** Values stand under each other as far as the parts between have one line. */
function padding(records: readonly TextRecord[]): number[] {
  const pads = records.map(() => 0)
  let run: number[] = []
  const settle = () => {
    const longest = Math.max(0, ...run.map((index) => records[index]?.key?.length ?? 0))
    for (const index of run) pads[index] = longest - (records[index]?.key?.length ?? 0)
    run = []
  }
  for (const [index, { key, value }] of records.entries()) {
    if (key === undefined || typeof value !== 'string') settle()
    else run.push(index)
  }
  settle()
  return pads
}

function indent(depth: number, mark: Mark): string {
  return `${mark === '' ? ' ' : mark} ${'\t'.repeat(depth)}`
}
