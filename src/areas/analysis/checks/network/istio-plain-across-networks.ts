import { defineCheck } from '../../contract.js'

export const istioPlainAcrossNetworks = defineCheck({
  id: 'istio-plain-across-networks',
  topic: 'network',
  severity: 'warning',
  title: 'Mutual TLS is off for workloads that other networks are to reach',
  why: 'An east-west gateway routes by the name in the TLS handshake. Endpoints in another network that do not speak mutual TLS are left out for every proxy: the service works in its own cluster and does not exist in the others.',
  evidence: ['Istio: pilot/pkg/xds/endpoints/ep_filters.go'],
  fix: 'Leave mutual TLS on (PERMISSIVE or STRICT, ISTIO_MUTUAL) for what other networks use.',
  *run(model) {
    for (const mesh of model.meshes('istio')) {
      const clusters = mesh.flatMap((name) => model.cluster(name) ?? [])
      const networks = new Set(
        clusters.flatMap(({ identities }) => identities.filter(({ tool }) => tool === 'istio-network').map(({ value }) => value)),
      )
      if (networks.size < 2) continue
      for (const { objects } of clusters)
        for (const object of objects) {
          if (object.group !== 'security.istio.io' && object.group !== 'networking.istio.io') continue
          if (object.kind === 'PeerAuthentication' && object.text('spec', 'mtls', 'mode') === 'DISABLE')
            yield {
              message: `${object.subject} turns mutual TLS off in a mesh of several networks`,
              at: [object.at('spec', 'mtls', 'mode')],
            }
          const host = object.text('spec', 'host') ?? ''
          if (
            object.kind === 'DestinationRule' &&
            object.text('spec', 'trafficPolicy', 'tls', 'mode') === 'DISABLE' &&
            /(^\*$|\.local$|^[^.]+$)/.test(host)
          )
            yield {
              message: `${object.subject} turns TLS off for ${host} in a mesh of several networks`,
              at: [object.at('spec', 'trafficPolicy', 'tls', 'mode')],
            }
        }
    }
  },
})
