import type { KubeObject } from '../../kube/object/kube-object.js'
import { policyCrds } from './kinds/policy-crds.js'
import { workCrds } from './kinds/work-crds.js'

/** The definitions of all Karmada kinds that a hub serves. */
export const karmadaCrds: readonly KubeObject[] = [...policyCrds, ...workCrds]
