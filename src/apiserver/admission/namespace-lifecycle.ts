import { statusErrors } from '../../kube/object/status-error.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'

const immortal: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public'])

/** Nothing is made in a namespace that is absent or going, and the system namespaces are not deleted. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: ({ operation, type, groupResource }) =>
    groupResource === 'namespaces' ? operation === 'DELETE' : type.namespaced && operation === 'CREATE',
  mutate: checkNamespace,
  validate({ operation, groupResource, name }) {
    if (operation !== 'DELETE' || groupResource !== 'namespaces' || !immortal.has(name)) return
    throw statusErrors.forbidden({ resource: 'namespaces', group: '', name }, 'this namespace may not be deleted')
  },
}

function checkNamespace({ storage, namespace, type, name }: AdmissionRequest): void {
  const found = storage.get('namespaces', namespace)
  if (found === undefined) throw statusErrors.notFound({ resource: 'namespaces', group: '', name: namespace })
  if (found.metadata.deletionTimestamp === undefined) return
  throw statusErrors.forbidden(
    { resource: type.plural, group: type.group, name },
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  )
}
