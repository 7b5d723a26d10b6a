import { type CelLibrary, member, overload } from '../../formats/cel/check/declarations.js'
import { boolType, doubleType, intType, libraryType, stringType } from '../../formats/cel/types/type-node.js'
import { intOf } from '../../formats/cel/values/numbers.js'
import { CelDouble, CelFailure, CelLibraryValue, type Value } from '../../formats/cel/values/values.js'
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  negateQuantity,
  parseQuantity,
  type Quantity,
} from '../object/quantity.js'

const name = 'kubernetes.Quantity'

class QuantityValue extends CelLibraryValue {
  readonly typeName = name
  readonly quantity: Quantity
  /** Upstream keeps numbers of few digits in 64 bits; only those are ever whole numbers to it. */
  readonly small: boolean
  constructor(quantity: Quantity, small: boolean) {
    super()
    this.quantity = quantity
    this.small = small
  }
  equals(other: CelLibraryValue): Value {
    if (!(other instanceof QuantityValue)) return new CelFailure('no such overload')
    return compareQuantities(this.quantity, other.quantity) === 0
  }
  /** As JSON has it. */
  toJSON(): string {
    return formatQuantity(this.quantity)
  }
}

function parse(text: string): Quantity | CelFailure {
  try {
    return parseQuantity(text)
  } catch (error) {
    return new CelFailure(error instanceof Error ? error.message : String(error))
  }
}

const of = (value: Value | undefined): Quantity => (value as QuantityValue).quantity

/** Whether upstream reads the text into 64 bits. */
function isSmall(text: string): boolean {
  const match = /^[+-]?0*(\d*)(?:\.(\d*))?(.*)$/.exec(text)
  if (match === null) return false
  const [, whole = '', fraction = '', suffix = ''] = match
  if (!suffix.endsWith('i')) return whole.length + fraction.length <= 18
  const power = 3 * ('KMGTPE'.indexOf(suffix[0]!) + 1)
  return fraction === '' && 14 - Math.max(whole.length, 1) - power >= 0
}

function sum(a: QuantityValue, b: QuantityValue): QuantityValue {
  const quantity = addQuantities(a.quantity, b.quantity)
  const fits = BigInt.asIntN(64, quantity.unscaled) === quantity.unscaled
  return new QuantityValue(quantity, a.small && b.small && fits)
}

function negated(value: QuantityValue): QuantityValue {
  return new QuantityValue(negateQuantity(value.quantity), value.small)
}

/** The whole number that a quantity is; undefined when it has a fraction or does not fit into 64 bits. */
function wholeOf({ quantity: { unscaled, exponent }, small }: QuantityValue): bigint | undefined {
  if (!small || exponent < 0) return undefined
  const value = unscaled * 10n ** BigInt(exponent)
  return BigInt.asIntN(64, value) === value ? value : undefined
}

function asInteger(quantity: QuantityValue): Value {
  const whole = wholeOf(quantity)
  return whole === undefined ? new CelFailure('cannot convert value to integer') : intOf(whole)
}

function whole(value: Value): QuantityValue {
  return new QuantityValue({ unscaled: BigInt(value as number), exponent: 0, format: 'decimal-exponent' }, true)
}

const type = libraryType(name)

export const quantityLibrary: CelLibrary = {
  functions: [
    {
      name: 'quantity',
      overloads: [
        overload('string_to_quantity', [stringType], type, (text) => {
          const parsed = parse(text as string)
          return parsed instanceof CelFailure ? parsed : new QuantityValue(parsed, isSmall(text as string))
        }),
      ],
    },
    {
      name: 'isQuantity',
      overloads: [
        overload('is_quantity_string', [stringType], boolType, (text) => !(parse(text as string) instanceof CelFailure)),
      ],
    },
    {
      name: 'sign',
      overloads: [overload('quantity_sign', [type], intType, (q) => (of(q).unscaled > 0n ? 1 : of(q).unscaled < 0n ? -1 : 0))],
    },
    {
      name: 'isGreaterThan',
      overloads: [member('quantity_is_greater_than', [type, type], boolType, (a, b) => compareQuantities(of(a), of(b)) > 0)],
    },
    {
      name: 'isLessThan',
      overloads: [member('quantity_is_less_than', [type, type], boolType, (a, b) => compareQuantities(of(a), of(b)) < 0)],
    },
    {
      name: 'compareTo',
      overloads: [member('quantity_compare_to', [type, type], intType, (a, b) => Math.sign(compareQuantities(of(a), of(b))))],
    },
    {
      name: 'asApproximateFloat',
      overloads: [
        member('quantity_get_float', [type], doubleType, (q) => new CelDouble(Number(`${of(q).unscaled}e${of(q).exponent}`))),
      ],
    },
    { name: 'asInteger', overloads: [member('quantity_get_int', [type], intType, (q) => asInteger(q as QuantityValue))] },
    {
      name: 'isInteger',
      overloads: [member('quantity_is_integer', [type], boolType, (q) => wholeOf(q as QuantityValue) !== undefined)],
    },
    {
      name: 'add',
      overloads: [
        member('quantity_add', [type, type], type, (a, b) => sum(a as QuantityValue, b as QuantityValue)),
        member('quantity_add_int', [type, intType], type, (a, b) => sum(a as QuantityValue, whole(b!))),
      ],
    },
    {
      name: 'sub',
      overloads: [
        member('quantity_sub', [type, type], type, (a, b) => sum(a as QuantityValue, negated(b as QuantityValue))),
        member('quantity_sub_int', [type, intType], type, (a, b) => sum(a as QuantityValue, negated(whole(b!)))),
      ],
    },
  ],
}
