import { blocksOverlap, parseBlock } from '../../cidr/ip-block.js'
import { defineCheck, type Finding } from '../../contract.js'
import type { ClusterModel } from '../../model/cluster-model.js'
import type { FleetModel } from '../../model/fleet-model.js'

const gatewayLabel = 'submariner.io/gateway'

export const submarinerPrerequisites = defineCheck({
  id: 'submariner-prerequisites',
  topic: 'network',
  severity: 'warning',
  title: 'A cluster has what Submariner does not work with',
  why: 'Submariner programs its routes beside kube-proxy’s iptables rules, and Globalnet gives exported Services external IPs. kube-proxy in IPVS mode goes past those rules, and the admission plugin DenyServiceExternalIPs refuses those Services. Tunnels end on nodes with a label of their own: without one there is no tunnel, with one there is none while it is down. A pool of Calico for addresses of another cluster must not translate them.',
  evidence: [
    'submariner.io: operations/known-issues',
    'submariner.io: development/globalnet',
    'submariner.io: operations/deployment/calico',
    'submariner-io/submariner#2576',
  ],
  fix: 'Run kube-proxy with iptables or nftables, and leave DenyServiceExternalIPs off where Globalnet is used.',
  *run(model) {
    const members = model.clusters.filter(({ identities }) => identities.some(({ tool }) => tool === 'submariner'))
    const names = new Set(members.map(({ name }) => name))
    const isMember = (cluster: string | undefined): cluster is string =>
      cluster !== undefined && names.has(model.cluster(cluster)?.name ?? cluster)
    const globalnet = model.kinds('submariner.io', 'Broker').find((broker) => broker.flag('spec', 'globalnetEnabled') === true)
    for (const proxy of model.kinds('kubeproxy.config.k8s.io', 'KubeProxyConfiguration'))
      if (proxy.text('mode') === 'ipvs' && isMember(proxy.cluster))
        yield { message: `kube-proxy of ${proxy.cluster} runs in IPVS mode`, at: [proxy.at('mode')] }
    for (const member of members) {
      yield* gateways(member)
      yield* pools(model, member, members)
    }
    if (globalnet === undefined) return
    for (const config of model.kinds('kubeadm.k8s.io', 'ClusterConfiguration')) {
      const plugins = config.text('apiServer', 'extraArgs', 'enable-admission-plugins') ?? ''
      if (plugins.includes('DenyServiceExternalIPs') && isMember(config.cluster))
        yield {
          message: `${config.cluster} refuses Services with external IPs, which Globalnet makes`,
          at: [config.at('apiServer', 'extraArgs', 'enable-admission-plugins'), globalnet.at('spec', 'globalnetEnabled')],
        }
    }
  },
})

function* gateways({ name, objects }: ClusterModel): Iterable<Finding> {
  const nodes = objects.filter(({ kind, group }) => kind === 'Node' && group === '')
  const [first] = nodes
  if (first === undefined) return
  const labelled = nodes.filter((node) => node.label(gatewayLabel) === 'true')
  if (labelled.length === 0)
    yield {
      message: `no node of ${name} has the label ${gatewayLabel}: "true"`,
      at: [first.at('metadata', 'labels')],
      fix: 'Label two nodes that the other clusters can reach; `subctl join` labels one where it may choose.',
    }
  else if (labelled.length === 1 && nodes.length > 2)
    yield {
      message: `${name} has one gateway node only: while it is down, or is replaced, the cluster is cut off`,
      severity: 'note',
      at: [labelled[0]!.at('metadata', 'labels', gatewayLabel)],
      fix: 'Label a second node: it takes over in seconds.',
    }
}

/** Calico translates what leaves its pools: a pool for addresses of another cluster has to say that it must not. */
function* pools(model: FleetModel, { name, objects }: ClusterModel, members: readonly ClusterModel[]): Iterable<Finding> {
  for (const pool of objects) {
    if (pool.kind !== 'IPPool' || !/projectcalico\.org$/.test(pool.group)) continue
    const block = parseBlock(pool.text('spec', 'cidr') ?? '')
    if (block === undefined || pool.flag('spec', 'disabled') !== true || pool.flag('spec', 'natOutgoing') !== true) continue
    for (const other of members) {
      const theirs = [...other.podCidrs, ...other.serviceCidrs].find(({ value }) => {
        const range = parseBlock(value)
        return range !== undefined && blocksOverlap(range, block)
      })
      if (theirs === undefined || other.name === name || model.cluster(name)?.name === other.name) continue
      yield {
        message: `${pool.subject} of ${name} is for ${theirs.value} of ${other.name}, and translates addresses`,
        at: [pool.at('spec', 'natOutgoing'), theirs.at],
        fix: 'Set `natOutgoing: false` in it.',
      }
      break
    }
  }
}
