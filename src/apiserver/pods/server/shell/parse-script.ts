import { type Assignment, type Command, type Redirect, SyntaxProblem, type Word, type WordPart } from './syntax.js'

const deepest = 60
const longest = 256 * 1024
const unsupported = new Set(['select'])
const enders = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', '}', 'esac'])

/** Parses a script; throws SyntaxProblem. */
export function parseScript(text: string): Command {
  if (text.length > longest) throw new SyntaxProblem('the script is longer than 256 KiB')
  const parser = new Parser(text)
  const script = parser.list()
  parser.end()
  return script
}

/** A here-document whose text follows on the next line. */
interface Awaited {
  readonly redirect: { from: 0 | 1 | 2; how: 'here'; to: Word }
  readonly end: string
  readonly literal: boolean
  readonly withoutTabs: boolean
}

class Parser {
  readonly #text: string
  readonly #awaited: Awaited[] = []
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  end(): void {
    this.#space(true)
    if (this.#at < this.#text.length) throw this.#unexpected()
    if (this.#awaited.length > 0) throw new SyntaxProblem('syntax error: unterminated here-document')
  }

  list(): Command {
    if (++this.#depth > deepest) throw new SyntaxProblem('syntax error: too many commands inside each other')
    const items: { command: Command; background: boolean }[] = []
    for (;;) {
      this.#separators()
      if (this.#atEnd() || this.#text.startsWith(';;', this.#at) || enders.has(this.#peekWord())) break
      const command = this.#andOr()
      this.#space()
      const background = this.#text[this.#at] === '&' && this.#text[this.#at + 1] !== '&'
      if (background) this.#at++
      items.push({ command, background })
      this.#space()
      if (!background && !this.#atEnd() && !/[;\n]/.test(this.#text[this.#at] as string)) {
        if (enders.has(this.#peekWord())) break
        throw this.#unexpected()
      }
    }
    this.#depth--
    return items.length === 1 && items[0]?.background === false ? items[0].command : { kind: 'list', items }
  }

  #andOr(): Command {
    let left = this.#pipeline()
    for (;;) {
      this.#space()
      const both = this.#text.slice(this.#at, this.#at + 2)
      if (both !== '&&' && both !== '||') return left
      this.#at += 2
      this.#space(true)
      left = { kind: both === '&&' ? 'and' : 'or', left, right: this.#pipeline() }
    }
  }

  #pipeline(): Command {
    this.#space()
    const negated = this.#peekWord() === '!'
    if (negated) this.#at++
    const commands = [this.#command()]
    for (;;) {
      this.#space()
      if (this.#text[this.#at] !== '|' || this.#text[this.#at + 1] === '|') break
      this.#at++
      this.#space(true)
      commands.push(this.#command())
    }
    return commands.length === 1 && !negated ? (commands[0] as Command) : { kind: 'pipe', commands, negated }
  }

  #command(): Command {
    this.#space()
    const word = this.#peekWord()
    if (this.#text[this.#at] === '(') {
      this.#at++
      const body = this.list()
      this.#expect(')')
      return { kind: 'group', body, subshell: true, redirects: this.#redirects() }
    }
    if (word === '{') {
      this.#at++
      const body = this.list()
      this.#keyword('}')
      return { kind: 'group', body, subshell: false, redirects: this.#redirects() }
    }
    if (word === 'if') return this.#if()
    if (word === 'while' || word === 'until') {
      this.#at += 5
      const test = this.list()
      const body = this.#do()
      return { kind: 'loop', test, until: word === 'until', body, redirects: this.#redirects() }
    }
    if (word === 'for') return this.#for()
    if (word === 'case') return this.#case()
    const named = /^(?:function[ \t]+([A-Za-z_][\w-]*)[ \t]*(?:\([ \t]*\))?|([A-Za-z_][\w-]*)[ \t]*\([ \t]*\))/.exec(
      this.#text.slice(this.#at, this.#at + 200),
    )
    if (named !== null) {
      this.#at += named[0].length
      this.#space(true)
      return { kind: 'function', name: (named[1] ?? named[2]) as string, body: this.#command() }
    }
    if (unsupported.has(word)) throw new SyntaxProblem(`syntax error: ${word} is not part of the built-in shell`)
    return this.#simple()
  }

  #if(): Command {
    const branches: { test: Command; body: Command }[] = []
    let otherwise: Command | undefined
    this.#keyword('if')
    for (;;) {
      const test = this.list()
      this.#keyword('then')
      branches.push({ test, body: this.list() })
      const next = this.#peekWord()
      if (next === 'elif') this.#keyword('elif')
      else {
        if (next === 'else') {
          this.#keyword('else')
          otherwise = this.list()
        }
        this.#keyword('fi')
        return { kind: 'if', branches, ...(otherwise === undefined ? {} : { otherwise }) }
      }
    }
  }

  #for(): Command {
    this.#keyword('for')
    this.#space()
    const name = this.#peekWord()
    if (!/^[A-Za-z_]\w*$/.test(name)) throw this.#unexpected()
    this.#at += name.length
    this.#space()
    let words: Word[] | undefined
    if (this.#peekWord() === 'in') {
      this.#at += 2
      words = []
      for (this.#space(); !this.#atEnd() && !/[;\n]/.test(this.#text[this.#at] as string); this.#space()) words.push(this.#word())
    }
    return { kind: 'for', name, words, body: this.#do(), redirects: this.#redirects() }
  }

  #case(): Command {
    this.#keyword('case')
    this.#space()
    const word = this.#word()
    this.#keyword('in')
    const branches: { patterns: Word[]; body: Command }[] = []
    for (;;) {
      this.#space(true)
      if (this.#peekWord() === 'esac') break
      if (this.#text[this.#at] === '(') this.#at++
      const patterns: Word[] = []
      do {
        if (patterns.length > 0) this.#at++
        this.#space()
        if (this.#atEnd()) throw this.#unexpected(')')
        patterns.push(this.#word())
        this.#space()
      } while (this.#text[this.#at] === '|')
      this.#expect(')')
      branches.push({ patterns, body: this.list() })
      if (!this.#text.startsWith(';;', this.#at)) break
      this.#at += 2
    }
    this.#keyword('esac')
    return { kind: 'case', word, branches, redirects: this.#redirects() }
  }

  #do(): Command {
    this.#separators()
    this.#keyword('do')
    const body = this.list()
    this.#keyword('done')
    return body
  }

  #simple(): Command {
    const assignments: Assignment[] = []
    const words: Word[] = []
    const redirects: Redirect[] = []
    for (;;) {
      this.#space()
      if (this.#atEnd() || /[;&|\n()]/.test(this.#text[this.#at] as string)) break
      const redirect = this.#redirect()
      if (redirect !== undefined) {
        redirects.push(redirect)
        continue
      }
      const assigned = words.length === 0 ? /^([A-Za-z_]\w*)=/.exec(this.#text.slice(this.#at, this.#at + 200)) : null
      if (assigned !== null) {
        this.#at += assigned[0].length
        assignments.push({ name: assigned[1] as string, value: this.#word() })
      } else words.push(this.#word())
    }
    if (words.length === 0 && assignments.length === 0 && redirects.length === 0) throw this.#unexpected()
    if (this.#text[this.#at] === '(') throw this.#unexpected()
    return { kind: 'simple', assignments, words, redirects }
  }

  #redirects(): Redirect[] {
    const found: Redirect[] = []
    for (;;) {
      this.#space()
      const redirect = this.#redirect()
      if (redirect === undefined) return found
      found.push(redirect)
    }
  }

  #redirect(): Redirect | undefined {
    const match = /^([0-2]?)(>>|>&|<&|>|<<-?|<)/.exec(this.#text.slice(this.#at, this.#at + 4))
    if (match === null) return undefined
    const operator = match[2] as string
    this.#at += match[0].length
    if (operator.startsWith('<<')) return this.#hereDocument(operator === '<<-')
    const from = match[1] === '' ? (operator.startsWith('<') ? 0 : 1) : (Number(match[1]) as 0 | 1 | 2)
    this.#space()
    const how = operator === '>>' ? 'append' : operator === '>' ? 'write' : operator === '<' ? 'read' : 'duplicate'
    return { from, how, to: this.#word() }
  }

  /** Its text comes with the next line; a quoted end means that nothing in it is expanded. */
  #hereDocument(withoutTabs: boolean): Redirect {
    this.#space()
    const word = this.#word()
    if (word.length === 0 || word.some((part) => part.kind !== 'text')) throw this.#unexpected()
    const end = word.map((part) => (part.kind === 'text' ? part.text : '')).join('')
    const redirect = { from: 0 as const, how: 'here' as const, to: [] as Word }
    this.#awaited.push({ redirect, end, literal: word.some((part) => part.quoted), withoutTabs })
    return redirect
  }

  /** At the start of a line: the texts of the here-documents of the line before. */
  #readDocuments(): void {
    for (const { redirect, end, literal, withoutTabs } of this.#awaited.splice(0)) {
      const lines: string[] = []
      for (;;) {
        if (this.#atTextEnd()) throw new SyntaxProblem('syntax error: unterminated here-document')
        const cut = this.#text.indexOf('\n', this.#at)
        const raw = this.#text.slice(this.#at, cut === -1 ? undefined : cut)
        this.#at = cut === -1 ? this.#text.length : cut + 1
        const line = withoutTabs ? raw.replace(/^\t+/, '') : raw
        if (line === end) break
        lines.push(`${line}\n`)
      }
      const text = lines.join('')
      redirect.to = literal ? [{ kind: 'text', text, quoted: true }] : this.#quotedWord(text)
    }
  }

  /** A word up to a blank or an operator. May be empty (behind `=`). */
  #word(): Word {
    const parts: WordPart[] = []
    while (!this.#atEnd()) {
      const character = this.#text[this.#at] as string
      if (/[\s;&|<>()]/.test(character)) break
      this.#part(parts, false)
    }
    return parts
  }

  #part(parts: WordPart[], quoted: boolean): void {
    const character = this.#text[this.#at] as string
    if (character === '\\') {
      const next = this.#text[this.#at + 1] ?? ''
      this.#at += 2
      if (next === '\n') return
      const plain = quoted && !/[$`"\\]/.test(next)
      parts.push({ kind: 'text', text: plain ? `\\${next}` : next, quoted: true })
    } else if (character === "'" && !quoted) {
      const end = this.#text.indexOf("'", this.#at + 1)
      if (end === -1) throw new SyntaxProblem('syntax error: unterminated quoted string')
      parts.push({ kind: 'text', text: this.#text.slice(this.#at + 1, end), quoted: true })
      this.#at = end + 1
    } else if (character === '"' && !quoted) {
      this.#at++
      parts.push({ kind: 'text', text: '', quoted: true })
      while (this.#text[this.#at] !== '"') {
        if (this.#atTextEnd()) throw new SyntaxProblem('syntax error: unterminated quoted string')
        this.#part(parts, true)
      }
      this.#at++
    } else if (character === '`') {
      const end = this.#text.indexOf('`', this.#at + 1)
      if (end === -1) throw new SyntaxProblem('syntax error: unterminated backquote')
      parts.push({ kind: 'command', command: this.#inner(this.#text.slice(this.#at + 1, end)), quoted })
      this.#at = end + 1
    } else if (character === '$') this.#dollar(parts, quoted)
    else {
      const stop = quoted ? /["\\$`]/g : /[\s;&|<>()"'\\$`]/g
      stop.lastIndex = this.#at + 1
      const end = stop.exec(this.#text)?.index ?? this.#text.length
      parts.push({ kind: 'text', text: this.#text.slice(this.#at, end), quoted })
      this.#at = end
    }
  }

  #dollar(parts: WordPart[], quoted: boolean): void {
    const rest = this.#text.slice(this.#at + 1, this.#at + 130)
    if (rest.startsWith('((')) {
      const end = this.#text.indexOf('))', this.#at + 3)
      if (end === -1) throw new SyntaxProblem('syntax error: unterminated $((')
      parts.push({ kind: 'arithmetic', expression: this.#quotedWord(this.#text.slice(this.#at + 3, end)), quoted })
      this.#at = end + 2
    } else if (rest.startsWith('(')) {
      this.#at += 2
      const command = this.list()
      this.#expect(')')
      parts.push({ kind: 'command', command, quoted })
    } else if (rest.startsWith('{')) {
      const head = /^\{(#?)([A-Za-z_]\w*|[0-9?$!@#*])(:?[-=+?]|%%?|##?|\})/.exec(rest)
      if (head === null) throw new SyntaxProblem('syntax error: bad substitution')
      this.#at += 1 + head[0].length
      const operator = head[1] === '#' ? 'length' : head[3] === '}' ? '' : (head[3] as string)
      const argument: WordPart[] = []
      if (head[3] !== '}') {
        while (this.#text[this.#at] !== '}') {
          if (this.#atTextEnd()) throw new SyntaxProblem('syntax error: missing }')
          const stop = this.#text.slice(this.#at).search(/[}"'\\$`]/)
          if (stop > 0) {
            argument.push({ kind: 'text', text: this.#text.slice(this.#at, this.#at + stop), quoted: true })
            this.#at += stop
          } else if (stop === -1) throw new SyntaxProblem('syntax error: missing }')
          else this.#part(argument, false)
        }
        this.#at++
      }
      parts.push({ kind: 'variable', name: head[2] as string, operator, argument, quoted })
    } else {
      const name = /^([A-Za-z_]\w*|[0-9?$!@#*])/.exec(rest)?.[0]
      this.#at += 1 + (name?.length ?? 0)
      if (name === undefined) parts.push({ kind: 'text', text: '$', quoted: true })
      else parts.push({ kind: 'variable', name, operator: '', argument: [], quoted })
    }
  }

  #inner(text: string): Command {
    const parser = new Parser(text)
    parser.#depth = this.#depth
    const command = parser.list()
    parser.end()
    return command
  }

  #quotedWord(text: string): Word {
    const parser = new Parser(text)
    const parts: WordPart[] = []
    while (!parser.#atTextEnd()) parser.#part(parts, true)
    return parts
  }

  #keyword(word: string): void {
    this.#separators()
    if (this.#peekWord() !== word) throw this.#unexpected(word)
    this.#at += word.length
  }

  #expect(character: string): void {
    this.#separators()
    if (this.#text[this.#at] !== character) throw this.#unexpected(character)
    this.#at++
  }

  #unexpected(wanted?: string): SyntaxProblem {
    const found = this.#atTextEnd() ? 'end of file' : JSON.stringify(this.#peekWord() || this.#text[this.#at])
    return new SyntaxProblem(
      `syntax error: unexpected ${found}${wanted === undefined ? '' : ` (expecting ${JSON.stringify(wanted)})`}`,
    )
  }

  #peekWord(): string {
    return /^[^\s;&|<>()"'\\$`]+/.exec(this.#text.slice(this.#at, this.#at + 80))?.[0] ?? ''
  }

  /** Blanks, comments and continued lines; line ends too when `lines`. */
  #space(lines = false): void {
    for (;;) {
      const character = this.#text[this.#at]
      if (character === ' ' || character === '\t' || character === '\r') this.#at++
      else if (lines && character === '\n') {
        this.#at++
        if (this.#awaited.length > 0) this.#readDocuments()
      } else if (character === '\\' && this.#text[this.#at + 1] === '\n') this.#at += 2
      else if (character === '#' && (this.#at === 0 || /[\s;&|()]/.test(this.#text[this.#at - 1] as string))) {
        const end = this.#text.indexOf('\n', this.#at)
        this.#at = end === -1 ? this.#text.length : end
      } else return
    }
  }

  #separators(): void {
    for (;;) {
      this.#space(true)
      if (this.#text[this.#at] !== ';' || this.#text[this.#at + 1] === ';') return
      this.#at++
    }
  }

  #atTextEnd(): boolean {
    return this.#at >= this.#text.length
  }

  #atEnd(): boolean {
    return this.#atTextEnd() || this.#text[this.#at] === ')'
  }
}
