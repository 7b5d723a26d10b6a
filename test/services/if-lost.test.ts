import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answeredBy } from '../../src/cli/screens/service-screens.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import type { FleetService } from '../../src/services/model/service-model.js'
import { createServiceWorld, type ServiceWorld, shop } from '../support/worlds/service-world.js'

// `flotilla service explain` says who would answer if a cluster were lost. Then it is lost, and they are to answer.

const names = ['us-east', 'us-west', 'eu-west'] as const
const quick = { quietSeconds: 2, limitSeconds: 60 }
const destinationRules = {
  group: 'networking.istio.io',
  version: 'v1',
  kind: 'DestinationRule',
  plural: 'destinationrules',
  namespaced: true,
}

/** By dialect: a service that all offer, or one that some do. */
const services: Readonly<Record<string, (world: ServiceWorld) => Promise<void>>> = {
  'exported by all': (world) => everywhere(world, 'all', (name) => world.exportService(name, { metadata: { name: 'all' } })),
  'exported by one': async (world) => {
    await world.deploy('us-east', { name: 'alone', endpoints: ['10.9.0.1'] })
    await world.exportService('us-east', { metadata: { name: 'alone' } })
  },
  'with weights': (world) =>
    everywhere(world, 'weighed', (name, index) => {
      const annotations = { 'services.flotilla.dev/weight': String(index) }
      return world.exportService(name, { metadata: { name: 'weighed', annotations } })
    }),
  'Cilium, affinity none': (world) => everywhere(world, 'alike', (name) => annotate(world, name, 'alike', 'none')),
  'Cilium, affinity local': (world) => everywhere(world, 'near', (name) => annotate(world, name, 'near', 'local')),
  'Cilium, affinity remote': (world) => everywhere(world, 'far', (name) => annotate(world, name, 'far', 'remote')),
  'Istio failover': (world) => ruled(world, 'over', { failover: [{ from: 'us-east', to: 'eu-west' }] }),
  'Istio distribute': (world) =>
    ruled(world, 'shared', { distribute: [{ from: 'us-west/*', to: { 'us-east/*': 70, 'eu-west/*': 30 } }] }),
}

test('who would answer is who answers', async () => {
  const world = await createServiceWorld(Object.fromEntries(names.map((name) => [name, {}])))
  for (const deploy of Object.values(services)) await deploy(world)
  await world.settle(quick)
  const { services: catalogue } = world.hub
  assert.equal(catalogue.list().length, Object.keys(services).length)
  let compared = 0
  const rank = (service: FleetService, from: string, without: readonly string[] = []) =>
    answeredBy(catalogue.rank(service, catalogue.consumerIn(catalogue.facts.cluster(from)!), without)).sort()
  for (const lost of names) {
    const others = names.filter((name) => name !== lost)
    const foretold = others.flatMap((from) =>
      catalogue
        .list()
        .map(({ service, reach }) => ({ service, reach, from, by: rank(catalogue.get(service, reach)!, from, [lost]) })),
    )
    world.faults(lost).cut()
    await world.clock.advance(30_000)
    for (const { service, reach, from, by } of foretold) {
      // When nobody is left, what was there is still tried.
      const wanted = by.length === 0 ? [lost] : by
      assert.deepEqual(rank(catalogue.get(service, reach)!, from), wanted, `${service.name} from ${from} without ${lost}`)
      compared++
    }
    world.faults(lost).heal()
    await world.clock.advance(200_000)
  }
  assert.equal(compared, 3 * 2 * Object.keys(services).length)
  await world.stop()
})

async function everywhere(
  world: ServiceWorld,
  name: string,
  then: (cluster: string, index: number) => Promise<unknown>,
): Promise<void> {
  for (const [index, cluster] of names.entries()) {
    await world.deploy(cluster, { name, endpoints: [`10.${index}.${name.length}.1`, `10.${index}.${name.length}.2`] })
    await then(cluster, index)
  }
}

async function ruled(world: ServiceWorld, name: string, localityLbSetting: object): Promise<void> {
  await everywhere(world, name, async (cluster) => {
    await world.exportService(cluster, { metadata: { name } })
    await world.client(cluster).create(destinationRules, {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name, namespace: shop },
      spec: {
        host: `${name}.${shop}.svc.clusterset.local`,
        trafficPolicy: { outlierDetection: {}, loadBalancer: { localityLbSetting } },
      },
    } as KubeObject)
  })
}

async function annotate(world: ServiceWorld, cluster: string, name: string, affinity: string): Promise<void> {
  const annotations = { 'service.cilium.io/global': 'true', 'service.cilium.io/affinity': affinity }
  const type = { group: '', version: 'v1', kind: 'Service', plural: 'services', namespaced: true }
  await world.client(cluster).patch({ type, namespace: shop, name }, { kind: 'merge', body: { metadata: { annotations } } })
}
