import type { Case } from '../case.js'
import { verbCases } from './verbs.js'

/** All cases by topic; each topic has a recording of its own. */
export const topics: Readonly<Record<string, readonly Case[]>> = {
  verbs: verbCases,
}
