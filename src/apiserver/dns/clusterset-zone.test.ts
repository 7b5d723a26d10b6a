import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterSetNames, ImportedEndpoint, ImportedService } from './clusterset-names.js'
import { createClusterSetZone } from './clusterset-zone.js'
import { type Answer, type DnsRecord, recordTypes } from './handler.js'

const imports: Record<string, ImportedService> = {
  'shop/api': {
    type: 'ClusterSetIP',
    ips: ['127.0.64.20', 'fd00::20'],
    ports: [
      { name: 'http', protocol: 'TCP', port: 80 },
      { name: 'tcp', protocol: 'TCP', port: 42 },
      { name: 'udp', protocol: 'UDP', port: 42 },
      { name: '', protocol: 'TCP', port: 99 },
    ],
  },
  'shop/waits': { type: 'ClusterSetIP', ips: [], ports: [] },
  'shop/db': { type: 'Headless', ips: [], ports: [{ name: 'sql', protocol: 'TCP', port: 5432 }] },
  'shop/idle': { type: 'Headless', ips: [], ports: [] },
}
const ports = [
  { name: 'sql', protocol: 'TCP', port: 5432 },
  { name: 'sqlu', protocol: 'UDP', port: 5432 },
]
const endpoints: Record<string, ImportedEndpoint[]> = {
  'shop/db': [
    { address: '127.0.48.1', hostname: 'db-0', cluster: 'us-east', ports },
    { address: '127.0.80.1', hostname: 'db-0', cluster: 'us-west', ports },
    { address: '127.0.80.2', hostname: undefined, cluster: 'eu.registry', ports },
  ],
}
const names: ClusterSetNames = {
  hasImports: (namespace) => namespace === 'shop',
  import: (namespace, name) => imports[`${namespace}/${name}`],
  endpoints: (namespace, name) => endpoints[`${namespace}/${name}`] ?? [],
  sources: () => ['us-east', 'us-west'],
}
const asker = { address: '127.0.48.1', stream: false }
const zone = createClusterSetZone({ names, domain: 'clusterset.local', serverAddress: '127.0.64.10' })

function answer(question: string): Answer {
  const [type, name = ''] = question.split(' ')
  const full = name === '' ? 'clusterset.local' : `${name}.clusterset.local`
  return zone.answer({ name: full, type: recordTypes[type as keyof typeof recordTypes] }, asker) as Answer
}

function textOf({ name, ttl, type, ...data }: DnsRecord): string {
  return `${name.replace('.clusterset.local', '.')} ${ttl} ${type} ${Object.values(data).flat().join(' ')}`
}

const texts = (question: string) => answer(question).answers.map(textOf)

function absence(question: string): string {
  const { code, answers, authorities = [] } = answer(question)
  assert.deepEqual([answers, authorities.map(({ type }) => type)], [[], ['SOA']])
  return code === 3 ? 'missing' : 'empty'
}

test('the version of the schema, and the zone itself', () => {
  assert.deepEqual(texts('TXT dns-version'), ['dns-version. 5 TXT 1.0.0'])
  assert.equal(answer('SOA ').answers[0]!.type, 'SOA')
  assert.equal(zone.answer({ name: 'api.shop.svc.cluster.local', type: 1 }, asker), undefined, 'of the next in the chain')
  assert.deepEqual(['A svc', 'A shop.svc', 'A dns'].map(absence), ['empty', 'empty', 'empty'])
  assert.deepEqual(['A other.svc', 'A api.other.svc', 'A pod', 'A x.dns', 'A no.shop.svc'].map(absence), Array(5).fill('missing'))
})

test('a service with addresses in the set', () => {
  assert.deepEqual(texts('A api.shop.svc'), ['api.shop.svc. 5 A 127.0.64.20'])
  assert.deepEqual(texts('AAAA api.shop.svc'), ['api.shop.svc. 5 AAAA fd00::20'])
  assert.equal(absence('TXT api.shop.svc'), 'empty')
  assert.equal(absence('A waits.shop.svc'), 'empty', 'imported, but without an address yet')
  assert.equal(absence('A us-east.api.shop.svc'), 'missing', 'a cluster has no name of its own there')
  assert.equal(absence('A pod-0.us-east.api.shop.svc'), 'missing')
})

test('ports of a service with addresses', () => {
  assert.deepEqual(texts('SRV _http._tcp.api.shop.svc'), [
    '_http._tcp.api.shop.svc. 5 SRV 0 100 80 api.shop.svc.clusterset.local',
  ])
  assert.equal(answer('SRV _http._tcp.api.shop.svc').additional!.length, 2)
  assert.equal(absence('SRV _http._udp.api.shop.svc'), 'missing')
  assert.equal(absence('SRV _._tcp.api.shop.svc'), 'missing')
  assert.equal(absence('SRV _tcp.api.shop.svc'), 'empty')
  assert.equal(absence('A _http._tcp.api.shop.svc'), 'empty')
  // 42 is there for TCP and UDP: one record.
  assert.deepEqual(
    texts('SRV api.shop.svc').map((text) => text.split(' ')[5]),
    ['80', '42', '99'],
  )
})

test('a headless service is all ready endpoints of all clusters', () => {
  assert.deepEqual(
    texts('A db.shop.svc'),
    ['127.0.48.1', '127.0.80.1', '127.0.80.2'].map((address) => `db.shop.svc. 5 A ${address}`),
  )
  assert.equal(absence('A idle.shop.svc'), 'missing')
  assert.equal(absence('AAAA db.shop.svc'), 'empty')
  assert.deepEqual(texts('A db-0.us-east.db.shop.svc'), ['db-0.us-east.db.shop.svc. 5 A 127.0.48.1'])
  assert.deepEqual(texts('A 127-0-80-2.eu.registry.db.shop.svc'), ['127-0-80-2.eu.registry.db.shop.svc. 5 A 127.0.80.2'])
  assert.equal(absence('A us-east.db.shop.svc'), 'empty', 'no record, though names are below it')
  assert.equal(absence('A eu.registry.db.shop.svc'), 'empty')
  assert.equal(absence('A registry.db.shop.svc'), 'empty')
  assert.equal(absence('A db-1.us-east.db.shop.svc'), 'missing')
  assert.equal(absence('A db-0.db.shop.svc'), 'missing')
})

test('ports of a headless service: each endpoint for each port', () => {
  assert.deepEqual(texts('SRV _sql._tcp.db.shop.svc'), [
    '_sql._tcp.db.shop.svc. 5 SRV 0 33 5432 db-0.us-east.db.shop.svc.clusterset.local',
    '_sql._tcp.db.shop.svc. 5 SRV 0 33 5432 db-0.us-west.db.shop.svc.clusterset.local',
    '_sql._tcp.db.shop.svc. 5 SRV 0 33 5432 127-0-80-2.eu.registry.db.shop.svc.clusterset.local',
  ])
  assert.equal(texts('SRV db.shop.svc').length, 3, 'equal targets of two protocols once')
  assert.equal(answer('SRV db.shop.svc').additional!.length, 3)
})
