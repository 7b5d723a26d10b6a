import { defineCheck } from '../../contract.js'
import { areApart } from '../../references/are-apart.js'
import { selectedPods, selectorOf } from '../../references/selected-pods.js'
import { isPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

export const serviceTargetPort = defineCheck({
  id: 'service-target-port',
  topic: 'schema',
  severity: 'error',
  title: 'A Service names a port that its pods do not have',
  why: 'A `targetPort` that is a name is looked up among the ports of the containers. Where no container has it, the Service has endpoints without that port: connections are refused, and nothing says why.',
  evidence: ['kubernetes: pkg/api/v1/pod, FindPort', 'kubernetes: endpointslice controller'],
  fix: 'Name the port of the container so, or give `targetPort` as a number.',
  *run(model) {
    const pods = selectedPods(model)
    for (const service of model.kinds('', 'Service')) {
      const selector = selectorOf(service.get('spec', 'selector'))
      if (selector === undefined || isPart(model, service)) continue
      const named = service.items('spec', 'ports').filter((port) => typeof port.get('targetPort') === 'string')
      if (named.length === 0) continue
      const selected = pods
        .of(selector, service)
        .filter((pod) => !isPart(model, pod.object) && !areApart(model, service, pod.object))
      if (selected.length === 0) continue
      const names = new Set(
        selected.flatMap(({ spec }) =>
          ['containers', 'initContainers'].flatMap((member) =>
            spec.items(member).flatMap((container) => container.items('ports').flatMap((port) => port.text('name') ?? [])),
          ),
        ),
      )
      // One port of several may be there for a feature that is off.
      const serves = service
        .items('spec', 'ports')
        .some((port) => typeof port.get('targetPort') !== 'string' || names.has(port.text('targetPort')!))
      const isHeadless = service.text('spec', 'clusterIP') === 'None'
      // Without any port in the templates, something else (a sidecar that is injected) may bring them.
      for (const port of named) {
        const name = port.text('targetPort')!
        if (names.has(name) || /^\d+$/.test(name) || isPlaceholder(name)) continue
        const has = names.size === 0 ? 'no named ports' : [...names].sort().join(', ')
        yield {
          message: `${service.subject} sends to the port ${name}, and the containers of ${selected[0]!.object.subject} have ${has}`,
          at: [port.at('targetPort'), selected[0]!.spec.at('containers', 0, 'ports')],
          severity: serves ? (isHeadless ? 'note' : 'warning') : names.size === 0 ? 'warning' : 'error',
        }
      }
    }
  },
})
