import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeService } from '../../src/services/model/kube-kinds.js'
import { createServiceWorld, type ServiceWorld } from '../support/worlds/service-world.js'

// Three clusters that disagree about a service. Whatever comes first to the hub, the end is the same.

const names = ['east', 'north', 'west'] as const
type Name = (typeof names)[number]
const port = (number: number) => ({ name: 'http', port: number, protocol: 'TCP', targetPort: 8080 })
const specs: Readonly<Record<Name, NonNullable<KubeService['spec']>>> = {
  east: { ports: [port(80)] },
  north: { ports: [port(8080), { ...port(9090), name: 'metrics' }], sessionAffinity: 'ClientIP' },
  west: { ports: [port(80)], clusterIP: 'None' },
}
const orders = permutations(names)
const quick = { quietSeconds: 2, limitSeconds: 60 }

test('exports of the same second, in every order', async () => {
  const ends: string[] = []
  for (const order of orders) {
    const world = await deployed()
    for (const name of order) await world.exportService(name)
    await world.settle(quick)
    ends.push(await endOf(world))
    await world.stop()
  }
  assert.equal(ends.length, 6)
  assert.match(ends[0]!, /east Conflict=True\/PortConflict,TypeConflict,SessionAffinityConflict/)
  assert.match(ends[0]!, /"type":"ClusterSetIP"/, 'of equal ages, the first by name')
  for (const end of ends) assert.equal(end, ends[0])
})

test('exports that the hub sees in every order, the oldest last among them', async () => {
  const ends: string[] = []
  for (const order of orders) {
    const world = await deployed()
    for (const name of names) world.faults(name).cut()
    await world.clock.advance(15_000)
    for (const name of ['west', 'north', 'east'] as const) {
      await world.exportService(name)
      await world.clock.advance(2000)
    }
    for (const name of order) {
      world.faults(name).heal()
      await world.clock.advance(200_000)
    }
    await world.settle(quick)
    ends.push(await endOf(world))
    await world.stop()
  }
  assert.match(ends[0]!, /"type":"Headless"/, 'the oldest decides')
  for (const end of ends) assert.equal(end, ends[0])
})

async function deployed(): Promise<ServiceWorld> {
  const world = await createServiceWorld({ east: {}, north: {}, west: {} })
  for (const [index, name] of names.entries()) await world.deploy(name, { endpoints: [`10.${index}.0.1`], spec: specs[name] })
  await world.settle(quick)
  return world
}

/** All that users see, without what chance gives. */
async function endOf(world: ServiceWorld): Promise<string> {
  const lines: string[] = []
  for (const name of names) {
    const found = await world.imported(name)
    const { ips, ...spec } = found?.spec ?? {}
    lines.push(`${name} ${JSON.stringify(spec)} ${ips?.length ?? 0} ${JSON.stringify(found?.status?.clusters)}`)
    for (const { type, status, reason, message } of (await world.exported(name)).status?.conditions ?? [])
      lines.push(`${name} ${type}=${status}/${reason}: ${message}`)
    lines.push(...(await world.traffic(name)).map((line) => `${name} <- ${line}`))
  }
  return lines.join('\n')
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item) => permutations(items.filter((other) => other !== item)).map((rest) => [item, ...rest]))
}
