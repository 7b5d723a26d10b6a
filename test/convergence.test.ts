import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../src/base/random.js'
import type { Application } from '../src/dialects/argo-cd/kinds/application.js'
import type { ApplicationSet } from '../src/dialects/argo-cd/kinds/application-set.js'
import { applicationSetType, applicationType } from '../src/dialects/argo-cd/kinds/resource-types.js'
import { isNotFound } from '../src/kube/object/status-error.js'
import { builtInResources } from '../src/kube/schema/resources.js'
import { createWorld, type World } from './support/worlds/world.js'

// Random fleets, edits and faults: after quiet, what is desired is what is live on every reachable cluster. The twin that
// says what is desired is deliberately naive: it knows the repository's folders and the members' labels, and nothing else.
const url = 'https://git.test/fleet.git'
const configMaps = builtInResources.find((type) => type.group === '' && type.plural === 'configmaps')!
const secrets = builtInResources.find((type) => type.group === '' && type.plural === 'secrets')!
const seeds = Number(process.env.FLOTILLA_SEEDS ?? 12)

for (let seed = 1; seed <= seeds; seed++) {
  test(`desired equals live after random edits and faults, seed ${seed}`, () => runSeed(seed))
}

/** Folder of the repository -> the ConfigMap's data. */
type Desired = Map<string, string>

async function runSeed(seed: number): Promise<void> {
  const random = createSeededRandom(seed * 7919)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random.number() * items.length)]!
  const names = Array.from({ length: 2 + Math.floor(random.number() * 4) }, (_, index) => `member-${index}`)
  const labels = new Map(names.map((name) => [name, random.number() < 0.7 ? 'on' : 'off']))
  const world = await createWorld({ seed, members: Object.fromEntries([...labels].map(([name, fleet]) => [name, { fleet }])) })
  const desired: Desired = new Map()
  try {
    for (let index = 0; index < 3; index++) desired.set(`app-${index}`, 'v0')
    push(world, desired, [])
    await world.client('hub').create(applicationSetType, applicationSet())
    await world.settle()
    await assertConverged(world, desired, labels, `seed ${seed}, at the start`)

    for (let round = 0; round < 4; round++) {
      for (let step = 0; step < 6; step++) await randomStep(world, desired, labels, random.number, pick, round * 10 + step)
      await world.clock.advance(Math.floor(random.number() * 90_000))
    }
    for (const name of names) {
      world.faults(name).heal()
      world.faults(name).errorRate = 0
    }
    world.repositories.fail(url, undefined)
    // Longer than every backoff and every pause between two probes.
    await world.clock.advance(600_000)
    await world.settle({ limitSeconds: 7200 })
    // Edits that pile up while the repository cannot be read may be more than the guard lets through unasked.
    if (await confirmHeldShrink(world)) await world.settle({ limitSeconds: 7200 })
    await assertConverged(world, desired, labels, `seed ${seed}, in the end`)
  } finally {
    await world.stop()
  }
}

