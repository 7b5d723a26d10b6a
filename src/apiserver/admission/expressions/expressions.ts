import { CelError } from '../../../formats/cel/cel-error.js'
import type { CelEnvironment, CelInput, CelProgram, CelType } from '../../../formats/cel/contract.js'
import type { AdmissionRequest } from '../contract.js'
import { describeRequest, type VersionedRequest } from '../webhooks/review.js'
import { namespaceType, requestType } from './request-types.js'

/** The variables `authorizer` and `authorizer.requestResource`: their types, and their values for a request. */
export interface AuthorizerVariables {
  readonly types: Readonly<Record<string, CelType>>
  valuesFor(request: AdmissionRequest): Readonly<Record<string, CelInput>>
}

/** A compiled expression, or why it is none. */
export type Expression = { readonly source: string } & (
  | { readonly program: CelProgram }
  | { readonly problem: string; readonly program?: undefined }
)

export type Evaluation = { readonly value: unknown } | { readonly problem: string }

/** Nothing can be evaluated any more. Thrown, as it ends all of an evaluation. */
export class OutOfBudget extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run')
  }
}

/** What the expressions of one policy or webhook may cost together. */
export class Budget {
  #left: number
  constructor(cost: number) {
    this.#left = cost
  }
  spend(cost: number): void {
    if (cost > this.#left) throw new OutOfBudget()
    this.#left -= cost
  }
}

const dyn: CelType = { kind: 'dyn' }

/**
 * The environments of admission: what every expression knows, with and without parameters and the authorizer. Made with the first
 * expression: most clusters have none.
 */
export class AdmissionExpressions {
  readonly #make: () => CelEnvironment
  #plain: CelEnvironment | undefined
  readonly #authorizer: AuthorizerVariables | undefined

  constructor(make: () => CelEnvironment, authorizer?: AuthorizerVariables) {
    this.#make = make
    this.#authorizer = authorizer
  }

  environment(options: { params: boolean; authorizer: boolean }): CelEnvironment {
    this.#plain ??= this.#make().extend({ object: dyn, oldObject: dyn, namespaceObject: namespaceType, request: requestType })
    const withParams = options.params ? this.#plain.extend({ params: dyn }) : this.#plain
    return options.authorizer && this.#authorizer !== undefined ? withParams.extend(this.#authorizer.types) : withParams
  }

  bindings(asked: VersionedRequest, namespaceObject?: unknown): Record<string, CelInput> {
    return {
      object: asked.object ?? null,
      oldObject: asked.previous ?? null,
      namespaceObject: namespaceObject ?? null,
      request: () => describeRequest(asked),
      ...this.#authorizer?.valuesFor(asked.request),
    }
  }
}

/** Of the types that are allowed; none given: any. */
export function compileExpression(environment: CelEnvironment, source: string, types: readonly string[]): Expression {
  const compiled = environment.compile(source)
  if ('issues' in compiled) {
    const what = compiled.stage === 'plan' ? 'program instantiation failed' : 'compilation failed'
    return { source, problem: `${what}: ${compiled.issues}` }
  }
  const { program } = compiled
  const kind = typeName(program.outputType)
  if (types.length === 0 || types.includes(kind)) return { source, program }
  const wanted = types.length === 1 ? types[0] : `one of [${types.join(' ')}]`
  return { source, problem: `must evaluate to ${wanted} but got ${kind}` }
}

export function typeName(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${typeName(type.items)})`
    case 'map':
      return `map(${typeName(type.key)}, ${typeName(type.value)})`
    case 'object':
    case 'opaque':
      return type.name
    case 'optional':
      return `optional_type(${typeName(type.of)})`
    case 'timestamp':
      return 'timestamp'
    case 'null':
      return 'null_type'
    default:
      return type.kind
  }
}

/** Throws OutOfBudget. */
export function evaluate(expression: Expression, bindings: Readonly<Record<string, CelInput>>, budget: Budget): Evaluation {
  const { program } = expression
  if (program === undefined) return { problem: `compilation error: ${expression.problem}` }
  try {
    const { value, cost } = program.evaluate(bindings)
    budget.spend(cost)
    return { value }
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    budget.spend(error.cost)
    return { problem: `expression '${expression.source}' resulted in error: ${error.message}` }
  }
}
