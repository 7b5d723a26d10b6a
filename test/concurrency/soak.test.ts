import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { builtInResources } from '../../src/kube/schema/resources.js'
import { createWorld } from '../support/worlds/world.js'

/** FLOTILLA_SOAK_HOURS: virtual hours (default 1); weeks are for machines with time. */
const hours = Number(process.env['FLOTILLA_SOAK_HOURS'] ?? 1)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const typeOf = (plural: string, group = '') => builtInResources.find((type) => type.plural === plural && type.group === group)!

function deployment(image: string): KubeObject {
  const labels = { app: 'web' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 4,
      revisionHistoryLimit: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } },
    },
  }
}

const cronJob: KubeObject = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'often', namespace: 'default' },
  spec: {
    schedule: '*/5 * * * *',
    successfulJobsHistoryLimit: 2,
    jobTemplate: {
      spec: {
        ttlSecondsAfterFinished: 600,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'job', image: 'example.com/job:1' }] } },
      },
    },
  },
}

test('a world that lives on neither grows nor drifts', { timeout: 100_000 + hours * 10_000 }, async () => {
  const world = await createWorld({ members: { one: {}, two: {} } })
  const names = ['one', 'two']
  const apply = (name: string, object: KubeObject) =>
    world.client(name).patch(
      {
        type: typeOf(object.kind === 'CronJob' ? 'cronjobs' : 'deployments', object.apiVersion.split('/')[0]!),
        namespace: 'default',
        name: object.metadata.name,
      },
      { kind: 'apply', object },
      { fieldManager: 'soak', force: true },
    )
  for (const name of names) await apply(name, cronJob)

  // Watches that come and go, as informers do.
  let events = 0
  const watching = async (name: string, seconds: number) => {
    for await (const _ of world.client(name).watch(typeOf('pods'), { timeoutSeconds: seconds, allowWatchBookmarks: true }))
      events++
  }
  const census = () => {
    const counts = new Map<string, number>()
    for (const name of names) {
      for (const type of builtInResources) {
        const key = type.group === '' ? type.plural : `${type.plural}.${type.group}`
        let count = 0
        for (const _ of world.clusters.get(name)!.peekAll(key)) count++
        if (count > 0) counts.set(key, (counts.get(key) ?? 0) + count)
      }
    }
    return counts
  }
  const marks: { heap: number; counts: Map<string, number> }[] = []
  const watches: Promise<void>[] = []
  const half = 2
  for (let step = 0; step < hours * half; step++) {
    for (const name of names) {
      await apply(name, deployment(`example.com/web:${step}`))
      watches.push(watching(name, 900 + (step % 3) * 300))
    }
    if (step % 3 === 1) {
      // A node dies and comes back as another.
      const nodes = await world.client('one').list(typeOf('nodes'))
      const pods = await world.client('one').list(typeOf('pods'), { namespace: 'default' })
      const used = nodes.items.find(({ metadata }) =>
        pods.items.some(({ spec }) => (spec as { nodeName?: string }).nodeName === metadata.name),
      )
      if (used !== undefined) {
        await world.client('one').delete({ type: typeOf('nodes'), name: used.metadata.name })
        const { apiVersion, kind, metadata } = used
        const { name, labels = {}, annotations = {} } = metadata
        const kubelet = { ...annotations, 'simulation.flotilla.dev/kubelet': 'simulated' }
        await world.client('one').create(typeOf('nodes'), { apiVersion, kind, metadata: { name, labels, annotations: kubelet } })
      }
    }
    await world.clock.advance((3600 / half) * 1000)
    // A third of the way everything that lives for an hour has been replaced once.
    if (step + 1 === Math.ceil((hours * half) / 2) || step + 1 === hours * half) {
      collect()
      marks.push({ heap: process.memoryUsage().heapUsed, counts: census() })
    }
  }
  const [middle, end] = marks as [(typeof marks)[0], (typeof marks)[0]]
  const mib = (bytes: number) => `${(bytes / 1048576).toFixed(1)} MiB`
  const show = (counts: Map<string, number>) => [...counts].map(([name, count]) => `${count} ${name}`).join(', ')
  console.log(`${hours} h, ${events} events: heap ${mib(middle.heap)} half way, ${mib(end.heap)} at the end; ${show(end.counts)}`)
  assert.ok(events > hours * 10, 'watches heard of pods')
  for (const [name, count] of end.counts) {
    const before = middle.counts.get(name) ?? 0
    assert.ok(count <= before * 1.5 + 12, `${name} grew from ${before} to ${count}`)
  }
  const jobs = end.counts.get('jobs.batch') ?? 0
  assert.ok(jobs >= 2 && jobs <= 12, `${jobs} jobs`)
  const pods = await world.client('two').list(typeOf('pods'), { namespace: 'default', labelSelector: 'app=web' })
  assert.equal(pods.items.length, 4)
  for (const pod of pods.items) {
    const [container] = (pod['spec'] as { containers: { image: string }[] }).containers
    assert.equal(container!.image, `example.com/web:${hours * half - 1}`)
  }
  assert.ok(end.heap - middle.heap < (10 + hours) * 1048576, `the heap grew by ${mib(end.heap - middle.heap)}`)
  await world.stop()
  await world.clock.advance(3_600_000)
  await Promise.all(watches)
})
