/** A line that a command of sed is for: its number, the last one, or those that a pattern finds. */
export type Address = { readonly line: number } | { readonly last: true } | { readonly pattern: string }

export interface SedCommand {
  readonly from: Address | undefined
  readonly to: Address | undefined
  readonly negated: boolean
  readonly name: string
  /** Of `s` and `y`: pattern and replacement; of `a`, `i`, `c`: the text, and nothing. */
  readonly text: string
  readonly replacement: string
  readonly flags: string
}

/** The commands of a script: `s y d p q = a i c` with addresses. Throws at others. */
export function parseSedScript(script: string): SedCommand[] {
  const commands: SedCommand[] = []
  let at = 0
  const skip = (letters: RegExp) => {
    while (at < script.length && letters.test(script[at]!)) at++
  }
  /** Text up to the delimiter, which stands in it with a backslash before it. */
  const until = (delimiter: string): string => {
    let text = ''
    for (; at < script.length && script[at] !== delimiter; at++) {
      if (script[at] === '\\' && script[at + 1] === delimiter) at++
      else if (script[at] === '\\') text += script[at++]
      text += script[at] ?? ''
    }
    if (script[at] !== delimiter) throw new Error('unterminated command or address')
    at++
    return text
  }
  const address = (): Address | undefined => {
    const number = /^\d+/.exec(script.slice(at))
    if (number !== null) {
      at += number[0].length
      return { line: Number(number[0]) }
    }
    if (script[at] === '$') {
      at++
      return { last: true }
    }
    if (script[at] !== '/' && script[at] !== '\\') return undefined
    if (script[at] === '\\') at++
    const delimiter = script[at++] ?? ''
    return { pattern: until(delimiter) }
  }
  for (;;) {
    skip(/[\s;]/)
    if (at >= script.length) return commands
    const from = address()
    skip(/ /)
    let to: Address | undefined
    if (script[at] === ',') {
      at++
      skip(/ /)
      to = address()
      if (to === undefined) throw new Error('an address is missing behind the comma')
    }
    skip(/ /)
    const negated = script[at] === '!'
    if (negated) at++
    skip(/ /)
    const name = script[at++] ?? ''
    let [text, replacement, flags] = ['', '', '']
    if (name === 's' || name === 'y') {
      const delimiter = script[at++] ?? ''
      text = until(delimiter)
      replacement = until(delimiter)
      const found = /^[\dgipIE]*/.exec(script.slice(at))![0]
      at += found.length
      flags = found
    } else if ('aic'.includes(name) && name !== '') {
      const end = script.indexOf('\n', at)
      text = script.slice(at, end === -1 ? undefined : end).replace(/^\s*\\?\n?\s*/, '')
      at = end === -1 ? script.length : end
    } else if (!'dpq='.includes(name) || name === '') throw new Error(`unsupported command ${name}`)
    skip(/ /)
    if (at < script.length && !/[;\n]/.test(script[at]!)) throw new Error(`unexpected text behind the command ${name}`)
    commands.push({ from, to, negated, name, text, replacement, flags })
  }
}
