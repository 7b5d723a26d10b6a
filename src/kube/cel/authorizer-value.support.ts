import { celAuthorizer } from './authorizer.js'

/** Decides as the authorizer of the goldens' generator does, for the user jane. */
export const testAuthorizer = celAuthorizer(({ verb, path, resource, serviceAccount }) => {
  const user = serviceAccount === undefined ? 'jane' : `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`
  if (resource === undefined) {
    if (path === '/healthz' && verb === 'get') return { allowed: true, reason: `healthz for ${user}` }
    return { allowed: false, error: `no rule for ${path}` }
  }
  const what = `${verb} ${resource.group}/${resource.resource}/${resource.subresource} ${resource.namespace}/${resource.name}`
  const allowed = resource.resource === 'pods' && verb !== 'delete'
  return { allowed, reason: `${user} ${allowed ? 'may' : 'may not'} ${what}` }
})
