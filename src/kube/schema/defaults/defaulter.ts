/** The members of an object that is being defaulted: a private copy, to be changed in place. */
export type Members = Record<string, unknown>

/**
 * Fills in what a struct of the API leaves open. Called with a private copy, before the structs inside it; values that
 * Go would have as zero values may be absent. It changes members by `put` only.
 */
export type Defaulter = (struct: Members, put: Put) => void

/** Sets a member and notes that the object changed. `undefined` takes the member away. */
export type Put = (struct: Members, key: string, value: unknown) => void

/** True for what Go has as the zero value of a string, number or list: what a default replaces. */
export function isZero(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === '' ||
    value === 0 ||
    value === false ||
    (Array.isArray(value) && value.length === 0)
  )
}

/** Sets those members that have no value (absent or null): pointers in Go, where zero is a value. */
export function putAbsent(struct: Members, put: Put, defaults: Members): void {
  for (const key of Object.keys(defaults)) {
    if (struct[key] === undefined || struct[key] === null) put(struct, key, defaults[key])
  }
}

/** Sets those members that are absent or zero. */
export function putZero(struct: Members, put: Put, defaults: Members): void {
  for (const key of Object.keys(defaults)) if (isZero(struct[key])) put(struct, key, defaults[key])
}

/** A member that is a struct; made when it is absent, and part of the object from then on. */
export function structAt(struct: Members, key: string, put: Put): Members {
  const known = struct[key]
  if (isMembers(known)) return known
  const made: Members = {}
  put(struct, key, made)
  return made
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The structs of a list member. */
export function structsAt(struct: Members, key: string): Members[] {
  const list = struct[key]
  return Array.isArray(list) ? list.filter(isMembers) : []
}
