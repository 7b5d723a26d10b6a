import { defineCheck, type Finding } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { FleetModel } from '../../model/fleet-model.js'
import type { View } from '../../model/view.js'

/** Services by which other clusters reach a control plane or a gateway, with the port that they use. */
interface Entry {
  readonly name: RegExp
  readonly port: number
  readonly what: string
  /** There is one only where other clusters are to come in by it: it needs no mesh that is known of. */
  readonly always?: true
}
const entries: readonly Entry[] = [
  { name: /^clustermesh-apiserver$/, port: 2379, what: 'Cilium’s mesh API server' },
  { name: /^istio-eastwestgateway$/, port: 15443, what: 'Istio’s east-west gateway' },
  { name: /^(kuma|kong-mesh)-global-zone-sync$/, port: 5685, what: 'the global control plane of Kuma', always: true },
]
/** What istiod is reached by from clusters that have none of their own. */
const istiodPort = 15012

export const meshPortClosed = defineCheck({
  id: 'mesh-port-closed',
  topic: 'network',
  severity: 'error',
  title: 'Other clusters cannot reach the way into a cluster of the mesh',
  why: 'Clusters of a mesh reach each other’s control plane or gateway by one Service. If it is of type ClusterIP, has another port, or NetworkPolicies shut the pods behind it, the other clusters keep trying, and see no endpoints of this one.',
  evidence: [
    'cilium/cilium#34441',
    'linkerd/linkerd2#5343',
    'Cilium: Documentation/network/clustermesh/clustermesh.rst',
    'Istio: samples/multicluster/expose-istiod.yaml',
    'Kuma: multi-zone deployment, port 5685',
  ],
  fix: 'Make the Service a LoadBalancer (or a NodePort that the others know), with that port.',
  *run(model) {
    for (const service of model.kinds('', 'Service')) {
      const entry = entries.find(({ name }) => name.test(service.name))
      const { cluster } = service
      if (entry === undefined) continue
      const meshed =
        cluster !== undefined && model.meshes().some((mesh) => mesh.includes(model.cluster(cluster)?.name ?? cluster))
      if (entry.always !== true && !meshed) continue
      const of = cluster === undefined ? '' : ` of ${cluster}`
      const type = service.text('spec', 'type') ?? 'ClusterIP'
      // An annotation is how a controller of the cloud, or an internal network, is told to make it reachable.
      if (type === 'ClusterIP' && !announced(service))
        yield { message: `${entry.what}${of} has a Service of type ClusterIP`, at: [service.at('spec', 'type')] }
      const ports = service.items('spec', 'ports')
      if (ports.length > 0 && !ports.some((port) => port.number('port') === entry.port))
        yield {
          message: `${entry.what}${of} has no port ${entry.port}`,
          severity: 'warning',
          at: [service.at('spec', 'ports')],
        }
      const shut = shutBy(model, service, entry.port)
      if (shut !== undefined)
        yield {
          message: `${entry.what}${of} cannot be reached from outside: ${shut.subject} shuts its pods, and nothing opens port ${entry.port}`,
          at: [shut.at('spec', 'podSelector'), service.at('metadata', 'name')],
          fix: `Allow port ${entry.port} in a NetworkPolicy, from the addresses of the other clusters or from anywhere.`,
        }
    }
    yield* withoutIstiod(model)
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

/** Clusters that use the istiod of another one come in by that one's gateway, which needs the port for it. */
function* withoutIstiod(model: FleetModel): Iterable<Finding> {
  for (const mesh of model.meshes('istio')) {
    const clusters = mesh.flatMap((name) => model.cluster(name) ?? [])
    const remote = clusters
      .flatMap(({ values }) => values)
      .find((values) => values.tool === 'istio' && values.has('global', 'remotePilotAddress'))
    if (remote === undefined) continue
    const gateways = clusters
      .filter(({ values }) => !values.includes(remote))
      .flatMap(({ objects }) => objects.filter(({ kind, group, name }) => isGateway(kind, group, name)))
    if (gateways.length === 0 || gateways.some((gateway) => portsOf(gateway).includes(istiodPort))) continue
    yield {
      message: `${remote.cluster} uses the istiod of another cluster, but no east-west gateway has port ${istiodPort}`,
      at: [gateways[0]!.at('spec', 'ports'), remote.at('global', 'remotePilotAddress')],
      severity: 'warning',
    }
  }
}

function isGateway(kind: string, group: string, name: string): boolean {
  return kind === 'Service' && group === '' && name === 'istio-eastwestgateway'
}

function portsOf(service: KubeDocument): (number | undefined)[] {
  return service.items('spec', 'ports').map((port) => port.number('port'))
}

/**
 * The policy that shuts the pods of a Service, if policies select them and none lets anybody from outside in. A policy that
 * cannot be judged from labels alone (expressions, namespaces of its own making) counts as one that does.
 */
function shutBy(model: FleetModel, service: KubeDocument, port: number): KubeDocument | undefined {
  const selector = service.map('spec', 'selector')
  if (Object.keys(selector).length === 0) return undefined
  let shut: KubeDocument | undefined
  for (const policy of model.kinds('networking.k8s.io', 'NetworkPolicy')) {
    if (policy.cluster !== service.cluster || policy.namespace !== service.namespace) continue
    const types = policy.texts('spec', 'policyTypes')
    if (types.length > 0 && !types.includes('Ingress')) continue
    if (policy.items('spec', 'podSelector', 'matchExpressions').length > 0) return undefined
    const wanted = Object.entries(policy.map('spec', 'podSelector', 'matchLabels'))
    // Labels that only the pods have may select them too.
    if (wanted.some(([key]) => !Object.hasOwn(selector, key))) return undefined
    if (wanted.some(([key, value]) => selector[key] !== value)) continue
    if (policy.items('spec', 'ingress').some((rule) => opens(rule, port))) return undefined
    shut ??= policy
  }
  return shut
}

function opens(rule: View, port: number): boolean {
  const from = rule.items('from')
  if (from.length > 0 && !from.some((peer) => peer.has('ipBlock'))) return false
  const ports = rule.items('ports')
  return (
    ports.length === 0 ||
    ports.some((each) => {
      const first = each.number('port')
      // A name is one of the pods' own, which may be this port.
      return first === undefined || first === port || (first < port && port <= (each.number('endPort') ?? first))
    })
  )
}

function announced(service: KubeDocument): boolean {
  const exported = ['service.cilium.io/global', 'io.cilium/global-service', 'mirror.linkerd.io/exported']
  return service.keys('metadata', 'annotations').some((key) => exported.includes(key)) || service.has('spec', 'externalIPs')
}
