import { builtinFunctions } from './builtin-functions.js'
import { TemplateExecutionError } from './errors.js'
import { type Budget, Execution, type MissingKey } from './exec.js'
import type { FunctionTable } from './functions.js'
import { isEmptyTree } from './nodes.js'
import { type Definition, parse } from './parse.js'
import { wellFormed } from './values.js'

export interface TemplateOptions {
  /** `{{` unless given. */
  readonly leftDelim?: string
  readonly rightDelim?: string
  /** Besides the built-in ones, which it may replace. */
  readonly functions: FunctionTable
  /** What a map says about a key that it does not have; `default` and `invalid` print `<no value>`. */
  readonly missingKey?: MissingKey
  readonly budget?: Budget
  /** Keeps what texts parse to. Only for sets with the same delimiters and names of functions. */
  readonly parsed?: ParseCache
}

/** Parsed texts by name and text; definitions are never changed. */
export interface ParseCache {
  get(name: string, text: string): readonly Definition[] | undefined
  set(name: string, text: string, definitions: readonly Definition[]): void
}

/** Keeps texts until they are `maxCharacters` long together, then starts anew. */
export function createParseCache(maxCharacters: number): ParseCache {
  const known = new Map<string, Map<string, readonly Definition[]>>()
  let characters = 0
  return {
    get: (name, text) => known.get(name)?.get(text),
    set(name, text, definitions) {
      // What is parsed takes more room than its text: an action some hundred bytes.
      const size = name.length + text.length + 64 + 256 * (text.split('{{').length - 1)
      characters += size
      if (characters > maxCharacters) {
        known.clear()
        characters = size
      }
      let texts = known.get(name)
      if (texts === undefined) {
        texts = new Map()
        known.set(name, texts)
      }
      texts.set(text, definitions)
    },
  }
}

/** Generous for templates that people write, short for loops without end: about a second of work. */
export const defaultBudget: Budget = { steps: 5_000_000, outputBytes: 16 * 1024 * 1024, depth: 400 }

/**
 * Parses Go's text/template. The data that a template reads, and the numbers in it, are as values.ts describes.
 * Throws TemplateParseError; execution throws TemplateExecutionError or TemplateBudgetError. Messages are Go's.
 */
export function parseTemplate(name: string, text: string, options: TemplateOptions): Template {
  return new Template(name, options, new Map()).add(name, text)
}

/** A set of templates that know each other by name, and the one of them that `execute` runs. */
export class Template {
  readonly name: string
  readonly options: TemplateOptions
  readonly #definitions: Map<string, Definition>
  readonly #functions: FunctionTable

  /** Use parseTemplate, or `new Template(name, options)` followed by `add` for sets of many files. */
  constructor(
    name: string,
    options: TemplateOptions,
    definitions: Map<string, Definition> = new Map(),
    functions: FunctionTable = new Map([...builtinFunctions(), ...options.functions]),
  ) {
    this.name = name
    this.options = options
    this.#definitions = definitions
    this.#functions = functions
  }

  /** Parses a further text into the set; definitions replace earlier ones of the same name unless they are empty. */
  add(name: string, text: string): this {
    const { leftDelim, rightDelim } = this.options
    const leftDelimiter = leftDelim === undefined || leftDelim === '' ? '{{' : leftDelim
    const rightDelimiter = rightDelim === undefined || rightDelim === '' ? '}}' : rightDelim
    const known = this.options.parsed?.get(name, text)
    const found = known ?? parse(name, text, { leftDelimiter, rightDelimiter, functions: this.#functions })
    if (known === undefined) this.options.parsed?.set(name, text, found)
    for (const definition of found) {
      if (!this.#definitions.has(definition.name) || !isEmptyTree(definition.root))
        this.#definitions.set(definition.name, definition)
    }
    return this
  }

  /** A set of its own with a further text, which is the set's main template even when it is empty. */
  extend(text: string): Template {
    const set = this.clone()
    set.#definitions.delete(set.name)
    return set.add(set.name, text)
  }

  /** A set of its own that starts with the same definitions: what is added to it is not seen here. */
  clone(): Template {
    return new Template(this.name, this.options, new Map(this.#definitions), this.#functions)
  }

  find(name: string): Definition | undefined {
    return this.#definitions.get(name)
  }

  has(name: string): boolean {
    return this.#definitions.has(name)
  }

  execute(data: unknown): string {
    return this.executeTemplate(this.name, data)
  }

  executeTemplate(name: string, data: unknown): string {
    const definition = this.#definitions.get(name)
    if (definition === undefined) {
      const quoted = JSON.stringify(this.name)
      throw new TemplateExecutionError(`template: no template ${JSON.stringify(name)} associated with template ${quoted}`)
    }
    const output = new Execution(definition, {
      functions: this.#functions,
      missingKey: this.options.missingKey ?? 'default',
      budget: this.options.budget ?? defaultBudget,
      templates: this,
    }).run(data)
    return wellFormed(output)
  }
}
