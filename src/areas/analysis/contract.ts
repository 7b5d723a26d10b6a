import type { Edit } from './model/edit.js'
import type { FleetModel } from './model/fleet-model.js'
import type { Spot } from './model/spot.js'

/**
 * `error`: a real API or tool refuses it, or it can never work as written. `warning`: it works, but not as its author
 * must think, or it stops working on a newer version. `note`: worth knowing, never a reason to fail.
 */
export type Severity = 'error' | 'warning' | 'note'

export const topics = ['network', 'lifecycle', 'gitops', 'federation', 'services', 'traffic', 'access', 'schema'] as const
export type Topic = (typeof topics)[number]

/**
 * One check: one file `checks/<topic>/<id>.ts` that exports one of these (named as the id in camelCase), with
 * `<id>.test.ts` beside it: at least one fleet that it must report, and one near it that it must not.
 *
 * Obligations:
 * - `run` is pure, keeps no state, and says nothing where it is not certain: what is not in the input is unknown, not wrong.
 * - Every contradiction is one finding that names all its sides; `at[0]` is where the reader has to look first.
 * - It stays linear in the number of documents: index by `model.kinds`, never compare all with all.
 * - Documents are data of strangers: any field may have any type. Read through `View` (`text`, `list`, ...), never cast.
 */
export interface Check {
  /** Kebab-case, stable for ever: people write it into suppressions. */
  readonly id: string
  readonly topic: Topic
  readonly severity: Severity
  /** What is wrong, as a heading: `Pod ranges of connected clusters overlap`. */
  readonly title: string
  /** Why it breaks in practice, for somebody who has not seen it break. Markdown, one paragraph. */
  readonly why: string
  /** Where that is known from: upstream source or documentation, issue numbers (`cilium/cilium#20375`), a KEP. */
  readonly evidence: readonly string[]
  /** What to do about it, as an imperative sentence. */
  readonly fix: string
  run(model: FleetModel): Iterable<Finding>
}

export interface Finding {
  /** One sentence with the names and values of this case; it need not repeat the check's `why`. */
  readonly message: string
  /** Every side of the contradiction, the one to look at first in front. Never empty. */
  readonly at: readonly [Spot, ...Spot[]]
  /** Where this case is less or more grave than the check's own severity. */
  readonly severity?: Severity
  /** In place of the check's, where this case has reasons of its own. */
  readonly why?: string
  readonly fix?: string
  /** What `--fix` may do: only what cannot change the meaning beyond mending this. All of them or none are made. */
  readonly edits?: readonly Edit[]
}

/** Declares a check; only there so that the type is checked where the check stands. */
export function defineCheck(check: Check): Check {
  return check
}
