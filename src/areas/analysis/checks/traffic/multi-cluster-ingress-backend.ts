import { defineCheck } from '../../contract.js'

export const multiClusterIngressBackend = defineCheck({
  id: 'multi-cluster-ingress-backend',
  topic: 'traffic',
  severity: 'error',
  title: 'A MultiClusterIngress points at what is not there',
  why: 'The load balancer is built from the ingress and its MultiClusterServices as a whole: a backend without a MultiClusterService leaves all of it unprogrammed, with an event in one namespace of the config cluster as the only sign.',
  evidence: ['GoogleCloudPlatform/gke-networking-recipes: ingress/multi-cluster'],
  fix: 'Name a MultiClusterService of the same namespace with that port.',
  *run(model) {
    const group = 'networking.gke.io'
    for (const ingress of model.kinds(group, 'MultiClusterIngress')) {
      const spec = ingress.view('spec', 'template', 'spec')
      const backends = [
        spec.view('backend'),
        ...spec.items('rules').flatMap((rule) => rule.items('http', 'paths').map((path) => path.view('backend'))),
      ]
      const known = model.kinds(group, 'MultiClusterService').some(({ namespace }) => namespace === ingress.namespace)
      const told = new Set<string>()
      for (const backend of backends) {
        const name = backend.text('serviceName')
        if (name === undefined || told.has(name)) continue
        told.add(name)
        const [service] = model.find({ group, kind: 'MultiClusterService', namespace: ingress.namespace, name }, ingress)
        if (service === undefined) {
          if (known)
            yield {
              message: `${ingress.subject} has the backend ${name}, of which there is no MultiClusterService`,
              at: [backend.at('serviceName')],
            }
          continue
        }
        const port = backend.number('servicePort')
        const ports = service.items('spec', 'template', 'spec', 'ports')
        if (port !== undefined && ports.length > 0 && !ports.some((each) => each.number('port') === port))
          yield {
            message: `${service.subject} has no port ${port}`,
            at: [backend.at('servicePort'), service.at('spec', 'template', 'spec', 'ports')],
          }
      }
    }
  },
})
