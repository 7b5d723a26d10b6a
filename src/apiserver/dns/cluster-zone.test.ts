import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterNames, NamedEndpoint, NamedService } from './cluster-names.js'
import { createClusterZone } from './cluster-zone.js'
import { type Answer, chain, type DnsRecord, recordTypes, refusal } from './handler.js'
import { createReverseZone } from './reverse-zone.js'

const none = { clusterIps: [], externalName: '', ports: [] }
const services: Record<string, NamedService> = {
  'default/web': {
    ...none,
    kind: 'cluster-ip',
    clusterIps: ['127.0.32.20', 'fd00::20'],
    ports: [
      { name: 'http', protocol: 'TCP', port: 80 },
      { name: 'quic', protocol: 'UDP', port: 80 },
      { name: '', protocol: 'TCP', port: 99 },
    ],
  },
  'default/db': { ...none, kind: 'headless' },
  'default/idle': { ...none, kind: 'headless' },
  'default/away': { ...none, kind: 'external', externalName: 'Example.COM.' },
  'default/alias': { ...none, kind: 'external', externalName: 'web.default.svc.cluster.local' },
  'default/lost': { ...none, kind: 'external', externalName: 'nothing.default.svc.cluster.local' },
  'default/ring': { ...none, kind: 'external', externalName: 'ring.default.svc.cluster.local' },
}
const ports = [{ name: 'sql', protocol: 'TCP', port: 5432 }]
const endpoints: Record<string, NamedEndpoint[]> = {
  'default/db': [
    { address: '127.0.48.1', hostname: 'db-0', ports },
    { address: '127.0.48.2', hostname: 'db-1', ports },
    { address: '10.244.0.9', hostname: undefined, ports },
  ],
  'default/web': [{ address: '127.0.48.7', hostname: undefined, ports: [] }],
}
const names: ClusterNames = {
  hasNamespace: (name) => name === 'default' || name === 'kube-system',
  service: (namespace, name) => services[`${namespace}/${name}`],
  endpoints: (namespace, name) => endpoints[`${namespace}/${name}`] ?? [],
  owners(address) {
    if (address === '127.0.32.20') return [{ namespace: 'default', service: 'web', label: undefined }]
    if (address === '127.0.48.1') return [{ namespace: 'default', service: 'db', label: 'db-0' }]
    return []
  },
}
const ask = chain([
  createClusterZone({ names, domain: 'cluster.local', serverAddress: '127.0.32.10' }),
  createReverseZone({ names, domain: 'cluster.local', isOwn: (address) => address.startsWith('127.0.3') }),
])

const asker = { address: '127.0.48.1', stream: false }

type Type = keyof typeof recordTypes

/** What is asked, as `A web.default.svc.cluster.local`; `cluster.local` may be left out by a dot at the end. */
function answer(question: string): Answer {
  const [type, name = ''] = question.split(' ')
  const full = name.endsWith('.') ? `${name}cluster.local` : name
  return ask({ name: full, type: recordTypes[type as Type] }, asker) as Answer
}

function textOf(record: DnsRecord): string {
  const { name, ttl, type, ...data } = record
  return `${name} ${ttl} ${type} ${Object.values(data).flat().join(' ')}`
}

const texts = (question: string) => answer(question).answers.map(textOf)

/** `missing`: no such name. `empty`: the name is there. Both with the SOA that says how long that holds. */
function absence(question: string): string {
  const { code, answers, authorities = [], authoritative } = answer(question)
  assert.deepEqual(answers, [])
  assert.equal(authoritative, true)
  assert.deepEqual(
    authorities.map(({ type }) => type),
    ['SOA'],
  )
  return code === 3 ? 'missing' : code === 0 ? 'empty' : String(code)
}

test('a Service with a ClusterIP', () => {
  assert.deepEqual(texts('A web.default.svc.'), ['web.default.svc.cluster.local 30 A 127.0.32.20'])
  assert.deepEqual(texts('AAAA web.default.svc.'), ['web.default.svc.cluster.local 30 AAAA fd00::20'])
  assert.equal(absence('TXT web.default.svc.'), 'empty')
  assert.equal(absence('A nothing.default.svc.'), 'missing')
  assert.equal(absence('A web.other.svc.'), 'missing')
  assert.deepEqual(texts('A 127-0-48-7.web.default.svc.'), ['127-0-48-7.web.default.svc.cluster.local 30 A 127.0.48.7'])
  assert.equal(absence('A pod.web.default.svc.'), 'missing')
  assert.equal(absence('A x.y.z.web.default.svc.'), 'missing')
})

test('ports of a Service', () => {
  assert.deepEqual(texts('SRV _http._tcp.web.default.svc.'), [
    '_http._tcp.web.default.svc.cluster.local 30 SRV 0 100 80 web.default.svc.cluster.local',
  ])
  assert.deepEqual(answer('SRV _http._tcp.web.default.svc.').additional?.map(textOf), [
    'web.default.svc.cluster.local 30 A 127.0.32.20',
    'web.default.svc.cluster.local 30 AAAA fd00::20',
  ])
  assert.equal(absence('A _http._tcp.web.default.svc.'), 'empty')
  assert.equal(absence('SRV _http._udp.web.default.svc.'), 'missing')
  assert.equal(absence('SRV __tcp.web.default.svc.'), 'missing')
  assert.equal(absence('SRV _._tcp.web.default.svc.'), 'missing', 'a port without a name has no record')
  assert.equal(absence('SRV _tcp.web.default.svc.'), 'empty')
  assert.equal(absence('SRV _sctp.web.default.svc.'), 'missing')
  // The same number for TCP and UDP is told once.
  assert.deepEqual(texts('SRV web.default.svc.'), [
    'web.default.svc.cluster.local 30 SRV 0 33 80 web.default.svc.cluster.local',
    'web.default.svc.cluster.local 30 SRV 0 33 99 web.default.svc.cluster.local',
  ])
})

