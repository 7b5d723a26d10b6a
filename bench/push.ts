import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import { isNotFound } from '../src/kube/object/status-error.js'
import { builtInResources } from '../src/kube/schema/resources.js'
import type { BenchResult } from './contract.js'
import { startBenchFleet, untilAllHealthy } from './fleet.support.js'

const deployments = builtInResources.find((type) => type.group === 'apps' && type.plural === 'deployments')!
const target = { type: deployments, namespace: 'guestbook', name: 'guestbook' }
const rounds = 30

/** From the end of `git push` to the changed object on three members; and from a deletion or an edit on a member to its repair. */
export async function run(): Promise<BenchResult[]> {
  const fleet = await startBenchFleet()
  try {
    const hub = await fleet.client('hub')
    await untilAllHealthy(hub, 15, fleet.startedAt, 60_000)
    const members = await Promise.all(fleet.description.clusters.map((cluster) => fleet.client(cluster.context)))
    const work = join(fleet.directory, 'work')
    // GIT_SSL_CAINFO would win over the CA that the fleet's gitconfig names.
    const env = { ...process.env, GIT_SSL_CAINFO: undefined }
    const git = (...args: string[]) => execFileSync('git', args, { cwd: work, env, stdio: ['ignore', 'ignore', 'inherit'] })
    execFileSync('git', ['clone', '-q', '-c', `include.path=${fleet.directory}/gitconfig`, fleet.description.git.url, work], {
      env,
    })
    const file = join(work, 'apps/guestbook/base/deployment.yaml')
    const pushes: number[] = []
    for (let round = 0; round < rounds; round++) {
      const image = `nginx:1.${100 + round}`
      writeFileSync(file, readFileSync(file, 'utf8').replace(/nginx:[\w.]+/, image))
      git('-c', 'user.name=bench', '-c', 'user.email=bench@example.com', 'commit', '-qam', image)
      const changed = Promise.all(members.map((member) => untilTrue(async () => imageOf(await member.get(target)) === image)))
      git('push', '-q')
      const pushed = performance.now()
      await changed
      pushes.push(Math.max(0, performance.now() - pushed))
      await untilAllHealthy(hub, 15, Date.now(), 30_000)
    }
    // Another application each time: whoever keeps undoing the same repair meets a backoff, and should.
    const heals: number[] = []
    const [east, west, staging] = members as [KubeClient, KubeClient, KubeClient]
    const places = [
      ...[east, west, staging].map((member) => ({ member, target })),
      ...[east, west].flatMap((member) =>
        ['checkout', 'catalogue'].map((name) => ({ member, target: { type: deployments, namespace: 'shop', name } })),
      ),
      ...[east, west].map((member) => ({ member, target: { type: deployments, namespace: 'api', name: 'api' } })),
    ]
    for (const place of places) {
      const before = (await place.member.get(place.target)).metadata.uid
      const start = performance.now()
      await place.member.delete(place.target)
      await untilTrue(async () => {
        try {
          return (await place.member.get(place.target)).metadata.uid !== before
        } catch (error) {
          if (isNotFound(error)) return false
          throw error
        }
      })
      heals.push(performance.now() - start)
      await untilAllHealthy(hub, 15, Date.now(), 30_000)
    }
    return [
      {
        name: 'git push to changed objects on 3 members, p50',
        unit: 'ms',
        measured: quantile(pushes, 0.5),
        target: { atMost: 500 },
      },
      {
        name: 'git push to changed objects on 3 members, p99',
        unit: 'ms',
        measured: quantile(pushes, 0.99),
        target: { atMost: 1000 },
        note: `${rounds} pushes`,
      },
      { name: 'drift healed, p50', unit: 'ms', measured: quantile(heals, 0.5), target: { atMost: 1000 } },
      {
        name: 'drift healed, slowest',
        unit: 'ms',
        measured: Math.max(...heals),
        target: { atMost: 1000 },
        note: `${heals.length} deletions`,
      },
    ]
  } finally {
    fleet.stop()
  }
}

function imageOf(deployment: KubeObject): string | undefined {
  return (deployment.spec as { template: { spec: { containers: { image: string }[] } } }).template.spec.containers[0]?.image
}

async function untilTrue(look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000
  while (!(await look())) {
    if (Date.now() > end) throw new Error('not within 30 s')
    await new Promise((done) => setTimeout(done, 2))
  }
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)]!
}
