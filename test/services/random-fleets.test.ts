import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../src/base/random.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import type { ResourceType } from '../../src/kube/object/resource-type.js'
import {
  type EndpointSlice,
  endpointSliceType,
  type KubeService,
  type KubeServicePort,
  namespaceType,
  serviceType,
} from '../../src/services/model/kube-kinds.js'
import { type ServiceExport, serviceExportType } from '../../src/services/model/multi-cluster-kinds.js'
import { multiClusterNames } from '../../src/services/model/multi-cluster-names.js'
import { conditionTexts, createServiceWorld, type ServiceWorld, shop } from '../support/worlds/service-world.js'

// Fleets live through random histories: people make, change, export and delete things, namespaces go, the hub loses clusters
// and is started anew. Once all is healed, every cluster has what a plain reading of the standard (KEP-1645) says, worked out
// here from nothing but the objects that people made, whatever happened before.

const names = ['east', 'mid', 'north', 'west'] as const
type Name = (typeof names)[number]
const members = Object.fromEntries(names.map((name) => [name, { region: `r-${name}`, zone: 'a' }]))
const quick = { quietSeconds: 3, limitSeconds: 900 }

/** `FLOTILLA_SEEDS=100-160`: other histories than these. */
const [first = 1, last = first + 2] = (process.env.FLOTILLA_SEEDS ?? '1').split('-').map(Number)

for (const seed of Array.from({ length: last - first + 1 }, (_, index) => first + index)) {
  test(`a random history ends as the standard says (${seed})`, async () => {
    const world = await createServiceWorld(members, seed)
    const history = await live(world, seed, 30)
    for (const name of names) world.faults(name).heal()
    // Clusters that were away for long are looked at seldom.
    await world.clock.advance(200_000)
    await world.settle(quick)
    await compare(world, `seed ${seed}:\n${history.join('\n')}`)
    await world.stop()
  })
}

async function live(world: ServiceWorld, seed: number, steps: number): Promise<string[]> {
  const random = createSeededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.number() * from.length)]!
  const history: string[] = []
  const cut = new Set<Name>()
  let address = 0
  const ignore = (type: ResourceType, name: string, cluster: Name) =>
    world
      .client(cluster)
      .delete(type.namespaced ? { type, namespace: shop, name } : { type, name })
      .catch(() => {})
  const addresses = () => Array.from({ length: Math.floor(random.number() * 4) }, () => `10.0.${names.length}.${++address % 250}`)
  const actions: Record<string, (cluster: Name) => Promise<unknown>> = {
    async deploy(cluster) {
      const ports: KubeServicePort[] = [{ name: 'http', port: pick([80, 80, 80, 81]), protocol: 'TCP' }]
      if (random.number() < 0.3) ports.push({ name: pick(['metrics', 'admin']), port: 9090, protocol: 'TCP' })
      await world
        .deploy(cluster, {
          spec: {
            ports,
            ...(random.number() < 0.2 ? { clusterIP: 'None' } : {}),
            ...(random.number() < 0.2 ? { sessionAffinity: 'ClientIP' } : {}),
            ...(random.number() < 0.1 ? { internalTrafficPolicy: 'Local' } : {}),
          },
        })
        .catch(() => {})
    },
    async endpoints(cluster) {
      const service = await world.find<KubeService>(cluster, serviceType, shop, 'api')
      const body = {
        ports: (service?.spec?.ports ?? []).map(({ name, port, protocol }) => ({ name, port: port + 8000, protocol })),
        endpoints: addresses().map((each) => ({ addresses: [each], conditions: { ready: random.number() < 0.8 } })),
      }
      const target = { type: endpointSliceType, namespace: shop, name: 'api-own' }
      await world
        .client(cluster)
        .patch(target, { kind: 'merge', body })
        .catch(() => {})
    },
    async undeploy(cluster) {
      await ignore(serviceType, 'api', cluster)
      await ignore(endpointSliceType, 'api-own', cluster)
    },
    export: (cluster) =>
      world
        .exportService(cluster, {
          metadata: random.number() < 0.2 ? { annotations: { [multiClusterNames.clustersAnnotation]: pick(names) } } : {},
          spec: random.number() < 0.3 ? { exportedLabels: { team: pick(['a', 'b']) } } : {},
        } as unknown as Partial<KubeObject>)
        .catch(() => {}),
    unexport: (cluster) => ignore(serviceExportType, 'api', cluster),
    namespace: (cluster) =>
      world
        .client(cluster)
        .create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
        .catch(() => {}),
    async emptied(cluster) {
      if (random.number() < 0.5) await ignore(namespaceType, shop, cluster)
    },
    async cut(cluster) {
      if (cut.delete(cluster)) world.faults(cluster).heal()
      else if (cut.size < 2) {
        cut.add(cluster)
        world.faults(cluster).cut()
      }
    },
    async restart() {
      if (random.number() < 0.3) await world.restartHub()
    },
  }
  const often = ['deploy', 'deploy', 'endpoints', 'endpoints', 'endpoints', 'export', 'export', 'export', ...Object.keys(actions)]
  for (let step = 0; step < steps; step++) {
    const [what, cluster] = [pick(often), pick(names)]
    const seconds = pick([0, 1, 2, 10, 100])
    history.push(`${what} ${cluster}, ${seconds} s`)
    await actions[what]!(cluster)
    await world.clock.advance(seconds * 1000)
  }
  return history
}

