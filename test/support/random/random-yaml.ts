import type { SeededChoice } from './seeded-choice.js'

/**
 * Data as YAML in a style that chance chooses for each part: flow and block, all kinds of quotes and blocks, comments in every
 * place, anchors, documents' marks, the ends of lines of other systems. The value is the same, but where chance leaves out quotes
 * that a text needs.
 */
export function randomYaml(value: unknown, choice: SeededChoice): string {
  const lines = new Writer(choice).block(value, 0)
  const text = `${choice.maybe(0.2) ? '# head ünï\n' : ''}${choice.maybe(0.2) ? '---\n' : ''}${lines.join('\n')}\n`
  return choice.maybe(0.1) ? text.replaceAll('\n', '\r\n') : text
}

const looksPlain = /^[A-Za-zü/][\w./ü-]*( [\w./ü-]+)*$/
const plainKeyword = /^(true|false|null|yes|no|on|off|y|n)$/i

class Writer {
  readonly #choice: SeededChoice
  #anchors = 0

  constructor(choice: SeededChoice) {
    this.#choice = choice
  }

  /** Lines of a value in block style; the first is indented too. */
  block(value: unknown, indent: number): string[] {
    const pad = ' '.repeat(indent)
    if (Array.isArray(value) && value.length > 0) return value.flatMap((item) => this.#entry(`${pad}-`, item, indent, true))
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0)
      return Object.entries(value).flatMap(([key, item]) => this.#entry(`${pad}${this.#key(key)}:`, item, indent, false))
    return [`${pad}${this.#flow(value)}`]
  }

  #entry(start: string, value: unknown, indent: number, inList: boolean): string[] {
    const pad = ' '.repeat(indent)
    const before = this.#choice.maybe(0.06) ? [`${pad}# over`] : this.#choice.maybe(0.03) ? [''] : []
    const tail = this.#choice.maybe(0.06) ? ' # beside' : ''
    const isEmpty = typeof value === 'object' && value !== null && Object.keys(value).length === 0
    if (typeof value !== 'object' || value === null || isEmpty || this.#choice.maybe(0.08)) {
      const lines = typeof value === 'string' ? this.#text(value, indent + 2) : [this.#flow(value)]
      const [first = '', ...rest] = lines
      const isBlock = /^[|>]/.test(first)
      const mark = this.#choice.maybe(0.02) && first !== '' ? ` &a${this.#anchors++}` : ''
      const onOneLine = rest.length === 0 || isBlock
      return [...before, `${start}${mark}${first === '' ? '' : ` ${first}`}${onOneLine ? tail : ''}`, ...rest]
    }
    const isList = Array.isArray(value)
    // A list may stand right below its key, and a map begin on the line of its dash.
    const inner = this.block(value, isList && !inList && this.#choice.maybe(0.5) ? indent : indent + 2)
    if (inList && tail === '' && !inner[0]!.trimStart().startsWith('#') && inner[0]!.trim() !== '' && this.#choice.maybe(0.8))
      return [...before, `${start} ${inner[0]!.trimStart()}`, ...inner.slice(1)]
    return [...before, `${start}${tail}`, ...inner]
  }

  #key(key: string): string {
    if (!looksPlain.test(key) || plainKeyword.test(key)) return JSON.stringify(key)
    return this.#choice.maybe(0.05) ? `'${key}'` : key
  }

  #flow(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map((item) => this.#flow(item)).join(this.#choice.pick([', ', ',']))}]`
    if (typeof value === 'object' && value !== null)
      return `{${Object.entries(value)
        .map(([key, item]) => `${this.#key(key)}: ${this.#flow(item)}`)
        .join(', ')}}`
    if (typeof value === 'string') {
      if (looksPlain.test(value) && !plainKeyword.test(value) && this.#choice.maybe(0.6)) return value
      return value.includes('\n') || this.#choice.maybe(0.5) ? JSON.stringify(value) : `'${value.replaceAll("'", "''")}'`
    }
    if (value === null) return this.#choice.pick(['null', '~', 'null'])
    return String(value)
  }

  /** One that is on several lines has them indented already. */
  #text(text: string, indent: number): string[] {
    const pad = ' '.repeat(indent)
    if (this.#choice.maybe(0.03) && !/[\n#:{[&*!|>'"%@`,\]}]|^[-? ]|^$| $/.test(text)) return [text]
    if (text.includes('\n') && !/^\s/.test(text) && this.#choice.maybe(0.7)) {
      const end = text.endsWith('\n') ? '' : '-'
      const lines = text.replace(/\n$/, '').split('\n')
      if (!text.endsWith('\n\n')) return [`|${end}`, ...lines.map((line) => (line === '' ? '' : pad + line))]
    }
    if (/^[a-z]+( [a-z]+){8,}$/.test(text) && this.#choice.maybe(0.6)) {
      const words = text.split(' ')
      const half = [words.slice(0, 5).join(' '), words.slice(5).join(' ')]
      const style = this.#choice.pick(['>-', "'", '"', ''])
      if (style === '>-') return ['>-', ...half.map((line) => pad + line)]
      return [`${style}${half[0]}`, `${pad}${half[1]}${style}`]
    }
    return [this.#flow(text)]
  }
}
