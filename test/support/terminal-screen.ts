/**
 * What a terminal shows that was sent these texts: enough of a VT100 for programs that draw a whole screen (cursor, clearing, text; colours
 * and all else are passed over).
 */
export class TerminalScreen {
  readonly #cells: string[][]
  #row = 0
  #column = 0
  #rest = ''

  constructor(rows: number, columns: number) {
    this.#cells = Array.from({ length: rows }, () => Array<string>(columns).fill(' '))
  }

  /** The lines, without blanks at their ends. */
  get text(): string {
    return this.#cells.map((line) => line.join('').trimEnd()).join('\n')
  }

  write(text: string): void {
    const all = this.#rest + text
    let at = 0
    while (at < all.length) {
      if (all[at] !== '\u001b') {
        const character = String.fromCodePoint(all.codePointAt(at) as number)
        this.#put(character)
        at += character.length
        continue
      }
      const sequence = sequences.exec(all.slice(at, at + 512))
      if (sequence === null) {
        // It goes on in the next text.
        if (all.length - at < 64) break
        at++
        continue
      }
      if (sequence[2] !== undefined) this.#control(sequence[1] ?? '', sequence[2])
      at += sequence[0].length
    }
    this.#rest = all.slice(at)
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0
    else if (character === '\n') this.#row = Math.min(this.#row + 1, this.#cells.length - 1)
    else if (character === '\b') this.#column = Math.max(this.#column - 1, 0)
    else if (character >= ' ') {
      const line = this.#cells[this.#row]
      if (line !== undefined && this.#column < line.length) line[this.#column] = character
      // Pictures are two cells wide.
      this.#column += character.length
    }
  }

  #control(parameters: string, letter: string): void {
    const [first = 0, second = 0] = parameters.split(';').map(Number)
    const by = first || 1
    if (letter === 'H' || letter === 'f') [this.#row, this.#column] = [by - 1, (second || 1) - 1]
    else if (letter === 'A') this.#row -= by
    else if (letter === 'B') this.#row += by
    else if (letter === 'C') this.#column += by
    else if (letter === 'D') this.#column -= by
    else if (letter === 'G') this.#column = by - 1
    else if (letter === 'd') this.#row = by - 1
    else if (letter === 'K') this.#cells[this.#row]?.fill(' ', this.#column)
    else if (letter === 'J' && first >= 2) for (const line of this.#cells) line.fill(' ')
    else if (letter === 'J') {
      this.#cells[this.#row]?.fill(' ', this.#column)
      for (const line of this.#cells.slice(this.#row + 1)) line.fill(' ')
    }
  }
}

// A control sequence with its parameters and letter; one of a private kind, a title, a character set, anything short.
const sequences =
  /^\u001b(?:\[([\d;]*)([@-~])|\[[?>=!][\d;]*[ $]?[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()][A-Z0-9]|[^[\]()])/
