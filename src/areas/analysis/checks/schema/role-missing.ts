import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import { applicationOf } from '../../references/application-of.js'
import { missingObjects } from '../../references/missing-objects.js'
import { isPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

const rbac = 'rbac.authorization.k8s.io'

export const roleMissing = defineCheck({
  id: 'role-missing',
  topic: 'schema',
  severity: 'error',
  title: 'A binding names a role or an account that is not there',
  why: 'A binding to what does not exist is accepted and grants nothing: the account is `forbidden` where it was meant to be allowed, and nothing points at the binding.',
  evidence: ['kubernetes.io/docs/reference/access-authn-authz/rbac', 'kubernetes: pkg/registry/rbac/validation, AppliesTo'],
  fix: 'Correct the name, the kind or the namespace. A RoleBinding takes Roles of its own namespace, and ClusterRoles.',
  *run(model) {
    const missing = missingObjects(model)
    for (const kind of ['RoleBinding', 'ClusterRoleBinding'])
      for (const binding of model.kinds(rbac, kind)) {
        // Kubernetes binds its own controllers before there are accounts for them.
        if (
          isPart(model, binding) ||
          binding.label('kubernetes.io/bootstrapping') === 'rbac-defaults' ||
          /^system:/.test(binding.name)
        )
          continue
        const roleKind = binding.text('roleRef', 'kind')
        const role = binding.text('roleRef', 'name')
        if (role !== undefined && !isPlaceholder(role) && (roleKind === 'Role' || roleKind === 'ClusterRole')) {
          const isBuiltIn =
            roleKind === 'ClusterRole' && (/^system:/.test(role) || ['admin', 'edit', 'view', 'cluster-admin'].includes(role))
          const reference = {
            group: rbac,
            kind: roleKind,
            namespace: roleKind === 'Role' ? binding.namespace : undefined,
            name: role,
          }
          const other = otherKind(binding, roleKind, role)
          const found = isBuiltIn || other !== undefined ? undefined : missing.find(reference, binding)
          if (found !== undefined)
            yield {
              message: `${binding.subject} gives ${roleKind} ${role}, which is not there${missing.hint(found)}`,
              at: [binding.at('roleRef', 'name'), ...(found.near === undefined ? [] : [found.near.at('metadata', 'name')])],
            }
          else if (other !== undefined && model.find(reference, binding).length === 0)
            yield {
              message: `${binding.subject} gives ${roleKind} ${role}: there is only the ${other.kind} of that name`,
              at: [binding.at('roleRef', 'kind'), other.at('metadata', 'name')],
            }
        }
        for (const subject of binding.items('subjects')) {
          const name = subject.text('name')
          if (subject.text('kind') !== 'ServiceAccount' || name === undefined || isPlaceholder(name)) continue
          const namespace = subject.text('namespace') ?? binding.namespace
          if (namespace !== undefined && isPlaceholder(namespace)) continue
          const found = missing.find({ group: '', kind: 'ServiceAccount', namespace, name }, binding)
          if (found !== undefined)
            yield {
              message: `${binding.subject} allows ServiceAccount ${name}, which is not there${missing.hint(found)}`,
              at: [subject.at('name'), ...(found.near === undefined ? [] : [found.near.at('metadata', 'name')])],
              severity: 'warning',
            }
        }
      }

    /** The ClusterRole with that name, written beside a binding that means a Role. */
    function otherKind(binding: KubeDocument, kind: 'Role' | 'ClusterRole', name: string): KubeDocument | undefined {
      // ClusterRoles are often another chart's.
      if (kind === 'ClusterRole') return undefined
      const other = 'ClusterRole'
      if (model.find({ group: rbac, kind, name }, binding).length > 0) return undefined
      return model
        .find({ group: rbac, kind: other, name }, binding)
        .find((each) => applicationOf(each) === applicationOf(binding))
    }
  },
})
