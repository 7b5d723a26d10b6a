import type { Place, Spot } from './spot.js'

/** A word of a command line, quotes taken off. Variables stand as they are written: `workload-cluster-$region`. */
export interface Word {
  readonly text: string
  /** Offsets in the file, quotes included. */
  readonly start: number
  readonly end: number
  /** Where, counted from 1. */
  readonly line: number
  readonly column: number
}

/**
 * A program called in a script, in a script of a document (README, heredoc) or in a comment that shows a command line.
 * Prefixes (`sudo`, `env A=b`) are left out.
 */
export class Call {
  readonly program: string
  /** Everything after the program. */
  readonly words: readonly Word[]
  /** The words in front of the first flag: `clustermesh connect`. */
  readonly verb: readonly string[]
  readonly file: string
  readonly line: number
  readonly column: number
  /** True when it is only told of, in a comment. */
  readonly inComment: boolean
  /** The call that reads what this one prints. */
  readonly pipedTo: Call | undefined
  /** Where the output goes: `> FILE`. */
  readonly redirect: { readonly to: string; readonly appends: boolean } | undefined
  /** `A=b` in front of the program. */
  readonly environment: ReadonlyMap<string, string>
  readonly #program: Word

  constructor(options: {
    file: string
    program: Word
    words: readonly Word[]
    inComment: boolean
    pipedTo?: Call | undefined
    redirect?: { to: string; appends: boolean } | undefined
    environment?: ReadonlyMap<string, string>
  }) {
    this.#program = options.program
    this.program = options.program.text.slice(options.program.text.lastIndexOf('/') + 1)
    this.words = options.words
    this.file = options.file
    this.line = options.program.line
    this.column = options.program.column
    this.inComment = options.inComment
    this.pipedTo = options.pipedTo
    this.redirect = options.redirect
    this.environment = options.environment ?? new Map()
    const firstFlag = this.words.findIndex(({ text }) => text.startsWith('-'))
    this.verb = (firstFlag === -1 ? this.words : this.words.slice(0, firstFlag)).map(({ text }) => text)
  }

  /** True when the call begins so: `starts('clustermesh', 'connect')`. */
  starts(...verb: readonly string[]): boolean {
    return verb.every((word, index) => this.verb[index] === word)
  }

  /** The value of `--name value`, `--name=value`, `-n value`; of a flag given twice the last. */
  flag(...names: readonly string[]): string | undefined {
    return this.flagValues(...names).at(-1)
  }

  /** Every value of a flag that may be given several times. */
  flagValues(...names: readonly string[]): string[] {
    const found: string[] = []
    for (const [index, word] of this.words.entries()) {
      for (const name of names) {
        const dashed = name.length === 1 ? `-${name}` : `--${name}`
        if (word.text === dashed) {
          const next = this.words[index + 1]
          if (next !== undefined && (!next.text.startsWith('-') || next.text === '-')) found.push(next.text)
        } else if (word.text.startsWith(`${dashed}=`)) found.push(word.text.slice(dashed.length + 1))
      }
    }
    return found
  }

  /** The word that gives a flag, whatever its value. */
  flagWord(...names: readonly string[]): Word | undefined {
    const dashed = names.map((name) => (name.length === 1 ? `-${name}` : `--${name}`))
    return this.words.find(({ text }) => dashed.some((flag) => text === flag || text.startsWith(`${flag}=`)))
  }

  /** The flags that are given, without dashes and values. */
  get flags(): string[] {
    return this.words
      .filter(({ text }) => /^--?[A-Za-z]/.test(text))
      .map(({ text }) => text.replace(/^-+/, '').replace(/=.*$/s, ''))
  }

  /** Not a flag, and not (as far as can be told) the value of one that was written apart from it. */
  get arguments(): string[] {
    return this.words
      .filter(({ text }, index) => !text.startsWith('-') && !/^--?[\w-]+$/.test(this.words[index - 1]?.text ?? ''))
      .map(({ text }) => text)
  }

  /** The call as a whole, or one of its flags. */
  at(...flags: readonly string[]): Spot {
    return this.spot(flags.length === 0 ? this.#program : (this.flagWord(...flags) ?? this.#program))
  }

  spot(word: Word, note?: string): Spot {
    return {
      subject: `call of ${this.program}`,
      ...(note === undefined ? {} : { note }),
      place: (): Place => ({
        file: this.file,
        line: word.line,
        column: word.column,
        endLine: word.line,
        endColumn: word.column + (word.end - word.start),
      }),
      says: (text) => this.spot(word, text),
    }
  }
}
