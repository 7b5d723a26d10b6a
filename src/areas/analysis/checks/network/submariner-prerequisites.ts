import { defineCheck } from '../../contract.js'

export const submarinerPrerequisites = defineCheck({
  id: 'submariner-prerequisites',
  topic: 'network',
  severity: 'warning',
  title: 'A cluster has what Submariner does not work with',
  why: 'Submariner programs its routes beside kube-proxy’s iptables rules, and Globalnet gives exported Services external IPs. kube-proxy in IPVS mode goes past those rules, and the admission plugin DenyServiceExternalIPs refuses those Services.',
  evidence: ['submariner.io: operations/known-issues', 'submariner.io: development/globalnet'],
  fix: 'Run kube-proxy with iptables or nftables, and leave DenyServiceExternalIPs off where Globalnet is used.',
  *run(model) {
    const members = new Set(
      model.clusters.filter(({ identities }) => identities.some(({ tool }) => tool === 'submariner')).map(({ name }) => name),
    )
    const globalnet = model.kinds('submariner.io', 'Broker').find((broker) => broker.flag('spec', 'globalnetEnabled') === true)
    for (const proxy of model.kinds('kubeproxy.config.k8s.io', 'KubeProxyConfiguration'))
      if (proxy.text('mode') === 'ipvs' && proxy.cluster !== undefined && members.has(proxy.cluster))
        yield { message: `kube-proxy of ${proxy.cluster} runs in IPVS mode`, at: [proxy.at('mode')] }
    if (globalnet === undefined) return
    for (const config of model.kinds('kubeadm.k8s.io', 'ClusterConfiguration')) {
      const plugins = config.text('apiServer', 'extraArgs', 'enable-admission-plugins') ?? ''
      if (plugins.includes('DenyServiceExternalIPs') && config.cluster !== undefined && members.has(config.cluster))
        yield {
          message: `${config.cluster} refuses Services with external IPs, which Globalnet makes`,
          at: [config.at('apiServer', 'extraArgs', 'enable-admission-plugins'), globalnet.at('spec', 'globalnetEnabled')],
        }
    }
  },
})
