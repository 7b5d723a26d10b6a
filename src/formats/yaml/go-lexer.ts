import { Lexer } from 'yaml'

/** What of npm's lexer looks at indentation. It keeps these members to itself; the test of this file holds it to them. */
interface IndentationOfLexer {
  indentNext: number
  parseQuotedScalar(): Generator<string, string | null>
  parseFlowCollection(): Generator<string, string | null>
}

/**
 * A lexer that takes quoted text and flow collections at any indentation, as go-yaml does and therefore everything around
 * Kubernetes: definitions that older controller-gen wrote go on in the column of their key. YAML 1.2 wants further lines to be
 * indented, and npm's yaml package ends the text where they are not.
 */
export function createGoLexer(): Lexer {
  const lexer = new Lexer()
  const inside = lexer as unknown as IndentationOfLexer
  for (const state of ['parseQuotedScalar', 'parseFlowCollection'] as const) {
    const parse = inside[state]
    inside[state] = function* () {
      const { indentNext } = inside
      inside.indentNext = 0
      try {
        return yield* parse.call(inside)
      } finally {
        inside.indentNext = indentNext
      }
    }
  }
  return lexer
}
