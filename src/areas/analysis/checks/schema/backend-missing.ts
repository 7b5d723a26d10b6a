import { defineCheck } from '../../contract.js'
import { areApart } from '../../references/are-apart.js'
import { backendsOf } from '../../references/backends.js'
import { missingObjects } from '../../references/missing-objects.js'
import { isPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

export const backendMissing = defineCheck({
  id: 'backend-missing',
  topic: 'schema',
  severity: 'error',
  title: 'A route sends to a Service or a port that is not there',
  why: 'Ingress controllers and gateways take such a route and answer 503 (some 404 or 500) on it; the object itself stays without complaint.',
  evidence: ['kubernetes: Ingress backend, IngressServiceBackend', 'Gateway API: condition ResolvedRefs, reason BackendNotFound'],
  fix: 'Correct the name or the port: it is the port of the Service, not of the container.',
  *run(model) {
    const missing = missingObjects(model)
    for (const { from, namespace, name, nameAt, port, portAt } of backendsOf(model)) {
      if (isPlaceholder(name) || isPart(model, from)) continue
      const reference = { group: '', kind: 'Service', namespace, name }
      const services = model.find(reference, from)
      if (services.length === 0) {
        const found = missing.find(reference, from)
        if (found !== undefined)
          yield {
            message: `${from.subject} sends to Service ${name}, which is not there${missing.hint(found)}`,
            at: [nameAt.at(), ...(found.near === undefined ? [] : [found.near.at('metadata', 'name')])],
          }
        continue
      }
      if (port === undefined || (typeof port === 'string' && isPlaceholder(port))) continue
      // Every object that may be meant must lack it; one without ports (ExternalName) takes any.
      const lacks = services.every((service) => {
        const ports = service.items('spec', 'ports')
        if (areApart(model, from, service)) return false
        if (ports.length === 0 || service.text('spec', 'type') === 'ExternalName') return false
        return !ports.some((each) => each.get('port') === port || each.get('name') === port || each.text('port') === String(port))
      })
      if (!lacks) continue
      const ports = services[0]!
        .items('spec', 'ports')
        .map((each) => [each.number('port'), each.text('name')].filter(Boolean).join(' '))
      const isTarget = services[0]!.items('spec', 'ports').some((each) => each.get('targetPort') === port)
      yield {
        message: `${from.subject} sends to port ${port} of Service ${name}, which has ${ports.join(', ')}${isTarget ? `; ${port} is the port of its pods` : ''}`,
        at: [portAt.at(), services[0]!.at('spec', 'ports')],
      }
    }
  },
})
