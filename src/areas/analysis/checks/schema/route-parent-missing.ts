import { defineCheck } from '../../contract.js'
import { missingObjects } from '../../references/missing-objects.js'
import { isPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

const group = 'gateway.networking.k8s.io'

export const routeParentMissing = defineCheck({
  id: 'route-parent-missing',
  topic: 'schema',
  severity: 'error',
  title: 'A route belongs to a Gateway or a listener that is not there',
  why: 'A route that names a Gateway or a listener that does not exist is attached to nothing: no condition appears in its status, and requests get 404 from whatever else listens.',
  evidence: ['Gateway API: ParentReference, sectionName', 'Gateway API: condition Accepted, reason NoMatchingParent'],
  fix: 'Correct the name of the Gateway, or `sectionName` to the name of one of its listeners.',
  *run(model) {
    const missing = missingObjects(model)
    for (const kind of ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute', 'UDPRoute'])
      for (const route of model.kinds(group, kind)) {
        if (isPart(model, route)) continue
        for (const parent of route.items('spec', 'parentRefs')) {
          const name = parent.text('name')
          if (name === undefined || isPlaceholder(name)) continue
          if ((parent.text('group') ?? group) !== group || (parent.text('kind') ?? 'Gateway') !== 'Gateway') continue
          const reference = { group, kind: 'Gateway', namespace: parent.text('namespace') ?? route.namespace, name }
          const gateways = model.find(reference, route)
          const section = parent.text('sectionName')
          const found = gateways.length > 0 ? undefined : missing.find(reference, route)
          if (found !== undefined)
            yield {
              message: `${route.subject} belongs to Gateway ${name}, which is not there${missing.hint(found)}`,
              at: [parent.at('name'), ...(found.near === undefined ? [] : [found.near.at('metadata', 'name')])],
            }
          if (section === undefined || gateways.length === 0 || isPlaceholder(section)) continue
          const listeners = gateways.map((gateway) => gateway.items('spec', 'listeners').map((each) => each.text('name')))
          if (listeners.some((names) => names.length === 0 || names.includes(section))) continue
          yield {
            message: `${route.subject} belongs to the listener ${section} of Gateway ${name}, which has ${listeners[0]!.join(', ')}`,
            at: [parent.at('sectionName'), gateways[0]!.at('spec', 'listeners')],
          }
        }
      }
  },
})
