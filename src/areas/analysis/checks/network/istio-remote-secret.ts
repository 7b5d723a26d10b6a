import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'

export const istioRemoteSecret = defineCheck({
  id: 'istio-remote-secret',
  topic: 'network',
  severity: 'error',
  title: 'A remote secret of Istio is not read, or under another name than the cluster’s own',
  why: 'istiod reads Secrets with the label istio/multiCluster: "true" in its own namespace. The key in it is the cluster’s name for discovery: where it differs from `global.multiCluster.clusterName` over there, endpoints have a cluster that no rule means. A name that two secrets have counts once: the later one is ignored.',
  evidence: ['istio/istio#58927', 'istio/istio#42516', 'istio/istio#49780', 'Istio: istioctl/pkg/multicluster/remote_secret.go'],
  fix: 'Make it with `istioctl create-remote-secret --name CLUSTER`, where CLUSTER is the `clusterName` of that cluster.',
  *run(model) {
    const names = new Map<string, string>()
    for (const values of model.values('istio')) {
      const name = values.text('global', 'multiCluster', 'clusterName')
      if (name !== undefined && values.cluster !== undefined)
        names.set(model.cluster(values.cluster)?.name ?? values.cluster, name)
    }
    const seen = new Map<string, KubeDocument>()
    for (const secret of model.kinds('', 'Secret')) {
      const generated = secret.name.startsWith('istio-remote-secret-')
      const labelled = secret.label('istio/multiCluster') === 'true'
      if (generated && !labelled) {
        yield {
          message: `${secret.subject} lacks the label istio/multiCluster: "true": istiod does not read it`,
          at: [secret.at('metadata')],
        }
        continue
      }
      if (!labelled) continue
      if (secret.namespace !== undefined && secret.namespace !== 'istio-system' && !hasIstiod(model, secret.namespace))
        yield {
          message: `${secret.subject} is not in the namespace of istiod`,
          severity: 'warning',
          at: [secret.at('metadata', 'namespace')],
        }
      for (const member of ['data', 'stringData'])
        for (const key of secret.keys(member)) {
          const place = `${secret.cluster ?? ''} ${key}`
          const first = seen.get(place)
          if (first !== undefined && (first.name !== secret.name || first.namespace !== secret.namespace))
            yield {
              message: `the cluster ${key} stands in ${first.subject} and in ${secret.subject}: the later is ignored`,
              at: [secret.atKey(member, key), first.at('metadata', 'name')],
            }
          else seen.set(place, secret)
          const cluster = model.cluster(key)
          const own = cluster === undefined ? undefined : names.get(cluster.name)
          if (own !== undefined && own !== key)
            yield {
              message: `${secret.subject} calls the cluster ${key}, which calls itself ${own}`,
              at: [secret.atKey(member, key)],
            }
        }
    }
  },
})

function hasIstiod(model: Parameters<(typeof istioRemoteSecret)['run']>[0], namespace: string): boolean {
  return model.kinds('apps', 'Deployment').some((each) => each.namespace === namespace && each.name.startsWith('istiod'))
}
