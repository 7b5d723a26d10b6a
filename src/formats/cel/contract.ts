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

/**
 * `stage` says which of upstream's two texts stands before the issues: `check` is "compilation failed: ", `plan` is
 * "program instantiation failed: " (a constant such as `int('x')` that cannot be converted).
 */
export type CelCompiled = { readonly program: CelProgram } | { readonly issues: string; readonly stage: 'check' | 'plan' }

export interface CelProgram {
  readonly source: string
  readonly outputType: CelType
  /** Names of variables that the expression reads. */
  readonly variables: ReadonlySet<string>
  /**
   * Values are bound as JSON-like values (see CelInput) and converted lazily by the declared type. Throws CelError: `kind` is
   * `evaluation` (no such key, division by zero ...) or `cost` (the limit was exceeded).
   */
  evaluate(bindings: Readonly<Record<string, CelInput>>, options?: { costLimit?: number }): CelResult
  /** Upper and lower bound of what an evaluation may cost, from the sizes that the types declare (maxLength, maxItems ...). */
  estimateCost(): { readonly min: bigint; readonly max: bigint }
}

export interface CelResult {
  /** Plain JSON-like: bigint for int and uint, number for double, Map or object for maps. */
  readonly value: unknown
  readonly cost: number
}

/**
 * JSON as it comes from objects: a whole number is an int (where the declared type is not double), bigint is an int, Date
 * and other library values are passed as they are; a function is called on first use (lazy variables).
 */
export type CelInput = unknown

/** `maxSize`: the most elements that upstream's declared type has (int-or-string, dates, bytes); 0 when absent. */
export type CelType =
  | {
      readonly kind: 'bool' | 'int' | 'uint' | 'double' | 'bytes' | 'null' | 'timestamp' | 'duration' | 'type'
      readonly maxSize?: number
    }
  /** `preserved`: comes from x-kubernetes-preserve-unknown-fields; such a value can only be compared. */
  | { readonly kind: 'dyn'; readonly preserved?: boolean; readonly maxSize?: number }
  | { readonly kind: 'string'; readonly maxLength?: number }
  /** `listType`: equality and `+` follow x-kubernetes-list-type; `mapKeys` name the key properties of a list of type map. */
  | {
      readonly kind: 'list'
      readonly items: CelType
      readonly maxItems?: number
      readonly listType?: 'set' | 'map'
      readonly mapKeys?: readonly string[]
    }
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
