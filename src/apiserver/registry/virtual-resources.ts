import type { KubeObject } from '../../kube/object/kube-object.js'
import type { WriteRequest } from './write-request.js'

/** Resources that are answered at once and never stored, by group resource. */
export const virtualResources: Readonly<Record<string, (request: WriteRequest, body: KubeObject) => Promise<KubeObject>>> = {}
