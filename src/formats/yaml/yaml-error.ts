import { CodedError } from '../../base/errors.js'

/** What is wrong with a YAML text, and where. `line` and `column` count from 1. */
export class YamlError extends CodedError {
  readonly source: string | undefined
  readonly line: number
  readonly column: number
  constructor(problem: { what: string; line: number; column: number; source?: string; code?: string; fix?: string }) {
    const { what, line, column, source } = problem
    super({
      code: problem.code ?? 'yaml-invalid',
      message: `${source === undefined ? '' : `${source}:`}${line}:${column}: ${what}`,
      ...(problem.fix === undefined ? {} : { fix: problem.fix }),
    })
    this.source = source
    this.line = line
    this.column = column
  }
}

/** Line and column, from 1, of an offset into `text`. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  let line = 1
  let start = 0
  for (let next = text.indexOf('\n'); next !== -1 && next < offset; next = text.indexOf('\n', start)) {
    line++
    start = next + 1
  }
  return { line, column: offset - start + 1 }
}