interface Seen {
  readonly hasNamespace: boolean
  readonly service: KubeService | undefined
  readonly own: EndpointSlice | undefined
  readonly exported: ServiceExport | undefined
}

async function compare(world: ServiceWorld, message: string): Promise<void> {
  const seen = new Map<Name, Seen>()
  for (const name of names) {
    seen.set(name, {
      hasNamespace: (await world.find(name, namespaceType, '', shop)) !== undefined,
      service: await world.find<KubeService>(name, serviceType, shop, 'api'),
      own: await world.find<EndpointSlice>(name, endpointSliceType, shop, 'api-own'),
      exported: await world.find<ServiceExport>(name, serviceExportType, shop, 'api'),
    })
  }
  const exporters = names
    .filter((name) => seen.get(name)!.exported !== undefined && seen.get(name)!.service !== undefined)
    .sort((a, b) => bornAt(seen.get(a)!) - bornAt(seen.get(b)!))
  for (const name of names) {
    const { hasNamespace, exported } = seen.get(name)!
    const offers = exporters.filter((other) => other === name || (audienceOf(seen.get(other)!) ?? name) === name)
    const found = await world.imported(name)
    const where = `${name} of ${message}`
    assert.equal(found !== undefined, hasNamespace && offers.length > 0, `an import in ${where}`)
    if (exported !== undefined) assert.deepEqual(conditionTexts(exported), expectedConditions(name, exporters, seen), where)
    const traffic = await world.traffic(name)
    if (found === undefined) {
      assert.deepEqual(traffic, [], where)
      continue
    }
    const [oldest] = exporters
    const { clusterIP, sessionAffinity, internalTrafficPolicy } = seen.get(oldest!)!.service!.spec!
    const headless = clusterIP === 'None'
    assert.deepEqual(
      [found.spec.type, found.spec.sessionAffinity, found.spec.internalTrafficPolicy, portsText(found.spec.ports)],
      [headless ? 'Headless' : 'ClusterSetIP', sessionAffinity, internalTrafficPolicy, portsText(union(exporters, seen))],
      where,
    )
    assert.equal(found.metadata.labels?.['team'], seen.get(oldest!)!.exported!.spec?.exportedLabels?.['team'], where)
    assert.deepEqual(found.status?.clusters?.map(({ cluster }) => cluster).sort(), [...offers].sort(), where)
    assert.equal(found.spec.ips?.length ?? 0, headless ? 0 : 1, where)
    assert.deepEqual(traffic, expectedTraffic(name, offers, exporters, seen, headless), where)
  }
}

