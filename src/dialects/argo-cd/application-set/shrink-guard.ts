import { sha256 } from '@noble/hashes/sha2.js'
import type { Application } from '../kinds/application.js'
import type { ApplicationSet } from '../kinds/application-set.js'

/** Set on an ApplicationSet to let a held shrink happen; its value is the one that the hold names. */
export const confirmShrinkAnnotation = 'flotilla.dev/confirm-shrink'

export interface ShrinkRules {
  /** Deletions up to this number are never held. */
  readonly freeDeletions: number
  /** Deletions of more than this part of the applications are held. */
  readonly largestPart: number
}

export const defaultShrinkRules: ShrinkRules = { freeDeletions: 3, largestPart: 0.5 }

export interface Hold {
  readonly reason: 'ShrinkHeld'
  readonly message: string
  /** The annotation value that lets exactly these deletions happen. */
  readonly confirmation: string
}

/**
 * Holds a deletion of more than half of the applications (and more than three): a repository or an inventory that answers
 * with too little must not take a fleet down. Confirmed by an annotation whose value names exactly the objects that would go,
 * by UID: it lets these deletions happen once, and any other set needs a confirmation of its own.
 */
export function decideHold(
  appSet: ApplicationSet,
  existing: readonly Application[],
  deletions: readonly Application[],
  rules: ShrinkRules = defaultShrinkRules,
): Hold | undefined {
  if (deletions.length <= rules.freeDeletions || deletions.length <= existing.length * rules.largestPart) return undefined
  const confirmation = confirmationOf(appSet, deletions)
  if (appSet.metadata.annotations?.[confirmShrinkAnnotation] === confirmation) return undefined
  const names = deletions.map((application) => application.metadata.name).sort()
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? `, and ${names.length - 5} more` : '')
  return {
    reason: 'ShrinkHeld',
    confirmation,
    message:
      `held: ${deletions.length} of ${existing.length} applications would be deleted (${shown}). Nothing is created or deleted until this ` +
      `is confirmed with the annotation ${confirmShrinkAnnotation}: "${confirmation}", or the generators give these applications again`,
  }
}

function confirmationOf(appSet: ApplicationSet, deletions: readonly Application[]): string {
  const lines = deletions.map(({ metadata }) => `${metadata.name} ${metadata.uid ?? ''}`).sort()
  const digest = sha256(new TextEncoder().encode([appSet.metadata.uid ?? appSet.metadata.name, ...lines].join('\n')))
  return Array.from(digest.subarray(0, 6), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
