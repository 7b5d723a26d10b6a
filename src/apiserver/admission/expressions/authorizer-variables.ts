import { type CelAuthorize, celAuthorizer, celResourceAuthorizer } from '../../../kube/cel/authorizer.js'
import type { UserInfo } from '../../contract.js'
import type { AdmissionRequest } from '../contract.js'
import { admissionNamespace } from '../forbidden.js'
import type { AuthorizerVariables } from './expressions.js'

/** `authorizer` asks for the user of the request, or for a ServiceAccount; `authorizer.requestResource` about the object itself. */
export const authorizerVariables: AuthorizerVariables = {
  types: {
    authorizer: { kind: 'opaque', name: 'kubernetes.authorization.Authorizer' },
    'authorizer.requestResource': { kind: 'opaque', name: 'kubernetes.authorization.ResourceCheck' },
  },
  valuesFor(request) {
    const authorize = authorizeFor(request)
    const { group, plural } = request.type
    return {
      authorizer: () => celAuthorizer(authorize),
      'authorizer.requestResource': () =>
        celResourceAuthorizer(authorize, {
          group,
          resource: plural,
          subresource: request.subresource,
          namespace: admissionNamespace(request),
          name: request.name,
        }),
    }
  },
}

function authorizeFor(request: AdmissionRequest): CelAuthorize {
  return ({ verb, path, resource, serviceAccount }) => {
    const user = serviceAccount === undefined ? request.user : accountUser(serviceAccount)
    if (resource === undefined) return request.authorize({ verb, path: path ?? '' }, user)
    const { group, resource: plural, subresource, namespace, name } = resource
    return request.authorize({ verb, group, version: '*', resource: plural, subresource, namespace, name }, user)
  }
}

function accountUser({ namespace, name }: { namespace: string; name: string }): UserInfo {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  }
}
