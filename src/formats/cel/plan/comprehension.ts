import { CelFailure, CelList, CelMap, type Value, ValueList, ValueMap } from '../values/values.js'
import { goType } from './attributes.js'
import type { Frame, Run } from './frame.js'

export interface Fold {
  readonly range: Run
  /** Slots of the variables; -1 when there is no second. */
  readonly first: number
  readonly second: number
  readonly accumulator: number
  /** Sets the accumulator before the loop; undefined when its first reader does (a bound value that may not be needed). */
  readonly init: Run | undefined
  /** undefined when the loop always goes on. */
  readonly condition: Run | undefined
  readonly step: Run
  readonly result: Run
}

/** A loop over a list or a map. Slots are put back afterwards: a comprehension may stand in another's step. */
export function planFold(fold: Fold): Run {
  const { range, first, second, accumulator, init, condition, step, result } = fold
  return (frame) => {
    const over = range(frame)
    if (over instanceof CelFailure) return over
    if (!(over instanceof CelList) && !(over instanceof CelMap)) {
      return new CelFailure(
        second < 0 ? `got '${goType(over)}', expected iterable type` : `unsupported comprehension range type: ${goType(over)}`,
      )
    }
    const { slots } = frame
    slots[accumulator] = undefined
    if (init !== undefined) slots[accumulator] = fresh(init(frame))
    if (over instanceof CelList) {
      const size = over.size
      for (let i = 0; i < size; i++) {
        if (second < 0) slots[first] = over.get(i)
        else {
          slots[first] = i
          slots[second] = over.get(i)
        }
        if (condition !== undefined && condition(frame) === false) break
        slots[accumulator] = step(frame)
      }
    } else overMap(frame, fold, over)
    const value = result(frame)
    slots[accumulator] = undefined
    return value
  }
}

function overMap(frame: Frame, fold: Fold, map: CelMap): void {
  const { slots } = frame
  for (const key of map.keys()) {
    slots[fold.first] = key
    if (fold.second >= 0) slots[fold.second] = map.find(key) ?? null
    if (fold.condition !== undefined && fold.condition(frame) === false) break
    slots[fold.accumulator] = fold.step(frame)
  }
}

/** What a loop builds is its own: constants stay as they are. */
function fresh(value: Value): Value {
  if (value instanceof ValueList && value.size === 0) return new ValueList([])
  if (value instanceof ValueMap && value.size === 0) return new ValueMap(new Map())
  return value
}
