import { formatTime } from '../../../base/clock.js'
import type { KubeObject, ObjectMeta } from '../../../kube/object/kube-object.js'
import { recordCreation } from '../writes/record-creation.js'
import type { WriteRequest } from '../writes/write-request.js'

/** The metadata of the answer to a review: it was never created, and yet its fields have an owner. */
export function reviewMetadata(request: WriteRequest, body: KubeObject): ObjectMeta {
  const { metadata, status: _, ...rest } = body
  const { name, ...given } = metadata
  const asked = { ...rest, metadata: { ...given, name: '' } }
  const { managedFields } = recordCreation(request, asked, formatTime(request.scope.ports.clock.now())).metadata
  return {
    ...given,
    ...(name ? { name } : {}),
    ...(request.namespace === '' ? {} : { namespace: request.namespace }),
    creationTimestamp: null,
    ...(managedFields === undefined ? {} : { managedFields }),
  } as unknown as ObjectMeta
}
