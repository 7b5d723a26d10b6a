import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'

/** Services by which other clusters reach a control plane or a gateway, with the port that they use. */
const entries: readonly { readonly name: RegExp; readonly port: number; readonly what: string }[] = [
  { name: /^clustermesh-apiserver$/, port: 2379, what: 'Cilium’s mesh API server' },
  { name: /^istio-eastwestgateway$/, port: 15443, what: 'Istio’s east-west gateway' },
]

export const meshPortClosed = defineCheck({
  id: 'mesh-port-closed',
  topic: 'network',
  severity: 'error',
  title: 'Other clusters cannot reach the way into a cluster of the mesh',
  why: 'Clusters of a mesh reach each other’s control plane or gateway by one Service. If it is of type ClusterIP, has another port, or a NetworkPolicy shuts the pods behind it, the other clusters keep trying, and see no endpoints of this one.',
  evidence: ['cilium/cilium#34441', 'linkerd/linkerd2#5343', 'Cilium: Documentation/network/clustermesh/clustermesh.rst'],
  fix: 'Make the Service a LoadBalancer (or a NodePort that the others know), with that port.',
  *run(model) {
    for (const service of model.kinds('', 'Service')) {
      const entry = entries.find(({ name }) => name.test(service.name))
      const { cluster } = service
      if (entry === undefined || cluster === undefined || !model.meshes().some((mesh) => mesh.includes(cluster))) continue
      const type = service.text('spec', 'type') ?? 'ClusterIP'
      // An annotation is how a controller of the cloud, or an internal network, is told to make it reachable.
      if (type === 'ClusterIP' && !announced(service))
        yield { message: `${entry.what} of ${cluster} has a Service of type ClusterIP`, at: [service.at('spec', 'type')] }
      const ports = service.items('spec', 'ports')
      if (ports.length > 0 && !ports.some((port) => port.number('port') === entry.port))
        yield {
          message: `${entry.what} of ${cluster} has no port ${entry.port}`,
          severity: 'warning',
          at: [service.at('spec', 'ports')],
        }
    }
    for (const values of model.values('cilium')) {
      const type = values.text('clustermesh', 'apiserver', 'service', 'type')
      const meshed = values.flag('clustermesh', 'useAPIServer') === true
      const name = values.cluster
      if (type !== 'ClusterIP' || !meshed || name === undefined || !model.meshes('cilium').some((mesh) => mesh.includes(name)))
        continue
      yield {
        message: `${entries[0]!.what} of ${name} has a Service of type ClusterIP`,
        at: [values.at('clustermesh', 'apiserver', 'service', 'type')],
      }
    }
  },
})

function announced(service: KubeDocument): boolean {
  const exported = ['service.cilium.io/global', 'io.cilium/global-service', 'mirror.linkerd.io/exported']
  return service.keys('metadata', 'annotations').some((key) => exported.includes(key)) || service.has('spec', 'externalIPs')
}
