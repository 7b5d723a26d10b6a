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
  constructor(quantity: Quantity) {
    super()
    this.quantity = quantity
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

/** The whole number that a quantity is; undefined when it has a fraction or does not fit into 64 bits. */
function wholeOf({ unscaled, exponent }: Quantity): bigint | undefined {
  let value = unscaled
  if (exponent >= 0) value *= 10n ** BigInt(exponent)
  else {
    const divisor = 10n ** BigInt(-exponent)
    if (value % divisor !== 0n) return undefined
    value /= divisor
  }
  return BigInt.asIntN(64, value) === value ? value : undefined
}

function asInteger(quantity: Quantity): Value {
  const whole = wholeOf(quantity)
  return whole === undefined ? new CelFailure('cannot convert value to integer') : intOf(whole)
}

function whole(value: Value): Quantity {
  return { unscaled: BigInt(value as number), exponent: 0, format: 'decimal-exponent' }
}

const type = libraryType(name)

export const quantityLibrary: CelLibrary = {
  functions: [
    {
      name: 'quantity',
      overloads: [
        overload('string_to_quantity', [stringType], type, (text) => {
          const parsed = parse(text as string)
          return parsed instanceof CelFailure ? parsed : new QuantityValue(parsed)
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
    { name: 'asInteger', overloads: [member('quantity_get_int', [type], intType, (q) => asInteger(of(q)))] },
    { name: 'isInteger', overloads: [member('quantity_is_integer', [type], boolType, (q) => wholeOf(of(q)) !== undefined)] },
    {
      name: 'add',
      overloads: [
        member('quantity_add', [type, type], type, (a, b) => new QuantityValue(addQuantities(of(a), of(b)))),
        member('quantity_add_int', [type, intType], type, (a, b) => new QuantityValue(addQuantities(of(a), whole(b!)))),
      ],
    },
    {
      name: 'sub',
      overloads: [
        member('quantity_sub', [type, type], type, (a, b) => new QuantityValue(addQuantities(of(a), negateQuantity(of(b))))),
        member(
          'quantity_sub_int',
          [type, intType],
          type,
          (a, b) => new QuantityValue(addQuantities(of(a), negateQuantity(whole(b!)))),
        ),
      ],
    },
  ],
}
