import { mcsCrds } from '../src/dialects/mcs/crds.js'
import { startOurNameServer } from '../test/support/dns/dns-peers.js'
import { startEmbeddedApi } from '../test/support/worlds/embedded-api.js'

/** Our name server in a process of its own, on an API server that CoreDNS reads too. Prints where both are, as JSON. */
const services = Number(process.argv[2])
const api = await startEmbeddedApi()
const client = api.cluster.client()
const typed = (name: string) => api.cluster.api.catalogue().forName(name)!
for (const crd of mcsCrds) await client.create(typed('customresourcedefinitions'), crd as never)
const name = (index: number) => `web-${index}`
for (let index = 0; index < services; index++) {
  const headless = index % 10 === 9
  await client.create(typed('services'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: name(index), namespace: 'default' },
    spec: {
      clusterIP: headless ? 'None' : `10.96.${64 + (index >> 8)}.${index & 255}`,
      ports: [{ name: 'http', port: 80 }],
    },
  } as never)
  if (!headless) continue
  await client.create(typed('endpointslices'), {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: name(index), namespace: 'default', labels: { 'kubernetes.io/service-name': name(index) } },
    addressType: 'IPv4',
    endpoints: Array.from({ length: 10 }, (_, each) => ({ addresses: [`10.244.${index >> 4}.${(index & 15) * 16 + each}`] })),
    ports: [{ name: 'http', port: 8080 }],
  } as never)
}
const server = await startOurNameServer(api)
process.stdout.write(`${JSON.stringify({ port: server.port, apiPort: api.port, caPem: api.ca.certPem })}\n`)
