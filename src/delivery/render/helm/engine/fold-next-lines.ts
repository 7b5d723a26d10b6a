import { isObject } from '../../../../base/json.js'

/**
 * What Helm's `toYaml` makes of U+0085 in texts. It writes JSON first and reads that as YAML: JSON leaves the character as it is, and
 * to YAML it is a line break between double quotes. One is a blank, n of them are n - 1 line breaks, and the blanks around them are
 * left out. A key must not go over lines, nor a line begin as a document does or ends.
 */
export function foldNextLines(value: unknown): unknown {
  let line = 1
  const fold = (text: string): string => {
    const lines = text.split('\u0085')
    for (const [index, begun] of lines.entries()) {
      if (index === 0) continue
      line++
      // Behind the last line stands a quote.
      const marks = index === lines.length - 1 ? /^(?:---|\.\.\.) / : /^(?:---|\.\.\.)(?: |$)/
      if (marks.test(begun)) throw new Error(`yaml: line ${line}: found unexpected document indicator`)
    }
    return text.replace(/ *\u0085[ \u0085]*/g, (run) => {
      const breaks = run.split('\u0085').length - 1
      return breaks === 1 ? ' ' : '\n'.repeat(breaks - 1)
    })
  }
  const walk = (each: unknown): unknown => {
    if (typeof each === 'string') return each.includes('\u0085') ? fold(each) : each
    if (Array.isArray(each)) return each.map(walk)
    if (!isObject(each)) return each
    const folded: Record<string, unknown> = {}
    for (const key of Object.keys(each).sort()) {
      if (key.includes('\u0085')) throw new Error(`yaml: line ${line}: did not find expected ',' or '}'`)
      Object.defineProperty(folded, key, { value: walk(each[key]), enumerable: true, writable: true, configurable: true })
    }
    return folded
  }
  return walk(value)
}
