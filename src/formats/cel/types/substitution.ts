import { dynType, listType, mapType, sameType, type TypeNode, typeOfType } from './type-node.js'

/** What type parameters stand for. A failed attempt is undone, so nothing is copied. */
export class Substitution {
  readonly #bound = new Map<string, TypeNode>()
  readonly #trail: { name: string; before: TypeNode | undefined }[] = []

  /** Whether one type fits the other; what it binds stays only when it does. */
  assignable(to: TypeNode, from: TypeNode): boolean {
    return this.#attempt(() => this.#fits(to, from))
  }

  assignableAll(to: readonly TypeNode[], from: readonly TypeNode[]): boolean {
    return this.#attempt(() => this.#fitAll(to, from))
  }

  apply(type: TypeNode, paramsToDyn: boolean): TypeNode {
    if (type.kind === 'param') {
      const bound = this.#bound.get(type.name)
      if (bound !== undefined) return this.apply(bound, paramsToDyn)
      return paramsToDyn ? dynType : type
    }
    if (type.params.length === 0) return type
    const params = type.params.map((param) => this.apply(param, paramsToDyn))
    if (params.every((param, i) => param === type.params[i])) return type
    switch (type.kind) {
      case 'list':
        return listType(params[0]!)
      case 'map':
        return mapType(params[0]!, params[1]!)
      case 'type':
        return typeOfType(params[0]!)
      default:
        return { ...type, params }
    }
  }

  #attempt(fit: () => boolean): boolean {
    const mark = this.#trail.length
    if (fit()) return true
    while (this.#trail.length > mark) {
      const { name, before } = this.#trail.pop()!
      if (before === undefined) this.#bound.delete(name)
      else this.#bound.set(name, before)
    }
    return false
  }

  #bind(name: string, type: TypeNode): void {
    this.#trail.push({ name, before: this.#bound.get(name) })
    this.#bound.set(name, type)
  }

  #fits(a: TypeNode, b: TypeNode): boolean {
    if (b.kind === 'param') {
      const { valid, bound } = this.#substitutes(a, b)
      if (valid) return true
      if (bound) return false
    }
    if (a.kind === 'param') return this.#substitutes(b, a).valid
    if (isLoose(a) || isLoose(b)) return true
    if (a.kind === 'null') return nullFits(b)
    if (b.kind === 'null') return nullFits(a)
    switch (a.kind) {
      case 'type':
        return b.kind === 'type'
      case 'opaque':
      case 'list':
      case 'map':
        return a.kind === b.kind && a.name === b.name && this.#fitAll(a.params, b.params)
      default:
        return a.kind === b.kind && a.name === b.name
    }
  }

  #fitAll(a: readonly TypeNode[], b: readonly TypeNode[]): boolean {
    return a.length === b.length && a.every((type, i) => this.#fits(type, b[i]!))
  }

  #substitutes(type: TypeNode, param: TypeNode): { valid: boolean; bound: boolean } {
    if (type.kind === param.kind && sameType(type, param)) return { valid: true, bound: true }
    const bound = this.#bound.get(param.name)
    if (bound !== undefined) {
      if (type.kind === bound.kind && sameType(type, bound)) return { valid: true, bound: true }
      if (!this.#fits(type, bound)) return { valid: false, bound: true }
      const general = mostGeneral(type, bound)
      if (this.#free(param, general)) this.#bind(param.name, general)
      return { valid: true, bound: true }
    }
    if (!this.#free(param, type)) return { valid: false, bound: false }
    this.#bind(param.name, type)
    return { valid: true, bound: false }
  }

  /** The parameter does not occur in the type. */
  #free(param: TypeNode, within: TypeNode): boolean {
    if (sameType(param, within)) return false
    if (within.kind === 'param') {
      const bound = this.#bound.get(within.name)
      return bound === undefined || this.#free(param, bound)
    }
    return within.params.every((inner) => this.#free(param, inner))
  }
}

function isLoose(type: TypeNode): boolean {
  return type.kind === 'dyn' || type.kind === 'error'
}

function nullFits(type: TypeNode): boolean {
  return ['opaque', 'struct', 'duration', 'timestamp', 'null', 'dyn', 'param'].includes(type.kind)
}

export function mostGeneral(a: TypeNode, b: TypeNode): TypeNode {
  return isLessSpecific(a, b) ? a : b
}

function isLessSpecific(a: TypeNode, b: TypeNode): boolean {
  if (a.kind === 'dyn' || a.kind === 'param') return true
  if (b.kind === 'dyn' || b.kind === 'param' || a.kind !== b.kind) return false
  switch (a.kind) {
    case 'opaque':
      if (a.name !== b.name || a.params.length !== b.params.length) return false
      return a.params.every((param, i) => isLessSpecific(param, b.params[i]!))
    case 'list':
    case 'map':
      return a.params.every((param, i) => isLessSpecific(param, b.params[i]!))
    case 'type':
      return true
    default:
      return sameType(a, b)
  }
}
