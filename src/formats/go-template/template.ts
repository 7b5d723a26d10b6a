import { builtinFunctions } from './builtin-functions.js'
import { TemplateExecutionError } from './errors.js'
import { type Budget, Execution, type MissingKey } from './exec.js'
import type { FunctionTable } from './functions.js'
import { isEmptyTree } from './nodes.js'
import { type Definition, parse } from './parse.js'

export interface TemplateOptions {
  /** `{{` unless given. */
  readonly leftDelim?: string
  readonly rightDelim?: string
  /** Besides the built-in ones, which it may replace. */
  readonly functions: FunctionTable
  /** What a map says about a key that it does not have; `default` and `invalid` print `<no value>`. */
  readonly missingKey?: MissingKey
  readonly budget?: Budget
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
  constructor(name: string, options: TemplateOptions, definitions: Map<string, Definition> = new Map()) {
    this.name = name
    this.options = options
    this.#definitions = definitions
    this.#functions = new Map([...builtinFunctions(), ...options.functions])
  }

  /** Parses a further text into the set; definitions replace earlier ones of the same name unless they are empty. */
  add(name: string, text: string): this {
    const { leftDelim, rightDelim } = this.options
    const found = parse(name, text, {
      leftDelimiter: leftDelim === undefined || leftDelim === '' ? '{{' : leftDelim,
      rightDelimiter: rightDelim === undefined || rightDelim === '' ? '}}' : rightDelim,
      functions: this.#functions,
    })
    for (const definition of found) {
      if (!this.#definitions.has(definition.name) || !isEmptyTree(definition.root))
        this.#definitions.set(definition.name, definition)
    }
    return this
  }

  /** A set of its own that starts with the same definitions: what is added to it is not seen here. */
  clone(): Template {
    return new Template(this.name, this.options, new Map(this.#definitions))
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
    return new Execution(definition, {
      functions: this.#functions,
      missingKey: this.options.missingKey ?? 'default',
      budget: this.options.budget ?? defaultBudget,
      templates: this,
      find: (wanted) => this.#definitions.get(wanted),
    }).run(data)
  }
}
