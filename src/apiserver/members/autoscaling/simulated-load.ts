import { parseQuantity, quantityMilliValue, quantityValue } from '../../../kube/object/quantity.js'

/** Annotations of a simulated pod that say what it uses; without them it is a share of what it requests. */
export const loadAnnotations = { cpu: 'simulation.flotilla.dev/cpu', memory: 'simulation.flotilla.dev/memory' } as const

/** How much of a resource something uses, over the time since it was started. */
export interface Load {
  /** What all ready pods of one owner carry together, each an equal part. */
  readonly shared: boolean
  /** In thousandths of a core or bytes, `ageMs` after the start. */
  at(ageMs: number): number
}

/**
 * Reads `250m` (always so), `100m..900m/10m` (a wave between the two, one turn in ten minutes, low at first) or
 * `0s=100m,5m=900m,10m=100m` (a line through these points, flat after the last); `shared:` before any of them makes it the load
 * of all pods of the owner together. Undefined when it is none of these.
 */
export function parseLoad(text: string, unit: 'cpu' | 'memory'): Load | undefined {
  const shared = text.startsWith('shared:')
  const form = (shared ? text.slice('shared:'.length) : text).trim()
  try {
    const at = form.includes('=') ? curve(form, unit) : form.includes('..') ? wave(form, unit) : flat(form, unit)
    return at === undefined ? undefined : { shared, at }
  } catch {
    return undefined
  }
}

function amountOf(text: string, unit: 'cpu' | 'memory'): number {
  const quantity = parseQuantity(text.trim())
  return Math.max(0, unit === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity))
}

function flat(form: string, unit: 'cpu' | 'memory'): Load['at'] {
  const amount = amountOf(form, unit)
  return () => amount
}

function wave(form: string, unit: 'cpu' | 'memory'): Load['at'] | undefined {
  const [, low, high, period] = /^(.+)\.\.(.+)\/(.+)$/.exec(form) ?? []
  const periodMs = durationMs(period ?? '')
  if (low === undefined || high === undefined || !periodMs) return undefined
  const [from, to] = [amountOf(low, unit), amountOf(high, unit)]
  return (ageMs) => from + ((to - from) * (1 - Math.cos((2 * Math.PI * ageMs) / periodMs))) / 2
}

function curve(form: string, unit: 'cpu' | 'memory'): Load['at'] | undefined {
  const points: { ms: number; amount: number }[] = []
  for (const part of form.split(',')) {
    const [time = '', amount = ''] = part.split('=')
    const ms = durationMs(time.trim())
    if (ms === undefined || ms < (points.at(-1)?.ms ?? 0)) return undefined
    points.push({ ms, amount: amountOf(amount, unit) })
  }
  return (ageMs) => {
    const next = points.findIndex(({ ms }) => ms > ageMs)
    const after = points[next]
    if (after === undefined) return points.at(-1)?.amount ?? 0
    const before = points[next - 1]
    if (before === undefined) return after.amount
    return before.amount + ((after.amount - before.amount) * (ageMs - before.ms)) / (after.ms - before.ms)
  }
}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

function durationMs(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(text)
  return match === null ? undefined : Number(match[1]) * (units[match[2] as string] as number)
}
