import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWorld } from '../../../../test/support/worlds/world.js'
import { createSeededRandom } from '../../../base/random.js'
import type { Application } from '../kinds/application.js'
import { applicationType } from '../kinds/resource-types.js'

const url = 'https://git.example/fleet'
const members = ['east', 'west', 'north']
const services = ['one', 'two', 'three', 'four']
const manifest = (service: string, version: number, more: readonly string[]) =>
  [service, ...more]
    .map((name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {version: "${version}"}\n`)
    .join('---\n')

for (const seed of [1, 2]) {
  test(`a fleet with a bad network ends up as the repository says (seed ${seed})`, async () => {
    const random = createSeededRandom(seed)
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random.number() * items.length)]!
    const world = await createWorld({ members: Object.fromEntries(members.map((name) => [name, {}])), seed })
    try {
      const wanted = new Map(services.map((service) => [service, { version: 1, more: [] as string[] }]))
      const push = () =>
        world.repositories.commit({
          url,
          files: Object.fromEntries(
            [...wanted].map(([service, { version, more }]) => [`${service}/a.yaml`, manifest(service, version, more)]),
          ),
        })
      push()
      const hub = world.client('hub')
      for (const member of members) {
        for (const service of services) {
          const object: Application = {
            apiVersion: 'argoproj.io/v1alpha1',
            kind: 'Application',
            metadata: { name: `${service}-${member}`, namespace: 'argocd' },
            spec: {
              project: 'default',
              destination: { name: member, namespace: service },
              source: { repoURL: url, path: service, targetRevision: 'main' },
              syncPolicy: {
                automated: { prune: true, selfHeal: true },
                syncOptions: ['CreateNamespace=true'],
                retry: { limit: -1, backoff: { duration: '2s', maxDuration: '20s' } },
              },
            },
          }
          await hub.create(applicationType, object)
        }
      }
      for (let step = 0; step < 20; step++) {
        const member = pick(members)
        const faults = world.faults(member)
        const dice = random.number()
        if (dice < 0.15) faults.cut()
        else if (dice < 0.35) faults.heal()
        else if (dice < 0.55) faults.errorRate = pick([0, 0.1, 0.4])
        else if (dice < 0.8) {
          const service = pick(services)
          const before = wanted.get(service)!
          wanted.set(service, { version: before.version + 1, more: pick([[], ['extra'], ['extra', 'other']]) })
          push()
        } else {
          const client = world.client(member)
          const type = (await client.resources()).forName('configmaps')!
          const { items } = await client.list(type)
          const victim = items.find(
            (item) => services.includes(item.metadata.namespace ?? '') && item.metadata.name !== 'kube-root-ca.crt',
          )
          if (victim) await client.delete({ type, namespace: victim.metadata.namespace!, name: victim.metadata.name })
        }
        await world.clock.advance(Math.floor(random.number() * 20_000))
      }
      for (const member of members) {
        world.faults(member).heal()
        world.faults(member).errorRate = 0
      }
      await world.clock.advance(600_000)
      for (const application of (await hub.list<Application>(applicationType)).items) {
        const { name } = application.metadata
        assert.equal(application.status?.sync?.status, 'Synced', `${name}: ${JSON.stringify(application.status?.operationState)}`)
        assert.equal(application.status?.health?.status, 'Healthy', name)
      }
      for (const member of members) {
        const client = world.client(member)
        const type = (await client.resources()).forName('configmaps')!
        for (const [service, { version, more }] of wanted) {
          const { items } = await client.list(type, { namespace: service })
          const found = items.filter((item) => item.metadata.name !== 'kube-root-ca.crt')
          assert.deepEqual(
            found.map((item) => `${item.metadata.name} ${(item.data as { version: string }).version}`).sort(),
            [service, ...more].map((name) => `${name} ${version}`).sort(),
            `${service} on ${member}`,
          )
        }
      }
    } finally {
      await world.stop()
    }
  })
}
