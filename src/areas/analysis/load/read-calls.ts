import { Call, type Word } from '../model/call.js'

/** A piece of a script: a file, a block of a document, a comment's command line. */
export interface ScriptText {
  readonly file: string
  readonly text: string
  readonly linesBefore: number
  readonly columnsBefore: number
  readonly offset: number
  readonly inComment: boolean
}

/** Text that a script writes into a file or a program: `cat <<EOF > cluster.yaml`. */
export interface Heredoc {
  readonly file: string
  readonly text: string
  readonly linesBefore: number
  readonly offset: number
  /** The shell replaces variables in it: its end is written without quotes. */
  readonly isExpanded: boolean
  /** What follows `>` on its line. */
  readonly target: string | undefined
}

export interface ScriptContents {
  readonly calls: Call[]
  readonly heredocs: Heredoc[]
}

interface Simple {
  words: Word[]
  redirect: { to: string; appends: boolean } | undefined
  end: 'pipe' | 'other'
}

const keywords = new Set([
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'do',
  'done',
  'while',
  'until',
  '{',
  '}',
  '!',
  'time',
  'case',
  'esac',
  'in',
  'for',
  'function',
])
/** What is not closed within this many characters is taken as it stands. */
const longestExpansion = 4096
const prefixes = new Set(['sudo', 'env', 'exec', 'command', 'nohup', 'time'])

/**
 * The calls of a shell script. Not a shell: variables, substitutions and loops are left as they are written, and what stands
 * inside `$(...)` is not looked at; a script that no shell would take gives what can be made out.
 */
export function readCalls(script: ScriptText): ScriptContents {
  const scanner = new Scanner(script)
  const simples = scanner.scan()
  const calls: Call[] = []
  // From the back, so that a call knows the one that reads its output.
  let next: Call | undefined
  for (const simple of simples.reverse()) {
    const call = toCall(simple, script, simple.end === 'pipe' ? next : undefined)
    if (call !== undefined) calls.push(call)
    next = call
  }
  return { calls: calls.reverse(), heredocs: scanner.heredocs }
}

function toCall(simple: Simple, script: ScriptText, pipedTo: Call | undefined): Call | undefined {
  const environment = new Map<string, string>()
  let first = 0
  for (; first < simple.words.length; first++) {
    const { text } = simple.words[first]!
    const assigned = /^([A-Za-z_]\w*)=(.*)$/s.exec(text)
    if (assigned !== null) environment.set(assigned[1]!, assigned[2]!)
    else if (text === 'for' || text === 'case' || text === 'function') return undefined
    else if (!keywords.has(text) && !prefixes.has(text)) break
  }
  const program = simple.words[first]
  if (program === undefined || !/^[\w./~$-]+$/.test(program.text)) return undefined
  return new Call({
    file: script.file,
    program,
    words: simple.words.slice(first + 1),
    inComment: script.inComment,
    pipedTo,
    redirect: simple.redirect,
    environment,
  })
}

class Scanner {
  readonly heredocs: Heredoc[] = []
  readonly #script: ScriptText
  readonly #text: string
  #at = 0
  #line = 0
  #lineStart = 0
  #waiting: { end: string; strip: boolean; isExpanded: boolean; simple: Simple }[] = []

  constructor(script: ScriptText) {
    this.#script = script
    this.#text = script.text
  }

