/** A script of the built-in shell: a small part of POSIX sh. */
export type Command =
  | {
      readonly kind: 'simple'
      readonly assignments: readonly Assignment[]
      readonly words: readonly Word[]
      readonly redirects: readonly Redirect[]
    }
  | { readonly kind: 'pipe'; readonly commands: readonly Command[]; readonly negated: boolean }
  | { readonly kind: 'and' | 'or'; readonly left: Command; readonly right: Command }
  | { readonly kind: 'list'; readonly items: readonly { readonly command: Command; readonly background: boolean }[] }
  | {
      readonly kind: 'if'
      readonly branches: readonly { readonly test: Command; readonly body: Command }[]
      readonly otherwise?: Command
    }
  | {
      readonly kind: 'loop'
      readonly test: Command
      readonly until: boolean
      readonly body: Command
      readonly redirects: readonly Redirect[]
    }
  | {
      readonly kind: 'for'
      readonly name: string
      readonly words: readonly Word[] | undefined
      readonly body: Command
      readonly redirects: readonly Redirect[]
    }
  | {
      readonly kind: 'case'
      readonly word: Word
      readonly branches: readonly { readonly patterns: readonly Word[]; readonly body: Command }[]
      readonly redirects: readonly Redirect[]
    }
  | { readonly kind: 'function'; readonly name: string; readonly body: Command }
  | { readonly kind: 'group'; readonly body: Command; readonly subshell: boolean; readonly redirects: readonly Redirect[] }

export interface Assignment {
  readonly name: string
  readonly value: Word
}

export interface Redirect {
  readonly from: 0 | 1 | 2
  /** `here`: what is read is the text itself. */
  readonly how: 'read' | 'write' | 'append' | 'duplicate' | 'here'
  readonly to: Word
}

export type Word = readonly WordPart[]

export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | {
      readonly kind: 'variable'
      readonly name: string
      readonly operator: string
      readonly argument: Word
      readonly quoted: boolean
    }
  | { readonly kind: 'command'; readonly command: Command; readonly quoted: boolean }
  | { readonly kind: 'arithmetic'; readonly expression: Word; readonly quoted: boolean }

export class SyntaxProblem extends Error {}
