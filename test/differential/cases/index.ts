import type { Case } from '../case.js'
import { bodyCases } from './bodies.js'
import { customCases } from './custom.js'
import { fieldCases } from './fields.js'
import { integerCases } from './integers.js'
import { listCases } from './lists.js'
import { patchCases } from './patches.js'
import { pathCases } from './paths.js'
import { protobufCases } from './protobuf.js'
import { reviewCases } from './reviews.js'
import { selectionCases } from './selections.js'
import { subresourceCases } from './subresources.js'
import { verbCases } from './verbs.js'
import { watchCases } from './watches.js'

/** All cases by topic; each topic has a recording of its own. */
export const topics: Readonly<Record<string, readonly Case[]>> = {
  verbs: verbCases,
  lists: listCases,
  selections: selectionCases,
  watches: watchCases,
  bodies: bodyCases,
  patches: patchCases,
  subresources: subresourceCases,
  paths: pathCases,
  reviews: reviewCases,
  custom: customCases,
  fields: fieldCases,
  integers: integerCases,
  protobuf: protobufCases,
}
