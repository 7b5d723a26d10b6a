import { defineCheck } from '../../contract.js'

export const serviceEntryPointsAtItself = defineCheck({
  id: 'service-entry-points-at-itself',
  topic: 'traffic',
  severity: 'warning',
  title: 'A ServiceEntry sends its own host to its own host',
  why: 'The endpoint is looked up under the name that the entry takes over, so it is found in this cluster: nothing reaches the other network, whatever `network` and `locality` say of the endpoint.',
  evidence: ['Istio: ServiceEntry, endpoints', 'Istio: install multi-primary on different networks'],
  fix: "Give the address of the other cluster's east-west gateway (port 15443) as the endpoint.",
  *run(model) {
    for (const entry of model.kinds('networking.istio.io', 'ServiceEntry')) {
      const hosts = new Set(entry.texts('spec', 'hosts'))
      for (const endpoint of entry.items('spec', 'endpoints')) {
        const address = endpoint.text('address')
        if (address === undefined || !hosts.has(address)) continue
        yield {
          message: `the endpoint ${address} is the entry's own host`,
          at: [endpoint.at('address'), entry.at('spec', 'hosts')],
        }
      }
    }
  },
})
