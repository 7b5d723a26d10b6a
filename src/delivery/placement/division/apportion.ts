import { compareText } from '../../../base/compare-text.js'
import { fnv1a } from './fnv.js'
import { SeatQueue } from './seat-queue.js'

export interface Party {
  readonly name: string
  readonly votes: number
  /** What it held before: breaks ties of the remainder rule. */
  readonly previous?: number
}

/** `webster` is Karmada's rule from 1.16 on, `largest-remainder` the one before it. */
export type ApportionmentRule = 'webster' | 'largest-remainder'

/**
 * Seats for parties by their votes. Without any votes nobody gets a seat. The sum of seats is `seats` otherwise. `keepsFirst`:
 * ties of Webster's rule go to who held more before, so that a newcomer takes nothing for nothing.
 */
export function apportion(
  seats: number,
  parties: readonly Party[],
  uid: string,
  rule: ApportionmentRule = 'webster',
  keepsFirst = false,
): Map<string, number> {
  return rule === 'webster' ? webster(seats, parties, uid, keepsFirst) : largestRemainder(seats, parties, uid)
}

/**
 * Webster's (Sainte-Lague's) method: seats go one by one to the highest votes / (2 * seats + 1). Ties go to fewer seats, then to
 * the lower name, or to the higher one where the hash of the uid is odd, so that not every workload burdens the same cluster.
 */
function webster(seats: number, parties: readonly Party[], uid: string, keepsFirst: boolean): Map<string, number> {
  const result = new Map<string, number>()
  let votes = 0
  for (const party of parties) {
    result.set(party.name, 0)
    votes += party.votes
  }
  if (votes === 0) return result
  const direction = websterPrefersHigherNames(uid) ? -1 : 1
  const before = ({ previous = 0 }: Party) => (keepsFirst ? previous : 0)
  const ordered = [...parties].sort((a, b) => before(b) - before(a) || direction * compareText(a.name, b.name))
  const queue = new SeatQueue(ordered.map((party) => party.votes))
  queue.give(seats, votes)
  for (const [index, party] of ordered.entries()) result.set(party.name, queue.seatsOf(index))
  return result
}

export function websterPrefersHigherNames(uid: string): boolean {
  return uid !== '' && (fnv1a(uid) & 1) === 1
}

/**
 * The whole part of each share, then one each in order of votes, of what it held, and, where Karmada drew lots, of the hash of
 * uid and name.
 */
function largestRemainder(seats: number, parties: readonly Party[], uid: string): Map<string, number> {
  const result = new Map<string, number>()
  let votes = 0
  for (const party of parties) votes += party.votes
  let rest = seats
  for (const party of parties) {
    const whole = votes === 0 ? 0 : wholeShare(party.votes, seats, votes)
    result.set(party.name, whole)
    rest -= whole
  }
  if (votes === 0) return result
  const ordered = parties
    .map((party) => ({ ...party, lot: fnv1a(`${uid}/${party.name}`) }))
    .sort((a, b) => b.votes - a.votes || (b.previous ?? 0) - (a.previous ?? 0) || a.lot - b.lot || compareText(a.name, b.name))
  for (let index = 0; rest > 0; index = (index + 1) % ordered.length, rest--) {
    const { name } = ordered[index] as { name: string }
    result.set(name, (result.get(name) ?? 0) + 1)
  }
  return result
}

function wholeShare(votes: number, seats: number, sum: number): number {
  const product = votes * seats
  return product < Number.MAX_SAFE_INTEGER ? Math.floor(product / sum) : Number((BigInt(votes) * BigInt(seats)) / BigInt(sum))
}
