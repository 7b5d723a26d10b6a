import { CodedError, messageOf } from '../../../base/errors.js'
import { isObject, setOwn } from '../../../base/json.js'
import type { CelProgram, CelType } from '../../../formats/cel/contract.js'
import { createKubernetesCelEnvironment } from '../../../kube/cel/kubernetes-environment.js'
import type { Script, ScriptFunction } from './script.js'

const dyn: CelType = { kind: 'dyn' }

/** What an expression sees: `object`, and what else the function of Lua would get. */
const variables: Readonly<Record<ScriptFunction, readonly string[]>> = {
  GetReplicas: ['object'],
  ReviseReplica: ['object', 'replicas'],
  InterpretHealth: ['object'],
  ReflectStatus: ['object'],
  AggregateStatus: ['object', 'items'],
  GetDependencies: ['object'],
}

/**
 * A CEL expression in the place of a Lua script. Replicas: a number, or a map with `replicas` and `requirements`; a revision: what
 * is to be merged into the object; an aggregation: the status.
 */
export class CelScript implements Script {
  readonly #expression: string
  readonly #programs = new Map<ScriptFunction, CelProgram>()

  constructor(expression: string) {
    this.#expression = expression
  }

  call(name: ScriptFunction, args: readonly unknown[]): unknown[] {
    const names = variables[name]
    const bindings = Object.fromEntries(names.map((each, index) => [each, args[index]]))
    let value: unknown
    try {
      value = plain(this.#program(name).evaluate(bindings).value)
    } catch (error) {
      throw error instanceof CodedError && error.code === 'script-failed' ? error : failed(messageOf(error))
    }
    const [object] = args
    switch (name) {
      case 'GetReplicas':
        return isObject(value) ? [value['replicas'], value['requirements']] : [value, undefined]
      case 'ReviseReplica':
        return [merged(object, value)]
      case 'AggregateStatus':
        return [isObject(object) ? { ...object, status: value } : undefined]
      default:
        return [value]
    }
  }

  #program(name: ScriptFunction): CelProgram {
    const known = this.#programs.get(name)
    if (known !== undefined) return known
    const declared = Object.fromEntries(variables[name].map((each) => [each, dyn]))
    const compiled = createKubernetesCelEnvironment({ variables: declared, declaredSizes: false }).compile(this.#expression)
    if (!('program' in compiled)) throw failed(compiled.issues)
    this.#programs.set(name, compiled.program)
    return compiled.program
  }
}

/** Whole numbers as numbers, maps as objects. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Map) {
    const object: Record<string, unknown> = {}
    for (const [key, member] of value) setOwn(object, String(key), plain(member))
    return object
  }
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plain(member)])) : value
}

function merged(object: unknown, patch: unknown): unknown {
  if (!isObject(object) || !isObject(patch)) return patch
  const result: Record<string, unknown> = { ...object }
  for (const [key, member] of Object.entries(patch)) setOwn(result, key, merged(result[key], member))
  return result
}

function failed(why: string): CodedError {
  return new CodedError({
    code: 'script-failed',
    message: `the expression failed: ${why}`,
    fix: 'Correct the cel expression in the ResourceInterpreterCustomization.',
  })
}
