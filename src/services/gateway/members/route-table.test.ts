import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { egressService, formatPlace, ingressPlaces, parsePlace } from './gateway-objects.js'
import { formatRouteTable, parseRouteTable } from './route-table.js'

function service(
  name: string,
  role: string,
  more: { annotations?: Record<string, string>; spec?: object; status?: unknown } = {},
) {
  const { annotations, spec = { ports: [{ port: 15_443 }] }, status } = more
  const metadata = {
    name,
    namespace: 'gw',
    labels: { 'services.flotilla.dev/gateway': role },
    ...(annotations ? { annotations } : {}),
  }
  return { apiVersion: 'v1', kind: 'Service', metadata, spec, status } as unknown as KubeObject
}

test('a table of routes is the same after it has been written and read', () => {
  const table = {
    routes: new Map([
      [16_002, { host: 'api.shop.svc.clusterset.local', port: 80, clusters: ['east', 'north'] }],
      [16_001, { host: 'db.shop.svc.cluster.local', port: 5432, clusters: ['east'] }],
    ]),
    gateways: new Map([
      [
        'east',
        [
          { address: '203.0.113.9', port: 15_443 },
          { address: '2001:db8::1', port: 443 },
        ],
      ],
    ]),
  }
  const text = formatRouteTable(table)
  assert.equal(
    text,
    '{"routes":{"16001":"db.shop.svc.cluster.local:5432 east","16002":"api.shop.svc.clusterset.local:80 east north"},"gateways":{"east":["203.0.113.9:15443","[2001:db8::1]:443"]}}',
  )
  assert.equal(formatRouteTable(parseRouteTable(text)), text)
})

test('what is no route and no gateway is left out', () => {
  const empty = formatRouteTable(parseRouteTable(undefined))
  for (const text of ['', '{', '[]', '7', '{"routes":[],"gateways":"x"}', '{"routes":{"80":"a.b.svc.cluster.local:80 c"}}'])
    assert.equal(formatRouteTable(parseRouteTable(text)), empty, text)
  for (const route of [
    'a.b.svc.cluster.local:80',
    'a.b.svc.cluster.local:0 c',
    'evil.example.com:80 c',
    'a.b.svc.cluster.local:80 C_',
    '',
    7,
  ])
    assert.equal(parseRouteTable(JSON.stringify({ routes: { 16000: route } })).routes.size, 0, String(route))
  const gateways = { east: ['nowhere', '1.2.3.4:0', 'a b:1', '1.2.3.4:15443', 9], __proto__: ['1.2.3.4:1'], west: 'x' }
  assert.deepEqual(
    [...parseRouteTable(JSON.stringify({ gateways })).gateways],
    [['east', [{ address: '1.2.3.4', port: 15_443 }]]],
  )
})

test('the way in is where annotations, load balancers and external addresses say', () => {
  const balanced = { loadBalancer: { ingress: [{ ip: '203.0.113.9' }, { hostname: 'gw.example.com' }, { ip: 7 }, null] } }
  const told = (services: KubeObject[]) => ingressPlaces(services).map(formatPlace)
  assert.deepEqual(told([service('b', 'ingress', { status: balanced })]), ['203.0.113.9:15443', 'gw.example.com:15443'])
  assert.deepEqual(told([service('b', 'both', { spec: { ports: [{ port: 15_443 }], externalIPs: ['2001:db8::1', 'x y'] } })]), [
    '[2001:db8::1]:15443',
  ])
  const annotations = { 'services.flotilla.dev/gateway-addresses': '198.51.100.7:31443, [::1]:70000,gw.example.com:443' }
  assert.deepEqual(told([service('b', 'ingress', { status: balanced, annotations })]), [
    '198.51.100.7:31443',
    'gw.example.com:443',
  ])
  assert.deepEqual(told([service('b', 'ingress', { status: balanced, spec: { ports: [{ port: 443 }] } })]), [], 'another port')
  assert.deepEqual(told([service('b', 'egress', { status: balanced })]), [])
  const several = [service('z', 'both'), service('b', 'egress'), service('a', 'ingress')]
  assert.equal(egressService(several)?.metadata.name, 'b')
  // One that comes later takes nothing over, whatever its name.
  const made = (name: string, creationTimestamp: string) => {
    const made = service(name, 'egress')
    return { ...made, metadata: { ...made.metadata, creationTimestamp } }
  }
  const both = [made('a', '2026-11-21T10:00:01Z'), made('z', '2026-11-21T10:00:00Z')]
  assert.equal(egressService(both)?.metadata.name, 'z')
  assert.equal(parsePlace('::1:80'), undefined)
})