test('a headless Service is its endpoints', () => {
  assert.deepEqual(texts('A db.default.svc.'), [
    'db.default.svc.cluster.local 30 A 127.0.48.1',
    'db.default.svc.cluster.local 30 A 127.0.48.2',
    'db.default.svc.cluster.local 30 A 10.244.0.9',
  ])
  assert.equal(absence('AAAA db.default.svc.'), 'empty')
  assert.equal(absence('A idle.default.svc.'), 'missing', 'nothing is ready')
  assert.deepEqual(texts('A db-1.db.default.svc.'), ['db-1.db.default.svc.cluster.local 30 A 127.0.48.2'])
  assert.deepEqual(texts('A 10-244-0-9.db.default.svc.'), ['10-244-0-9.db.default.svc.cluster.local 30 A 10.244.0.9'])
  assert.equal(absence('A db-2.db.default.svc.'), 'missing')
  assert.equal(absence('AAAA db-1.db.default.svc.'), 'empty')
  assert.deepEqual(texts('SRV _sql._tcp.db.default.svc.'), [
    '_sql._tcp.db.default.svc.cluster.local 30 SRV 0 33 5432 db-0.db.default.svc.cluster.local',
    '_sql._tcp.db.default.svc.cluster.local 30 SRV 0 33 5432 db-1.db.default.svc.cluster.local',
    '_sql._tcp.db.default.svc.cluster.local 30 SRV 0 33 5432 10-244-0-9.db.default.svc.cluster.local',
  ])
  assert.equal(answer('SRV _sql._tcp.db.default.svc.').additional?.length, 3)
})

test('an external Service is an alias', () => {
  assert.deepEqual(texts('A away.default.svc.'), ['away.default.svc.cluster.local 30 CNAME example.com'])
  assert.deepEqual(texts('CNAME alias.default.svc.'), ['alias.default.svc.cluster.local 30 CNAME web.default.svc.cluster.local'])
  assert.deepEqual(texts('A alias.default.svc.'), [
    'alias.default.svc.cluster.local 30 CNAME web.default.svc.cluster.local',
    'web.default.svc.cluster.local 30 A 127.0.32.20',
  ])
  assert.equal(answer('A lost.default.svc.').code, 3)
  assert.equal(texts('A ring.default.svc.').length > 1, true, 'a ring comes to an end')
  assert.equal(absence('A x.away.default.svc.'), 'missing')
})

test('pods by their address', () => {
  assert.deepEqual(texts('A 127-0-48-1.default.pod.'), ['127-0-48-1.default.pod.cluster.local 30 A 127.0.48.1'])
  assert.equal(absence('AAAA 127-0-48-1.default.pod.'), 'empty')
  for (const label of ['127-0-48', '127-0-48-256', 'web', 'a.127-0-48-1', '1-2-3-4-5']) {
    assert.equal(absence(`A ${label}.default.pod.`), 'missing', label)
  }
  assert.equal(absence('A 127-0-48-1.other.pod.'), 'missing')
})

test('the zone and what is between it and its names', () => {
  assert.deepEqual(texts('TXT dns-version.'), ['dns-version.cluster.local 30 TXT 1.1.0'])
  assert.equal(absence('A dns-version.'), 'empty')
  assert.deepEqual(texts('NS cluster.local'), ['cluster.local 30 NS ns.dns.cluster.local'])
  assert.deepEqual(texts('A ns.dns.'), ['ns.dns.cluster.local 30 A 127.0.32.10'])
  assert.match(texts('SOA cluster.local')[0]!, / 30 SOA ns\.dns\.cluster\.local hostmaster\.cluster\.local 1 7200 1800 86400 30$/)
  for (const name of [
    'cluster.local',
    'svc.cluster.local',
    'pod.cluster.local',
    'dns.cluster.local',
    'default.svc.cluster.local',
  ])
    assert.equal(absence(`A ${name}`), 'empty', name)
  for (const name of ['other.svc.cluster.local', 'x.cluster.local', 'default.cluster.local']) {
    assert.equal(absence(`A ${name}`), 'missing', name)
  }
})

test('addresses have names', () => {
  assert.deepEqual(texts('PTR 20.32.0.127.in-addr.arpa'), ['20.32.0.127.in-addr.arpa 30 PTR web.default.svc.cluster.local'])
  assert.deepEqual(texts('PTR 1.48.0.127.in-addr.arpa'), ['1.48.0.127.in-addr.arpa 30 PTR db-0.db.default.svc.cluster.local'])
  assert.equal(absence('PTR 21.32.0.127.in-addr.arpa'), 'missing')
  assert.equal(answer('PTR 8.8.8.8.in-addr.arpa'), refusal)
  assert.equal(answer('PTR 020.32.0.127.in-addr.arpa'), refusal)
})

test('names of others are for others', () => {
  for (const name of ['example.com', '', 'xcluster.local', 'local']) assert.equal(answer(`A ${name}`), refusal, name)
})
