import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { FleetModel } from '../../model/fleet-model.js'

export const istioEastWestGateway = defineCheck({
  id: 'istio-east-west-gateway',
  topic: 'network',
  severity: 'error',
  title: 'Clusters of one mesh are in different networks, and one has no way in',
  why: 'Endpoints of another network are replaced by that network’s east-west gateway. Where there is none, or where it does not listen on 15443 with AUTO_PASSTHROUGH for *.local, proxies get pod addresses that they cannot reach, and requests time out.',
  evidence: [
    'istio/istio#42516',
    'istio/istio#29359',
    'Istio: pilot/pkg/xds/endpoints/ep_filters.go, samples/multicluster/expose-services.yaml',
  ],
  fix: 'Deploy an east-west gateway there (label `topology.istio.io/network`), with a Gateway of port 15443, protocol TLS, mode AUTO_PASSTHROUGH and host *.local that selects it.',
  *run(model) {
    for (const gateway of model.kinds('networking.istio.io', 'Gateway'))
      for (const server of gateway.items('spec', 'servers')) {
        if (server.number('port', 'number') !== 15443) continue
        const mode = server.text('tls', 'mode')
        if (mode !== 'AUTO_PASSTHROUGH')
          yield {
            message: `${gateway.subject} listens on 15443 with the mode ${mode ?? '(none)'}, not AUTO_PASSTHROUGH`,
            at: [server.at('tls', 'mode')],
          }
        else if (!server.texts('hosts').some((host) => host === '*.local' || host === '*/*.local' || host === '*'))
          yield {
            message: `${gateway.subject} on 15443 does not have the host *.local`,
            severity: 'warning',
            at: [server.at('hosts')],
          }
      }
    for (const mesh of model.meshes('istio')) {
      const networks = new Map(mesh.flatMap((name) => networkOf(model, name)))
      if (new Set([...networks.values()].map(({ value }) => value)).size < 2) continue
      for (const [name, { value, at }] of networks) {
        // Only of a cluster whose Gateways were given can one be missing.
        const objects = model.cluster(name)?.objects ?? []
        const gateways = objects.filter(({ group, kind }) => kind === 'Gateway' && /istio|gateway\.networking/.test(group))
        if (model.cluster(name)?.live !== true && gateways.length === 0) continue
        if (gateways.some(isEastWest)) continue
        yield { message: `${name} is in the network ${value}, but has no east-west gateway on port 15443`, at: [at] }
      }
    }
  },
})

function networkOf(model: FleetModel, name: string): [string, { value: string; at: ReturnType<KubeDocument['at']> }][] {
  const found = model.cluster(name)?.identities.find(({ tool }) => tool === 'istio-network')
  return found === undefined ? [] : [[name, found]]
}

function isEastWest(gateway: KubeDocument): boolean {
  if (gateway.text('spec', 'gatewayClassName') === 'istio-east-west') return true
  return gateway.items('spec', 'servers').some((server) => server.number('port', 'number') === 15443)
}
