import { CelError } from '../../formats/cel/cel-error.js'
import type { CelField, CelProgram, CelType } from '../../formats/cel/contract.js'
import { formatTimestamp } from '../../formats/cel/values/time.js'
import {
  CelBytes,
  CelDuration,
  CelLibraryValue,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
} from '../../formats/cel/values/values.js'

export interface Golden {
  readonly expression: string
  readonly issues?: string
  readonly planIssue?: string
  readonly type?: string
  readonly result?: unknown
  readonly error?: string
  readonly cost?: string
  readonly min?: string
  readonly max?: string
}

type Written = Record<string, unknown>

/** A type as the goldens write it. */
export function readType(written: unknown): CelType {
  const type = written as Written
  switch (type['kind']) {
    case 'object': {
      const fields = Object.entries(type['fields'] as Record<string, Written>).map(([name, field]): [string, CelField] => [
        name,
        { type: readType(field['type']), property: field['property'] as string },
      ])
      return { kind: 'object', name: type['name'] as string, fields: new Map(fields) }
    }
    case 'list':
      return { ...(type as object), items: readType(type['items']) } as CelType
    case 'map':
      return { ...(type as object), key: readType(type['key']), value: readType(type['value']) } as CelType
    default:
      return type as unknown as CelType
  }
}

/** A value of an evaluation as the goldens write it. */
export function show(value: unknown): unknown {
  if (value === undefined) return { none: true }
  if (value === null) return { null: true }
  if (typeof value === 'bigint') return { int: String(value) }
  if (typeof value === 'number') return { double: value }
  if (Array.isArray(value)) return value.map(show)
  if (value instanceof Uint8Array) return { bytes: hex(value) }
  if (value instanceof CelBytes) return { bytes: hex(value.bytes) }
  if (value instanceof CelTimestamp) return { timestamp: formatTimestamp(value) }
  if (value instanceof CelDuration) return { duration: String(value.nanos) }
  if (value instanceof CelTypeValue) return { type: value.name }
  if (value instanceof CelOptional) return { none: true }
  if (value instanceof CelLibraryValue) return { library: value.typeName }
  if (typeof value !== 'object') return value
  const entries = value instanceof Map ? [...value] : Object.entries(value)
  const pairs = entries.map(([key, item]) => [show(key), show(item)] as const)
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return { map: pairs.toSorted((a, b) => order(JSON.stringify(a[0]), JSON.stringify(b[0]))) }
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Doubles as numbers: 1e+06 and 1000000 are one. */
export function readResult(written: unknown): unknown {
  if (Array.isArray(written)) return written.map(readResult)
  if (written === null || typeof written !== 'object') return written
  const { double, map } = written as Written
  if (typeof double === 'string') return { double: Number(double.replace('+Inf', 'Infinity').replace('-Inf', '-Infinity')) }
  if (Array.isArray(map)) return { map: map.map(readResult) }
  return written
}

export interface Outcome {
  readonly result?: unknown
  readonly error?: string
  readonly cost?: string
  readonly min?: string
  readonly max?: string
}

/** Runs a program as the goldens were run. */
export function runProgram(program: CelProgram, bindings: Readonly<Record<string, unknown>>): Outcome {
  const { min, max } = program.estimateCost()
  const estimate = { min: String(min), max: String(max) }
  try {
    const { value, cost } = program.evaluate(bindings)
    return { ...estimate, cost: String(cost), result: show(value) }
  } catch (error) {
    if (!(error instanceof CelError)) throw error
    return { ...estimate, cost: String(error.cost), error: error.message }
  }
}
