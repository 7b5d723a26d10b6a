import { statusErrors } from '../../kube/object/status-error.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'
import { admissionForbidden } from './forbidden.js'

const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public'])

/** Nothing is made in a namespace that is absent or going, and the system namespaces are not deleted. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: ({ operation, type, groupResource }) =>
    groupResource === 'namespaces' ? operation === 'DELETE' : type.namespaced && operation === 'CREATE' && !isReview(type),
  mutate(request) {
    if (request.groupResource !== 'namespaces') checkNamespace(request)
    else if (immortal.has(request.name)) {
      const name = request.name
      throw statusErrors.forbidden({ resource: 'namespaces', group: '', name }, 'this namespace may not be deleted')
    }
  },
}

/** Access reviews tell nothing of the namespace. */
function isReview(type: { group: string; kind: string }): boolean {
  return type.group === 'authorization.k8s.io' && type.kind === 'LocalSubjectAccessReview'
}

function checkNamespace(request: AdmissionRequest): void {
  const { storage, namespace } = request
  const found = storage.get('namespaces', namespace)
  if (found === undefined) throw statusErrors.notFound({ resource: 'namespaces', group: '', name: namespace })
  if (found.metadata.deletionTimestamp === undefined) return
  throw admissionForbidden(request, `unable to create new content in namespace ${namespace} because it is being terminated`, [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ])
}
