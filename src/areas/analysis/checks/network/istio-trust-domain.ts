import { defineCheck } from '../../contract.js'

export const istioTrustDomain = defineCheck({
  id: 'istio-trust-domain',
  topic: 'network',
  severity: 'error',
  title: 'Clusters of one Istio mesh have different trust domains, and no aliases',
  why: 'A workload is known by spiffe://TRUST-DOMAIN/ns/…/sa/…. A cluster with another trust domain refuses it: mutual TLS across the clusters fails, and authorization policies that name principals do not match.',
  evidence: ['istio/istio#39204', 'istio/istio#37096', 'istio/istio#61608 (ambient fails even with aliases)'],
  fix: 'Set one `meshConfig.trustDomain`, or list the others in `meshConfig.trustDomainAliases` on both sides.',
  *run(model) {
    for (const mesh of model.meshes('istio')) {
      const all = mesh
        .flatMap((name) => model.cluster(name)?.values ?? [])
        .filter((values) => values.tool === 'istio' && values.cluster !== undefined)
      const first = all[0]
      for (const values of all.slice(1)) {
        const here = values.text('meshConfig', 'trustDomain') ?? 'cluster.local'
        const there = first!.text('meshConfig', 'trustDomain') ?? 'cluster.local'
        if (here === there || values.cluster === first!.cluster) continue
        const [hereKnows, thereKnows] = [
          values.texts('meshConfig', 'trustDomainAliases').includes(there),
          first!.texts('meshConfig', 'trustDomainAliases').includes(here),
        ]
        if (hereKnows && thereKnows) continue
        yield {
          message: `the trust domain is ${here} in ${values.cluster}, and ${there} in ${first!.cluster}`,
          at: [values.at('meshConfig', 'trustDomain'), first!.at('meshConfig', 'trustDomain')],
        }
      }
    }
  },
})
