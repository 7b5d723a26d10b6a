import { type ParameterType, parameterNames } from './functions.js'
import type { NumberNode, OperandNode } from './nodes.js'
import { nodeText } from './nodes.js'
import { GoInt, GoStruct, int, integerOf, isMap, kindOf, typeName } from './values.js'

/** What stands for a value that a parameter does not take; the text completes `template: ... at <x>: `. */
export class ArgumentError extends Error {}

/** Whether Go lets nil stand for a value of the type. */
function canBeNil(type: ParameterType): boolean {
  return type !== 'string' && type !== 'bool' && type !== 'int' && type !== 'int64' && type !== 'float64' && type !== 'time'
}

function nilOf(type: ParameterType): unknown {
  if (type === 'value') return undefined
  if (type === 'map') return {}
  if (type === 'list' || type === 'strings') return []
  return type === 'bytes' ? new Uint8Array() : null
}

/** Checks a value against a parameter's type and gives what the function gets for it. */
export function checkArgument(value: unknown, type: ParameterType): unknown {
  if (type === 'value') return value
  if (value === undefined) {
    if (canBeNil(type)) return nilOf(type)
    throw new ArgumentError(`invalid value; expected ${parameterNames[type]}`)
  }
  const plain = value instanceof GoStruct && value.underlying !== undefined && type !== 'any' ? value.underlying : value
  switch (type) {
    case 'any':
      return value
    case 'string':
    case 'bool':
      if (kindOf(plain) === type) return plain
      break
    case 'float64':
      if (typeof plain === 'number') return plain
      break
    case 'int':
      if (plain instanceof GoInt && plain.type === 'int') return Number(plain.value)
      break
    case 'int64':
      if (typeName(plain) === 'int64') return integerOf(plain)
      break
    case 'map':
      if (isMap(plain) && typeName(plain) === parameterNames.map) return plain
      break
    case 'list':
    case 'strings':
      if (Array.isArray(plain) && typeName(plain) === parameterNames[type]) return plain
      break
    case 'time':
      if (value instanceof GoStruct && value.type === 'time.Time') return value
      break
    case 'bytes':
      if (plain instanceof Uint8Array) return plain
      break
  }
  throw new ArgumentError(`wrong type for value; expected ${parameterNames[type]}; got ${typeName(value)}`)
}

/** A literal where a value of the type is wanted: numbers adapt to the parameter. */
export function literalArgument(node: OperandNode, type: ParameterType): unknown {
  switch (type) {
    case 'any':
    case 'value':
      if (node.kind === 'bool') return node.value
      if (node.kind === 'string') return node.text
      if (node.kind === 'number') return numberConstant(node)
      break
    case 'bool':
      if (node.kind === 'bool') return node.value
      throw new ArgumentError(`expected bool; found ${nodeText(node)}`)
    case 'string':
      if (node.kind === 'string') return node.text
      throw new ArgumentError(`expected string; found ${nodeText(node)}`)
    case 'int':
    case 'int64':
      if (node.kind === 'number' && node.integer !== undefined && node.integer < 2n ** 63n) {
        return type === 'int' ? Number(node.integer) : node.integer
      }
      throw new ArgumentError(`expected integer; found ${nodeText(node)}`)
    case 'float64':
      if (node.kind === 'number' && (node.complex?.imaginary ?? 0) === 0) return node.float
      throw new ArgumentError(`expected float; found ${nodeText(node)}`)
  }
  throw new ArgumentError(`can't handle ${nodeText(node)} for arg of type ${parameterNames[type]}`)
}

export function nilArgument(type: ParameterType): unknown {
  if (canBeNil(type)) return nilOf(type)
  throw new ArgumentError(`cannot assign nil to ${parameterNames[type]}`)
}

/** The value of a number where nothing says which type is wanted: its writing decides. */
export function numberConstant(node: NumberNode): unknown {
  if (node.complex !== undefined) return node.complex
  const hex = /^0[xX][^pP]*$/.test(node.text)
  if (!hex && !node.text.startsWith("'") && /[.eEpP]/.test(node.text)) return node.float
  if (node.integer === undefined || node.integer >= 2n ** 63n) throw new ArgumentError(`${node.text} overflows int`)
  return int(node.integer)
}