function bornAt({ exported }: Seen): number {
  return Date.parse(String(exported!.metadata.creationTimestamp))
}

function audienceOf({ exported }: Seen): string | undefined {
  return exported?.metadata.annotations?.[multiClusterNames.clustersAnnotation]
}

/** By name, then by number and protocol, the oldest first. */
function union(exporters: readonly Name[], seen: ReadonlyMap<Name, Seen>): KubeServicePort[] {
  const ports: KubeServicePort[] = []
  for (const name of exporters)
    for (const port of seen.get(name)!.service!.spec!.ports ?? [])
      if (ports.every((known) => known.name !== port.name && known.port !== port.port)) ports.push(port)
  return ports
}

function portsText(ports: readonly { name?: string; port: number }[] = []): string[] {
  return ports.map(({ name, port }) => `${name}:${port}`).sort()
}

function expectedConditions(name: Name, exporters: readonly Name[], seen: ReadonlyMap<Name, Seen>): string[] {
  if (!exporters.includes(name)) return ['Conflict=False/NoConflicts', 'Ready=False/Pending', 'Valid=False/NoService']
  const differs = (of: (each: Seen) => unknown) => new Set(exporters.map((each) => JSON.stringify(of(seen.get(each)!)))).size > 1
  const reasons = [
    ...(differs(({ service }) => portsText(service!.spec!.ports)) ? ['PortConflict'] : []),
    ...(differs(({ service }) => service!.spec!.clusterIP === 'None') ? ['TypeConflict'] : []),
    ...(differs(({ service }) => service!.spec!.sessionAffinity) ? ['SessionAffinityConflict'] : []),
    ...(differs(({ exported }) => exported!.spec?.exportedLabels?.['team']) ? ['LabelsConflict'] : []),
    ...(differs(({ service }) => service!.spec!.internalTrafficPolicy) ? ['InternalTrafficPolicyConflict'] : []),
    // A headless Service without a selector has both families.
    ...(differs(({ service }) => service!.spec!.ipFamilies) ? ['IPFamilyConflict'] : []),
  ]
  return [
    reasons.length === 0 ? 'Conflict=False/NoConflicts' : `Conflict=True/${reasons.join(',')}`,
    'Ready=True/Exported',
    'Valid=True/Valid',
  ]
}

/** `SOURCE active: ADDRESSES`: the own cluster's first while there are any, those of the others behind them. */
function expectedTraffic(
  name: Name,
  offers: readonly Name[],
  exporters: readonly Name[],
  seen: ReadonlyMap<Name, Seen>,
  headless: boolean,
): string[] {
  const ports = union(exporters, seen)
  const readyOf = (source: Name) => {
    const { own, service } = seen.get(source)!
    const listening = new Set((own?.ports ?? []).map((port) => port.name))
    const exposes = (service!.spec!.ports ?? []).some(
      (port) => listening.has(port.name ?? '') && ports.some((known) => known.port === port.port),
    )
    // A single port needs no name on either side.
    const single =
      service!.spec!.ports?.length === 1 &&
      own?.ports?.length === 1 &&
      ports.some(({ port }) => port === service!.spec!.ports![0]!.port)
    return exposes || single
      ? (own?.endpoints ?? []).filter((each) => each.conditions?.ready !== false).map((each) => each.addresses[0]!)
      : []
  }
  const given = offers
    .map((source) => ({ source, addresses: readyOf(source).sort() }))
    .filter((each) => each.addresses.length > 0)
  const ownFirst = given.some(({ source }) => source === name)
  return given
    .map(({ source, addresses }) => {
      const active = headless || source === name || !ownFirst
      return `${source} ${active && !headless ? 'active' : headless ? 'standby undefined' : 'standby 1'}: ${addresses.join(' ')}`
    })
    .sort()
}
