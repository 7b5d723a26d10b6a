const mostIssues = 100
const longestSnippet = 16384

interface Issue {
  readonly line: number
  readonly column: number
  readonly message: string
}

/** Collects what is wrong with a source and prints it as cel-go does: place, line and caret. */
export class Issues {
  readonly #source: string
  readonly #issues: Issue[] = []
  #count = 0
  #lines: string[] | undefined
  #lineStarts: number[] | undefined

  constructor(source: string) {
    this.#source = source
  }

  get count(): number {
    return this.#count
  }

  /** `at` is an offset into the source; -1 is nowhere. */
  report(at: number, message: string): void {
    this.#count++
    if (this.#count > mostIssues) return
    this.#issues.push({ ...this.#place(at), message })
  }

  toString(): string {
    const sorted = this.#issues.toSorted((a, b) => a.line - b.line || a.column - b.column)
    const lines = sorted.map((issue) => this.#display(issue))
    if (this.#count > mostIssues) lines.push(`${this.#count - mostIssues} more errors were truncated`)
    return lines.join('\n')
  }

  #place(at: number): { line: number; column: number } {
    if (at < 0) return { line: -1, column: -1 }
    if (this.#source === '') return { line: 1, column: -1 }
    const starts = this.#starts()
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= at) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: codePoints(this.#source.slice(starts[low], at)) }
  }

  #starts(): number[] {
    if (this.#lineStarts === undefined) {
      this.#lineStarts = [0]
      for (let at = this.#source.indexOf('\n'); at >= 0; at = this.#source.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1)
    }
    return this.#lineStarts
  }

  #display(issue: Issue): string {
    const head = `ERROR: <input>:${issue.line}:${issue.column + 1}: ${issue.message}`
    this.#lines ??= this.#source.split('\n')
    const line = this.#source === '' ? undefined : this.#lines[issue.line - 1]
    if (line === undefined || utf8Length(line) > longestSnippet) return head
    const snippet = line.replaceAll('\t', ' ')
    let pointer = ''
    const points = [...snippet]
    for (let i = 0; i < issue.column && i < points.length; i++) pointer += isWide(points[i]!) ? '\uff0e' : '.'
    pointer += points[issue.column] !== undefined && isWide(points[issue.column]!) ? '\uff3e' : '^'
    return `${head}\n | ${snippet}\n | ${pointer}`
  }
}

function isWide(point: string): boolean {
  return point.codePointAt(0)! > 0x7f
}

function utf8Length(text: string): number {
  let length = 0
  for (const point of text) {
    const code = point.codePointAt(0)!
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return length
}

/** How many code points a text has. */
export function codePoints(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++, count++) {
    const code = text.charCodeAt(i)
    if (code >= 0xd800 && code < 0xdc00 && i + 1 < text.length) {
      const next = text.charCodeAt(i + 1)
      if (next >= 0xdc00 && next < 0xe000) i++
    }
  }
  return count
}