async function randomStep(
  world: World,
  desired: Desired,
  labels: Map<string, string>,
  chance: () => number,
  pick: <T>(items: readonly T[]) => T,
  serial: number,
): Promise<void> {
  const names = [...labels.keys()]
  const name = pick(names)
  switch (Math.floor(chance() * 9)) {
    case 0: {
      desired.set(pick([...desired.keys(), `app-${serial}`]), `v${serial}`)
      push(world, desired, [])
      return
    }
    case 1: {
      // Never so many that the shrink guard would hold: that is another test.
      if (desired.size <= 2) return
      const gone = pick([...desired.keys()])
      desired.delete(gone)
      push(world, desired, [gone])
      return
    }
    case 2: {
      const fleet = labels.get(name) === 'on' ? 'off' : 'on'
      if (fleet === 'off' && [...labels.values()].filter((value) => value === 'on').length <= 2) return
      labels.set(name, fleet)
      const body = { metadata: { labels: { fleet } } }
      await world.client('hub').patch({ type: secrets, namespace: 'argocd', name: `cluster-${name}` }, { kind: 'merge', body })
      return
    }
    case 3:
      world.faults(name).cut()
      return
    case 4:
      world.faults(name).heal()
      return
    case 5:
      world.faults(name).errorRate = chance() < 0.5 ? 0.3 : 0
      return
    case 6: {
      // Somebody tampers with a member, or tidies up too much.
      const app = pick([...desired.keys()])
      const target = { type: configMaps, namespace: 'apps', name: app }
      try {
        if (chance() < 0.5) await world.client(name).delete(target)
        else await world.client(name).patch(target, { kind: 'merge', body: { data: { version: 'tampered' } } })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
      return
    }
    case 7:
      world.repositories.fail(url, chance() < 0.5 ? 'out of order' : undefined)
      return
    default:
      await world.clock.advance(Math.floor(chance() * 20_000))
  }
}

/** Says yes to a held shrink, as its condition tells a person to. */
async function confirmHeldShrink(world: World): Promise<boolean> {
  const hub = world.client('hub')
  const target = { type: applicationSetType, namespace: 'argocd', name: 'all' }
  const set = await hub.get<ApplicationSet>(target)
  const held = set.status?.conditions?.find((condition) => condition.reason === 'ShrinkHeld')
  if (held === undefined) return false
  const confirmation = /flotilla\.dev\/confirm-shrink[=:] ?"?([0-9a-f]+)/.exec(held.message)?.[1]
  assert.ok(confirmation, `the condition does not say how to confirm: ${held.message}`)
  await hub.patch(target, { kind: 'merge', body: { metadata: { annotations: { 'flotilla.dev/confirm-shrink': confirmation } } } })
  return true
}

function push(world: World, desired: Desired, removed: readonly string[]): void {
  const files: Record<string, string | null> = {}
  for (const [app, version] of desired) {
    files[`apps/${app}/config.yaml`] =
      `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${app}\ndata:\n  version: ${version}\n`
  }
  for (const app of removed) files[`apps/${app}/config.yaml`] = null
  world.repositories.commit({ url, files })
}

async function assertConverged(world: World, desired: Desired, labels: Map<string, string>, when: string): Promise<void> {
  const { items } = await world.client('hub').list<Application>(applicationType, { namespace: 'argocd' })
  const state = items
    .map((app) => `${app.metadata.name} ${app.status?.sync?.status} ${JSON.stringify(app.status?.conditions ?? [])}`)
    .join('\n')
  for (const [name, fleet] of labels) {
    const live = await world.client(name).list(configMaps, { namespace: 'apps' })
    const found = Object.fromEntries(
      live.items
        .filter((each) => each.metadata.name !== 'kube-root-ca.crt')
        .map((each) => [each.metadata.name, (each.data as { version?: string }).version]),
    )
    const wanted = fleet === 'on' ? Object.fromEntries([...desired].sort(([a], [b]) => (a < b ? -1 : 1))) : {}
    assert.deepEqual(found, wanted, `${when}: ${name} (${fleet})\n${state}`)
  }
  const count = desired.size * [...labels.values()].filter((fleet) => fleet === 'on').length
  assert.equal(items.length, count, `${when}: Applications\n${state}`)
  for (const app of items) assert.equal(app.status?.sync?.status, 'Synced', `${when}: ${app.metadata.name}\n${state}`)
}

function applicationSet() {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name: 'all', namespace: 'argocd' },
    spec: {
      goTemplate: true,
      goTemplateOptions: ['missingkey=error'],
      generators: [
        {
          matrix: {
            generators: [
              { clusters: { selector: { matchLabels: { fleet: 'on' } } } },
              { git: { repoURL: url, revision: 'main', directories: [{ path: 'apps/*' }] } },
            ],
          },
        },
      ],
      template: {
        metadata: { name: '{{ .path.basename }}-{{ .name }}' },
        spec: {
          project: 'default',
          source: { repoURL: url, path: '{{ .path.path }}' },
          destination: { server: '{{ .server }}', namespace: 'apps' },
          syncPolicy: { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] },
        },
      },
    },
  }
}
