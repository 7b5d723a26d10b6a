/**
 * The Common Expression Language as Kubernetes uses it: parse -> check (types) -> estimate cost -> evaluate within a cost
 * limit. Pure; regular expressions are RE2; nothing is ever passed to `eval`.
 */
export interface CelEnvironment {
  /** Parses and type-checks. Issues have cel-go's texts (`ERROR: <input>:1:5: undeclared reference to 'x' (in container '')`). */
  compile(source: string): CelCompiled
  /** The same environment with more variables. */
  extend(variables: Readonly<Record<string, CelType>>): CelEnvironment
}

export type CelCompiled = { readonly program: CelProgram } | { readonly issues: string }

export interface CelProgram {
  readonly source: string
  readonly outputType: CelType
  /** Names of variables that the expression reads. */
  readonly variables: ReadonlySet<string>
  /**
   * Values are bound as JSON-like values (see CelInput) and converted lazily by the declared type. Throws CelError: `kind` is
   * `evaluation` (no such key, division by zero ...) or `cost` (the limit was exceeded).
   */
  evaluate(bindings: Readonly<Record<string, CelInput>>, options?: { costLimit?: number; nowMs?: number }): CelResult
  /** Upper and lower bound of what an evaluation may cost, from the sizes that the types declare (maxLength, maxItems ...). */
  estimateCost(): { readonly min: bigint; readonly max: bigint }
}

export interface CelResult {
  /** Plain JSON-like: bigint for int and uint, number for double, Map or object for maps. */
  readonly value: unknown
  readonly cost: number
}

/** JSON as it comes from objects; bigint is an int; a function is called on first use (lazy variables). */
export type CelInput = unknown

export type CelType =
  | { readonly kind: 'bool' | 'int' | 'uint' | 'double' | 'bytes' | 'null' | 'timestamp' | 'duration' | 'dyn' | 'type' }
  | { readonly kind: 'string'; readonly maxLength?: number }
  | { readonly kind: 'list'; readonly items: CelType; readonly maxItems?: number }
  | { readonly kind: 'map'; readonly key: CelType; readonly value: CelType; readonly maxProperties?: number }
  | { readonly kind: 'optional'; readonly of: CelType }
  /** A struct with known fields (names escaped as CEL wants them); `fields` is read on first use, so types may be recursive. */
  | { readonly kind: 'object'; readonly name: string; readonly fields: ReadonlyMap<string, CelField> }
  /** A type of a library: `kubernetes.Quantity`, `net.IP`, `kubernetes.URL` ... */
  | { readonly kind: 'opaque'; readonly name: string }

export interface CelField {
  readonly type: CelType
  /** Where the value stands in the object, when escaping changed the name. */
  readonly property: string
}