  scan(): Simple[] {
    const found: Simple[] = []
    let current: Simple = { words: [], redirect: undefined, end: 'other' }
    const finish = (end: 'pipe' | 'other') => {
      current.end = end
      if (current.words.length > 0) found.push(current)
      current = { words: [], redirect: undefined, end: 'other' }
    }
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at]!
      if (character === '\n') {
        finish('other')
        this.#newLine()
        this.#readHeredocs()
      } else if (character === '\\' && /^\\\r?\n/.test(this.#text.slice(this.#at, this.#at + 3))) {
        this.#at = this.#text.indexOf('\n', this.#at)
        this.#newLine()
      } else if (/\s/.test(character)) this.#at++
      else if (character === '#') this.#skipLine()
      else if (character === '|' && this.#text[this.#at + 1] !== '|') {
        finish('pipe')
        this.#at += this.#text[this.#at + 1] === '&' ? 2 : 1
      } else if (';&|()'.includes(character)) {
        finish('other')
        this.#at++
      } else if (this.#text.startsWith('<<', this.#at) && this.#text[this.#at + 2] !== '<') {
        this.#at += 2
        const strip = this.#text[this.#at] === '-'
        if (strip) this.#at++
        this.#blanks()
        const isExpanded = !/["'\\]/.test(this.#text[this.#at] ?? '')
        this.#waiting.push({ end: this.#word().text, strip, isExpanded, simple: current })
      } else if (this.#isPlaceholder()) current.words.push(this.#word())
      else if (character === '>' || character === '<' || /^\d[<>]/.test(this.#text.slice(this.#at, this.#at + 2))) {
        this.#redirect(current)
      } else current.words.push(this.#word())
    }
    finish('other')
    this.#readHeredocs()
    return found
  }

  #redirect(current: Simple): void {
    const match = /^(\d?)(>>|>&|>\||<<<|<|>)/.exec(this.#text.slice(this.#at, this.#at + 4))
    this.#at += match?.[0].length ?? 1
    this.#blanks()
    const target = this.#word().text
    if ((match?.[1] === '' || match?.[1] === '1') && match[2]!.startsWith('>') && match[2] !== '>&')
      current.redirect = { to: target, appends: match[2] === '>>' }
  }

  /** `<provider>`, as manuals write what everybody fills in: no redirection, though a shell would take it for one. */
  #isPlaceholder(): boolean {
    return this.#text[this.#at] === '<' && /^<[A-Za-z][\w .-]{0,60}>/.test(this.#text.slice(this.#at, this.#at + 64))
  }

  #word(): Word {
    const start = this.#at
    const line = this.#line
    const column = start - this.#lineStart
    let text = ''
    while (this.#at < this.#text.length) {
      const character = this.#text[this.#at]!
      if (this.#isPlaceholder()) {
        text += this.#until('>')
        continue
      }
      if (/[\s;&|<>()]/.test(character)) break
      if (character === "'" || character === '"') text += this.#quoted(character)
      else if (character === '\\') {
        if (this.#text[this.#at + 1] === '\n' || this.#text.startsWith('\\\r\n', this.#at)) break
        text += this.#text[this.#at + 1] ?? ''
        this.#at += 2
      } else if (character === '$' && this.#text[this.#at + 1] === '(') text += this.#substitution()
      else if (character === '$' && this.#text[this.#at + 1] === '{') text += this.#until('}')
      else if (character === '`') text += this.#until('`')
      else {
        text += character
        this.#at++
      }
    }
    if (this.#at === start) this.#at++
    return {
      text,
      start: start + this.#script.offset,
      end: this.#at + this.#script.offset,
      line: line + this.#script.linesBefore + 1,
      column: column + 1 + (line === 0 ? this.#script.columnsBefore : 0),
    }
  }

  #quoted(quote: string): string {
    let text = ''
    this.#at++
    while (this.#at < this.#text.length && this.#text[this.#at] !== quote) {
      if (quote === '"' && this.#text[this.#at] === '\\') this.#at++
      text += this.#text[this.#at] ?? ''
      if (this.#text[this.#at] === '\n') this.#newLine()
      else this.#at++
    }
    this.#at++
    return text
  }

  #substitution(): string {
    const start = this.#at
    let depth = 0
    for (; this.#at < this.#text.length; this.#at++) {
      if (this.#text[this.#at] === '(') depth++
      else if (this.#text[this.#at] === ')' && --depth === 0) {
        this.#at++
        break
      } else if (this.#text[this.#at] === '\n') {
        this.#line++
        this.#lineStart = this.#at + 1
      }
    }
    return this.#text.slice(start, this.#at)
  }

  #until(end: string): string {
    const ahead = this.#text.slice(this.#at, this.#at + longestExpansion)
    const found = ahead.indexOf(end, 1)
    const until = this.#at + (found === -1 ? 1 : found + 1)
    const text = this.#text.slice(this.#at, until)
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
      this.#line++
      this.#lineStart = this.#at + at + 1
    }
    this.#at = until
    return text
  }

  #blanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++
  }

  #skipLine(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end === -1 ? this.#text.length : end
  }

  #newLine(): void {
    this.#at++
    this.#line++
    this.#lineStart = this.#at
  }

  #readHeredocs(): void {
    for (const { end, strip, isExpanded, simple } of this.#waiting) {
      const start = this.#at
      const startLine = this.#line
      while (this.#at < this.#text.length) {
        const lineEnd = this.#text.indexOf('\n', this.#at)
        const until = lineEnd === -1 ? this.#text.length : lineEnd
        const written = this.#text.slice(this.#at, until).replace(/\r$/, '')
        const here = this.#at
        this.#at = until
        if (lineEnd !== -1) this.#newLine()
        if ((strip ? written.replace(/^\t+/, '') : written) !== end) continue
        this.heredocs.push({
          file: this.#script.file,
          text: this.#text.slice(start, here),
          linesBefore: startLine + this.#script.linesBefore,
          offset: start + this.#script.offset,
          isExpanded,
          target: simple.redirect?.to,
        })
        break
      }
    }
    this.#waiting = []
  }
}
