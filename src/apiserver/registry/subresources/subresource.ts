import type { Patch } from '../../../kube/client/kube-client.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { WriteRequest } from '../writes/write-request.js'

/** The verbs of one subresource; a verb that is absent is not allowed. */
export interface Subresource {
  get?(request: WriteRequest, parent: KubeObject): Promise<KubeObject>
  create?(request: WriteRequest, body: KubeObject): Promise<KubeObject>
  update?(request: WriteRequest, body: KubeObject): Promise<KubeObject>
  patch?(request: WriteRequest, patch: Patch): Promise<KubeObject>
}
