import { defineCheck } from '../../contract.js'
import type { View } from '../../model/view.js'
import { isPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

export const probePortUnknown = defineCheck({
  id: 'probe-port-unknown',
  topic: 'schema',
  severity: 'error',
  title: 'A probe names a port that its container does not have',
  why: 'The kubelet looks the name up among the ports of that container. Where it is not there, the probe fails every time: the container is never ready, or is restarted for ever.',
  evidence: ['kubernetes: pkg/probe, ResolveContainerPort'],
  fix: 'Give the port of the container that name, or the probe the number.',
  *run(model) {
    for (const { object, spec } of model.podSpecs) {
      if (isPart(model, object)) continue
      for (const container of [...spec.items('containers'), ...spec.items('initContainers')]) {
        const names = new Set(container.items('ports').flatMap((port) => port.text('name') ?? []))
        for (const action of actionsOf(container)) {
          const name = action.get('port')
          if (typeof name !== 'string' || names.has(name) || /^\d+$/.test(name) || isPlaceholder(name)) continue
          const has = names.size === 0 ? 'no named ports' : [...names].join(', ')
          yield {
            message: `${object.subject} probes the port ${name} of container ${container.text('name') ?? ''}, which has ${has}`,
            at: [action.at('port'), container.at('ports')],
          }
        }
      }
    }
  },
})

function actionsOf(container: View): View[] {
  const handlers = ['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) => container.view(probe))
  const hooks = ['postStart', 'preStop'].map((hook) => container.view('lifecycle', hook))
  return [...handlers, ...hooks].flatMap((handler) => [handler.view('httpGet'), handler.view('tcpSocket')])
}
