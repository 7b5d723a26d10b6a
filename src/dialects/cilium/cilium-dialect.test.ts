import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ClusterSketch, fleetFacts, serviceObject, sliceObject } from '../../../test/support/cases/fleet-facts.js'
import { apiService, consumerIn } from '../../../test/support/worlds/sample-fleet.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { decideService } from '../../services/model/decide-service.js'
import { rankEndpoints } from '../../services/model/rank/rank-endpoints.js'
import { ciliumDialect } from './cilium-dialect.js'

type Says = Record<string, string> | 'absent'
const global = { 'service.cilium.io/global': 'true' }
const notShared = { ...global, 'service.cilium.io/shared': 'false' }

function fleet(c1: Says, c2: Says, more: { down?: readonly string[]; objects?: readonly KubeObject[] } = {}) {
  const sketch = (name: string, says: Says): ClusterSketch => ({
    name,
    objects: [
      ...(says === 'absent' ? [] : [serviceObject('api', says), sliceObject('api', [name], !more.down?.includes(name))]),
      ...(more.objects ?? []),
    ],
  })
  return fleetFacts([sketch('c1', c1), sketch('c2', c2)])
}

/** Where consumers of each cluster go: `c1: c1 | c2` is first c1, then c2. */
function traffic(facts: ReturnType<typeof fleet>): string[] {
  const service = decideService(ciliumDialect.offers(apiService, facts), ciliumDialect.rules(apiService, facts))
  return ['c1', 'c2'].map((name) => {
    if (service === undefined) return `${name}: not global`
    const { groups } = rankEndpoints(service, consumerIn(name, ''), { reachOf: () => 'reachable', labelsOf: () => ({}) })
    const byPriority = new Map<number, string[]>()
    for (const { priority, endpoints } of groups)
      byPriority.set(priority, [...(byPriority.get(priority) ?? []), ...endpoints.map(({ cluster }) => cluster)])
    return `${name}: ${[...byPriority.values()].map((names) => names.join(' ')).join(' | ')}`
  })
}

describe('the truth table of global services', () => {
  const table: [c1: Says, c2: Says, expected: string[]][] = [
    [global, global, ['c1: c1 c2', 'c2: c1 c2']],
    [global, notShared, ['c1: c1', 'c2: c1 c2']],
    [notShared, global, ['c1: c1 c2', 'c2: c2']],
    [notShared, notShared, ['c1: c1', 'c2: c2']],
    [global, {}, ['c1: c1', 'c2: c2']],
    [{}, global, ['c1: c1', 'c2: c2']],
    [global, 'absent', ['c1: c1', 'c2: ']],
    [{}, {}, ['c1: not global', 'c2: not global']],
    [{ 'service.cilium.io/shared': 'true' }, global, ['c1: c1', 'c2: c2']],
    [{ 'service.cilium.io/global': 'yes' }, global, ['c1: c1', 'c2: c2']],
    [{ 'service.cilium.io/global': 'TRUE' }, global, ['c1: c1 c2', 'c2: c1 c2']],
    [{ 'io.cilium/global-service': 'true' }, global, ['c1: c1 c2', 'c2: c1 c2']],
    [{ 'io.cilium/global-service': 'true', 'io.cilium/shared-service': 'false' }, global, ['c1: c1 c2', 'c2: c2']],
    // The key of today wins, whatever it says.
    [{ 'io.cilium/global-service': 'true', 'service.cilium.io/global': 'false' }, global, ['c1: c1', 'c2: c2']],
    [{ ...global, 'service.cilium.io/shared': 'maybe' }, global, ['c1: c1 c2', 'c2: c2']],
  ]
  for (const [c1, c2, expected] of table)
    test(`${JSON.stringify(c1)} and ${JSON.stringify(c2)}`, () => assert.deepEqual(traffic(fleet(c1, c2)), expected))
})

