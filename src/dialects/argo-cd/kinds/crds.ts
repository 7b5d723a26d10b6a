import type { KubeObject } from '../../../kube/object/kube-object.js'
import { argoCdKinds } from './definitions.js'

/** The definitions of all Argo CD kinds that Flotilla serves, for a hub that does not have them. */
export const argoCdCrds: readonly KubeObject[] = argoCdKinds.map((kind) => kind.definition)
