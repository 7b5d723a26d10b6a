import type { Case } from '../case.js'
import { applySequence } from './apply-sequence.js'
import { lifecycleSequence } from './lifecycle-sequence.js'

/** Where upstream's storage answers to a race of its own with a conflict: the sequences differ by design. */
const skippedLifecycles = [158]
/** Upstream loses an owner whose only field was emptied by a later apply. */
const skippedApplies = [314]

/** The sequences of which the answers of a real server are kept. */
export function recordedCases(): Case[] {
  return [...sequences('apply', 0, 30), ...sequences('lifecycle', 0, 25)]
}

/** Sequences by seed, without those that are known to differ. */
export function sequences(kind: 'apply' | 'lifecycle', from: number, count: number): Case[] {
  const skipped = kind === 'apply' ? skippedApplies : skippedLifecycles
  const seeds = Array.from({ length: count }, (_, index) => from + index).filter((seed) => !skipped.includes(seed))
  return seeds.map(kind === 'apply' ? applySequence : lifecycleSequence)
}
