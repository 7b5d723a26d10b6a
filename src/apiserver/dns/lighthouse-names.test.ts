import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterSetNames, ImportedEndpoint } from './clusterset-names.js'
import { createClusterSetZone } from './clusterset-zone.js'
import { type Answer, chain, type DnsRecord, recordTypes } from './handler.js'
import { createLighthouseNames } from './lighthouse-names.js'

const ports = [{ name: 'http', protocol: 'TCP', port: 80 }]
const endpoint = (cluster: string, address: string, hostname?: string): ImportedEndpoint => ({
  cluster,
  address,
  hostname,
  ports,
})
let ready: ImportedEndpoint[] = []
const imports: Record<string, { type: 'ClusterSetIP' | 'Headless'; ips: string[] }> = {
  'shop/api': { type: 'ClusterSetIP', ips: [] },
  'shop/vip': { type: 'ClusterSetIP', ips: ['127.0.33.1'] },
  'shop/db': { type: 'Headless', ips: [] },
}
const names: ClusterSetNames = {
  hasImports: (namespace) => namespace === 'shop',
  import(namespace, name) {
    const found = imports[`${namespace}/${name}`]
    return found && { ...found, ports }
  },
  endpoints: () => ready,
  sources: () => ['east', 'west.registry', 'own'],
}
const domain = 'clusterset.local'
const addresses: Record<string, string> = { east: '127.0.64.7', 'west.registry': '127.0.96.7', own: '127.0.32.7' }
const ask = chain([
  createClusterSetZone({ names, domain, serverAddress: '127.0.32.10' }),
  createLighthouseNames({
    names,
    domain,
    cluster: 'own',
    serviceIn: (cluster) => ({ addresses: [addresses[cluster]!], ports }),
  }),
])

function answer(question: string): string {
  const [type = '', name = ''] = question.split(' ')
  const asked = { name: `${name}.svc.clusterset.local`, type: recordTypes[type as keyof typeof recordTypes] }
  const { code, answers, additional = [] } = ask(asked, { address: '', stream: false }) as Answer
  const text = (record: DnsRecord) =>
    record.type === 'A' ? record.address : record.type === 'SRV' ? `${record.port} ${record.target}` : record.type
  return [code, ...answers.map(text), ...additional.map(text)].join(' ')
}

test("a cluster's part of a service, healthy or not", () => {
  ready = []
  assert.equal(answer('A east.api.shop'), '0 127.0.64.7')
  assert.equal(answer('A west.registry.api.shop'), '0 127.0.96.7')
  assert.equal(answer('A east.vip.shop'), '0 127.0.64.7', 'though the set has an address for it')
  assert.equal(answer('AAAA east.api.shop'), '0')
  assert.equal(answer('SRV _http._tcp.east.api.shop'), '0 80 east.api.shop.svc.clusterset.local 127.0.64.7')
  assert.equal(answer('SRV _http._udp.east.api.shop'), '3')
  assert.equal(answer('A north.api.shop'), '3', 'a cluster that does not give it')
  assert.equal(answer('A east.nothing.shop'), '3')
})

test('the own cluster while it has a ready endpoint, then the others in turn', () => {
  ready = [endpoint('own', '10.0.0.1'), endpoint('east', '10.1.0.1')]
  assert.equal(answer('A api.shop'), '0 127.0.32.7')
  assert.equal(answer('SRV _http._tcp.api.shop'), '0 80 api.shop.svc.clusterset.local 127.0.32.7')
  ready = [endpoint('east', '10.1.0.1'), endpoint('west.registry', '10.2.0.1')]
  assert.deepEqual(
    [1, 2, 3, 4].map(() => answer('A api.shop')),
    ['0 127.0.64.7', '0 127.0.96.7', '0 127.0.64.7', '0 127.0.96.7'],
  )
  ready = []
  assert.equal(answer('A api.shop'), '0', 'nobody: an empty answer')
  assert.equal(answer('A vip.shop'), '0 127.0.33.1', 'the address of the set, by the zone itself')
})

test('headless: the endpoints of one cluster', () => {
  ready = [endpoint('own', '10.0.0.1', 'db-0'), endpoint('east', '10.1.0.1'), endpoint('east', '10.1.0.2', 'db-1')]
  assert.equal(answer('A east.db.shop'), '0 10.1.0.1 10.1.0.2')
  assert.equal(answer('SRV _http._tcp.own.db.shop'), '0 80 db-0.own.db.shop.svc.clusterset.local 10.0.0.1')
  assert.equal(answer('A db-1.east.db.shop'), '0 10.1.0.2', 'as specified')
  assert.equal(answer('A db.shop'), '0 10.0.0.1 10.1.0.1 10.1.0.2')
  assert.equal(answer('A west.registry.db.shop'), '0')
})
