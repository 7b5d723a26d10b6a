import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fleetFacts } from '../../../test/support/cases/fleet-facts.js'
import { decideService } from '../model/decide-service.js'
import type { Audience, Endpoint, Offer, ServicePort } from '../model/service-model.js'
import { createCatalogueRoutes, gatewayHostOf, passthroughAnnotation } from './catalogue-routes.js'
import type { GatewayTarget } from './sni-name.js'

const http: ServicePort = { name: 'http', protocol: 'TCP', port: 80 }
const host = 'api.shop.svc.clusterset.local'

function endpoint(address: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    addresses: [address],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    ready: true,
    serving: true,
    terminating: false,
    locality: { region: '', zone: '', subZone: '' },
    labels: {},
    weight: 1,
    network: 'net-b',
    ...more,
  }
}

function offer(cluster: string, endpoints: readonly Endpoint[], more: Partial<Offer> = {}): Offer {
  return {
    dialect: 'mcs',
    origin: { cluster, text: 'ServiceExport shop/api' },
    service: { namespace: 'shop', name: 'api' },
    cluster,
    createdMs: 1,
    reach: 'clusterset',
    type: 'ClusterSetIP',
    ports: [http],
    sessionAffinity: { type: 'None' },
    ipFamilies: ['IPv4'],
    labels: {},
    annotations: {},
    weight: 1,
    endpoints,
    ...more,
  }
}

function routesOf(offers: readonly Offer[], annotations: Record<string, string> = {}) {
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'shop', name: 'api', annotations } }
  const facts = fleetFacts([
    { name: 'east', network: 'net-b', objects: [service] },
    { name: 'west', network: 'net-a', labels: { env: 'production' }, objects: [] },
  ])
  const decided = decideService(offers)
  const get = ({ name }: { name: string }, reach?: string) =>
    decided !== undefined && name === 'api' && decided.reach === reach ? decided : undefined
  const { backends } = createCatalogueRoutes({ catalogue: { get, facts }, cluster: 'east' })
  return (caller: string | undefined, more: Partial<GatewayTarget> = {}) => {
    const mode = caller === undefined ? 'passthrough' : 'terminate'
    const found = backends({ mode, host, port: 80, ...more }, caller)
    return 'refused' in found ? found.refused : found.map(({ address, port }) => `${address}:${port}`)
  }
}

test('a gateway leads to its own ready endpoints, in its own network, and nowhere else', () => {
  const own = [
    endpoint('10.0.0.1'),
    endpoint('10.0.0.2', { ready: false }),
    endpoint('10.0.0.3', { terminating: true }),
    endpoint('192.0.2.1', { network: 'net-c' }),
  ]
  const ask = routesOf([offer('east', own), offer('north', [endpoint('10.9.0.1')])])
  assert.deepEqual(ask('west'), ['10.0.0.1:8080'])
  assert.equal(ask('west', { port: 81 }), `${host} has no TCP port 81`)
  assert.equal(ask('west', { host: 'web.shop.svc.clusterset.local' }), 'east offers no service web.shop.svc.clusterset.local')
  assert.equal(ask('west', { host: 'api.shop.svc.cluster.local' }), 'east offers no service api.shop.svc.cluster.local')
  assert.equal(ask('west', { host: 'kubernetes' }), 'east offers no service kubernetes')
  assert.equal(routesOf([offer('north', [endpoint('10.9.0.1')])])('west'), `east offers no service ${host}`)
})

test('endpoints that go serve while there is nobody else; without any the caller learns it', () => {
  assert.deepEqual(routesOf([offer('east', [endpoint('10.0.0.3', { terminating: true })])])('west'), ['10.0.0.3:8080'])
  assert.equal(routesOf([offer('east', [])])('west'), `east has no ready endpoint of ${host} at port 80`)
})

test('the certificate decides who may use an offer', () => {
  const limited = (audience: Audience) => routesOf([offer('east', [endpoint('10.0.0.1')], { audience })])
  assert.deepEqual(limited({ clusters: ['west'] })('west'), ['10.0.0.1:8080'])
  assert.equal(limited({ clusters: ['north'] })('west'), 'east offers it to the clusters north')
  assert.deepEqual(limited({ selector: 'env=production' })('west'), ['10.0.0.1:8080'])
  assert.match(String(limited({ selector: 'env=production' })('stranger')), /clusters that match env=production/)
})

test('TLS that goes through wants the allowance of the Service, and no limits', () => {
  const endpoints = [endpoint('10.0.0.1')]
  assert.match(String(routesOf([offer('east', endpoints)])(undefined)), /has no annotation flotilla\.dev\/gateway-passthrough/)
  const allowed = { [passthroughAnnotation]: 'true' }
  assert.deepEqual(routesOf([offer('east', endpoints)], allowed)(undefined), ['10.0.0.1:8080'])
  const limited = offer('east', endpoints, { audience: { clusters: ['west'] } })
  assert.match(String(routesOf([limited], allowed)(undefined)), /for some clusters only/)
})

test('where offers disagree on a port, the loser’s endpoints get none of its traffic', () => {
  const metrics: ServicePort = { name: 'http', protocol: 'TCP', port: 9090 }
  const younger = offer('east', [endpoint('10.0.0.1')], { ports: [metrics], createdMs: 2 })
  const ask = routesOf([offer('north', [endpoint('10.9.0.1')]), younger])
  assert.equal(ask('west'), `east has no ready endpoint of ${host} at port 80`)
  assert.equal(ask('west', { port: 9090 }), `${host} has no TCP port 9090`)
})

test('services of the same name in several clusters have the host of their own cluster domain', () => {
  const ask = routesOf([offer('east', [endpoint('10.0.0.1')], { reach: 'same-name' })])
  assert.deepEqual(ask('west', { host: 'api.shop.svc.cluster.local' }), ['10.0.0.1:8080'])
  assert.equal(gatewayHostOf({ service: { namespace: 'shop', name: 'api' }, reach: 'same-name' }), 'api.shop.svc.cluster.local')
})