describe('the truth table of affinity', () => {
  const with_ = (affinity: string) => ({ ...global, 'service.cilium.io/affinity': affinity })
  const table: [affinity: string, down: string[], expected: string][] = [
    ['local', [], 'c1: c1 | c2'],
    ['local', ['c1'], 'c1: c2'],
    ['local', ['c2'], 'c1: c1'],
    ['local', ['c1', 'c2'], 'c1: '],
    ['remote', [], 'c1: c2 | c1'],
    ['remote', ['c1'], 'c1: c2'],
    ['remote', ['c2'], 'c1: c1'],
    ['Local', [], 'c1: c1 | c2'],
    ['none', [], 'c1: c1 c2'],
    ['', [], 'c1: c1 c2'],
    ['nearest', [], 'c1: c1 c2'],
  ]
  for (const [affinity, down, expected] of table)
    test(`${affinity || '(empty)'}, ${down.join(' and ') || 'nobody'} down`, () => {
      // The other cluster's consumers are not told by it.
      assert.equal(traffic(fleet(with_(affinity), global, { down }))[0], expected)
      if (down.length === 0) assert.equal(traffic(fleet(with_(affinity), global))[1], 'c2: c1 c2')
    })
})

test('a namespace that is not global keeps its endpoints, and uses those of others', () => {
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', annotations: { 'clustermesh.cilium.io/global': 'false' } },
  }
  const c1: ClusterSketch = { name: 'c1', objects: [serviceObject('api', global), sliceObject('api', ['c1']), namespace] }
  const c2: ClusterSketch = { name: 'c2', objects: [serviceObject('api', global), sliceObject('api', ['c2'])] }
  const facts = fleetFacts([c1, c2])
  assert.deepEqual(traffic(facts), ['c1: c1 c2', 'c2: c2'])
  assert.match(
    ciliumDialect.diagnose!(apiService, facts)[0]!.message,
    /^the namespace shop is annotated with clustermesh.cilium.io\/global/,
  )
})

test('Services that are going or have no endpoints give nothing', () => {
  const going = serviceObject('api', global)
  going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z'
  assert.deepEqual(ciliumDialect.offers(apiService, fleetFacts([{ name: 'c1', objects: [going] }])), [])
  const external = serviceObject('api', global, { type: 'ExternalName', externalName: 'x.example' })
  assert.deepEqual(ciliumDialect.offers(apiService, fleetFacts([{ name: 'c1', objects: [external] }])), [])
})

describe('what is said about annotations', () => {
  const cases: [c1: Says, c2: Says, expected: RegExp[]][] = [
    [global, global, []],
    [{}, {}, []],
    [
      { ...global, 'service.cilium.io/affinity': 'nearest' },
      global,
      [/c1: annotation service.cilium.io\/affinity is "nearest", which Cilium does not know/],
    ],
    [
      { ...global, 'io.cilium/shared-service': 'no' },
      global,
      [/c1: annotation io.cilium\/shared-service is "no", which counts as false/],
    ],
    [
      { 'service.cilium.io/affinity': 'local' },
      global,
      [/c1: annotation service.cilium.io\/affinity does not count/, /c1: the service is global in c2 and not in c1/],
    ],
    [global, 'absent', [/c1: no other cluster has a Service shop\/api/]],
    [{ 'service.cilium.io/global': '1' }, {}, [/c1: annotation service.cilium.io\/global is "1", which counts as false/]],
  ]
  for (const [c1, c2, expected] of cases)
    test(`${JSON.stringify(c1)} and ${JSON.stringify(c2)}`, () => {
      const found = ciliumDialect.diagnose!(apiService, fleet(c1, c2))
      const texts = found.map(({ origin, message }) => `${origin.cluster}: ${message}`)
      assert.equal(texts.length, expected.length, texts.join('\n'))
      for (const [index, pattern] of expected.entries()) assert.match(texts[index]!, pattern)
      assert.ok(found.every(({ fix }) => /^[A-Z].*\.$/.test(fix)))
    })
})
