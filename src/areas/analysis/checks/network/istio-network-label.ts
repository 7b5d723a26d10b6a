import { defineCheck } from '../../contract.js'

const label = 'topology.istio.io/network'

export const istioNetworkLabel = defineCheck({
  id: 'istio-network-label',
  topic: 'network',
  severity: 'warning',
  title: 'The namespace of istiod does not say in which network its cluster is',
  why: 'In a mesh of several networks istiod takes the network of its own cluster from the label topology.istio.io/network of its namespace. Without it, pods that no injector has labelled count as reachable by everybody, and endpoints of other networks are asked for directly; with another value than `global.network`, half of the cluster is in one network and half in the other.',
  evidence: ['istio/istio#29359', 'istio.io: setup/install/multicluster/multi-primary_multi-network'],
  fix: 'Label the namespace with the value of `global.network`.',
  *run(model) {
    for (const mesh of model.meshes('istio')) {
      const clusters = mesh.flatMap((name) => model.cluster(name) ?? [])
      const networks = clusters.flatMap((cluster) =>
        cluster.identities.filter(({ tool }) => tool === 'istio-network').map((fact) => ({ cluster, fact })),
      )
      if (new Set(networks.map(({ fact }) => fact.value)).size < 2) continue
      for (const { cluster, fact } of networks) {
        const namespace = cluster.objects.find(
          ({ kind, group, name }) => kind === 'Namespace' && group === '' && name === 'istio-system',
        )
        // One that is not given may well be made with the label.
        if (namespace === undefined) continue
        const told = namespace.label(label)
        if (told === fact.value) continue
        yield told === undefined
          ? {
              message: `${namespace.subject} of ${cluster.name} lacks the label ${label}: ${fact.value}`,
              at: [namespace.at('metadata', 'name'), fact.at],
            }
          : {
              message: `${cluster.name} is in the network ${told} by the label of ${namespace.subject}, and in ${fact.value} by its values`,
              severity: 'error',
              at: [namespace.at('metadata', 'labels', label), fact.at],
            }
      }
    }
  },
})
