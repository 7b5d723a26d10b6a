import { CelError } from './cel-error.js'
import { Checker } from './check/checker.js'
import { type CelLibrary, type FunctionDeclaration, mergeFunctions } from './check/declarations.js'
import { validateLiterals } from './check/validators.js'
import type { CelCompiled, CelEnvironment, CelInput, CelProgram, CelResult, CelType } from './contract.js'
import { estimateCost } from './cost/estimate.js'
import { validateFormats } from './library/format-check.js'
import { CostExceeded, Frame } from './plan/frame.js'
import { type Plan, PlanFailure, planExpression } from './plan/planner.js'
import { Issues } from './syntax/issues.js'
import type { Macro } from './syntax/macros.js'
import { parse } from './syntax/parser.js'
import { type Expr, walkUp } from './syntax/syntax-tree.js'
import { fromCelType, type TypeNode, toCelType } from './types/type-node.js'
import { toPlain } from './values/from-json.js'
import { CelFailure, type Value } from './values/values.js'

export interface CelEnvironmentOptions {
  /** The first is the standard library. */
  readonly libraries: readonly CelLibrary[]
  readonly variables?: Readonly<Record<string, CelType>>
  /** `.?`, `[?` and `?` in literals. */
  readonly optionalSyntax?: boolean
  /** What an evaluation may cost when its caller says nothing. */
  readonly costLimit?: number
  /**
   * Whether the sizes of declared types count in estimates. Upstream counts them for custom resources (where a size that
   * is not declared is 0 for all but strings, lists and maps), not for admission policies. Default true.
   */
  readonly declaredSizes?: boolean
}

/** What never changes when variables are added. */
interface Base {
  readonly functions: ReadonlyMap<string, FunctionDeclaration>
  readonly macros: ReadonlyMap<string, Macro>
  readonly types: ReadonlyMap<string, TypeNode>
  readonly costs: NonNullable<CelLibrary['costs']>
  readonly estimates: NonNullable<CelLibrary['estimates']>
  readonly patterns: ReadonlySet<string>
  readonly options: CelEnvironmentOptions
}

/** Makes an environment of libraries and variables. Reuse it: `extend` shares everything but the variables. */
export function createCelEnvironment(options: CelEnvironmentOptions): CelEnvironment {
  const { libraries } = options
  const base: Base = {
    functions: mergeFunctions(libraries.flatMap((library) => library.functions)),
    macros: new Map(libraries.flatMap((library) => [...(library.macros ?? [])])),
    types: new Map(libraries.flatMap((library) => [...(library.types ?? [])])),
    costs: new Map(libraries.flatMap((library) => [...(library.costs ?? [])])),
    estimates: new Map(libraries.flatMap((library) => [...(library.estimates ?? [])])),
    patterns: new Set(libraries.flatMap((library) => library.patterns ?? [])),
    options,
  }
  return new Environment(base, new Map(Object.entries(options.variables ?? {})))
}

class Environment implements CelEnvironment {
  readonly #base: Base
  readonly #variables: ReadonlyMap<string, CelType>
  readonly #types: ReadonlyMap<string, TypeNode>

  constructor(base: Base, variables: ReadonlyMap<string, CelType>) {
    this.#base = base
    this.#variables = variables
    this.#types = new Map([...variables].map(([name, type]) => [name, fromCelType(type)] as const))
  }

  extend(variables: Readonly<Record<string, CelType>>): CelEnvironment {
    return new Environment(this.#base, new Map([...this.#variables, ...Object.entries(variables)]))
  }

  compile(source: string): CelCompiled {
    const { macros, functions, types, options, costs, patterns } = this.#base
    const issues = new Issues(source)
    const expr = parse(source, issues, { macros, optionalSyntax: options.optionalSyntax ?? false })
    if (issues.count === 0) {
      const checker = new Checker({ functions, types, variables: this.#types }, issues)
      checker.check(expr)
      if (issues.count === 0) {
        walkUp(expr, (node) => {
          if (node.type !== undefined) node.type = checker.resolve(node.type)
        })
        validateLiterals(expr, issues)
        validateFormats(expr, issues)
      }
    }
    if (issues.count > 0) return { issues: issues.toString(), stage: 'check' }
    try {
      const plan = planExpression(expr, { functions, variables: this.#variables, costs, patterns })
      return { program: new Program(source, expr, plan, this.#base, this.#variables) }
    } catch (error) {
      if (error instanceof PlanFailure) return { issues: error.message, stage: 'plan' }
      throw error
    }
  }
}

class Program implements CelProgram {
  readonly source: string
  readonly outputType: CelType
  readonly variables: ReadonlySet<string>
  readonly #expr: Expr
  readonly #plan: Plan
  readonly #base: Base
  readonly #types: ReadonlyMap<string, CelType>

  constructor(source: string, expr: Expr, plan: Plan, base: Base, types: ReadonlyMap<string, CelType>) {
    this.source = source
    this.outputType = toCelType(expr.type!)
    this.variables = plan.variables
    this.#expr = expr
    this.#plan = plan
    this.#base = base
    this.#types = types
  }

  evaluate(bindings: Readonly<Record<string, CelInput>>, options?: { costLimit?: number }): CelResult {
    const limit = options?.costLimit ?? this.#base.options.costLimit ?? Infinity
    const frame = new Frame(bindings, this.#plan.slots, limit)
    let value: Value
    try {
      value = this.#plan.run(frame)
    } catch (error) {
      // A text or a nesting that this machine cannot hold is the expression's doing.
      if (error instanceof RangeError) throw new CelError('evaluation', `out of range: ${error.message}`, frame.cost)
      if (!(error instanceof CostExceeded)) throw error
      throw new CelError('cost', 'operation cancelled: actual cost limit exceeded', frame.cost)
    }
    if (value instanceof CelFailure) throw new CelError('evaluation', value.message, frame.cost)
    return { value: toPlain(value), cost: frame.cost }
  }

  estimateCost(): { readonly min: bigint; readonly max: bigint } {
    const { functions, estimates, options } = this.#base
    const variables = options.declaredSizes === false ? undefined : this.#types
    return estimateCost(this.#expr, { functions, estimates, variables })
  }
}
