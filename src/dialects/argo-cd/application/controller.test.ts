import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { createWorld, type World } from '../../../../test/support/worlds/world.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { isNotFound } from '../../../kube/object/status-error.js'
import type { AppProject } from '../kinds/app-project.js'
import type { Application, ApplicationSpec, ApplicationStatus } from '../kinds/application.js'
import { applicationType, appProjectType } from '../kinds/resource-types.js'

const url = 'https://git.example/fleet'
const map = (name: string, value = '1', annotations = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  annotations: {${annotations}}\ndata: {x: "${value}"}\n`
const automated = { automated: { prune: true, selfHeal: true }, syncOptions: ['CreateNamespace=true'] }

let world: World
let count = 0
let app = ''
let path = ''

before(async () => {
  world = await createWorld({ members: { east: {}, west: {} } })
})
after(() => world.stop())
// Each test has its own application, directory and namespace in one world.
beforeEach(() => {
  app = `app-${++count}`
  path = `dir-${count}`
})

const settle = () => world.settle({ quietSeconds: 4, limitSeconds: 120 })
const push = (files: Record<string, string | null>) =>
  world.repositories.commit({
    url,
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [`${path}/${name}`, text])),
  })

async function apply(spec: Partial<ApplicationSpec> = {}, metadata: Partial<Application['metadata']> = {}): Promise<void> {
  const object: Application = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: app, namespace: 'argocd', ...metadata },
    spec: {
      project: 'default',
      destination: { name: 'east', namespace: app },
      source: { repoURL: url, path, targetRevision: 'main' },
      ...spec,
    },
  }
  await world
    .client('hub')
    .patch(
      { type: applicationType, namespace: 'argocd', name: app },
      { kind: 'apply', object },
      { fieldManager: 'test', force: true },
    )
}

async function merge(body: unknown): Promise<void> {
  await world.client('hub').patch({ type: applicationType, namespace: 'argocd', name: app }, { kind: 'merge', body })
}

async function status(): Promise<ApplicationStatus> {
  return (await world.client('hub').get<Application>({ type: applicationType, namespace: 'argocd', name: app })).status ?? {}
}

async function read(cluster: string, name: string): Promise<KubeObject | undefined> {
  const client = world.client(cluster)
  try {
    return await client.get({ type: (await client.resources()).forName('configmaps')!, namespace: app, name })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

const dataOf = async (name: string, cluster = 'east') => ((await read(cluster, name))?.data as { x?: string } | undefined)?.x

test('an automated application comes up with one write on the hub, and says all about itself', async () => {
  const revision = push({ 'a.yaml': map('a') })
  await settle()
  let writes = 0
  const stop = world.clusters.onChange((change) => {
    if (change.cluster === 'hub' && change.type === 'MODIFIED' && change.object.metadata.name === app) writes++
  })
  await apply({ syncPolicy: automated })
  await settle()
  stop()
  const seen = await status()
  assert.equal(seen.sync?.status, 'Synced')
  assert.equal(seen.sync?.revision, revision)
  assert.equal(seen.health?.status, 'Healthy')
  assert.equal(seen.sourceType, 'Directory')
  assert.equal(seen.operationState?.phase, 'Succeeded')
  assert.equal(seen.operationState?.message, 'successfully synced (all tasks run)')
  assert.deepEqual(
    seen.history?.map((entry) => [entry.id, entry.revision, entry.initiatedBy?.automated]),
    [[0, revision, true]],
  )
  assert.deepEqual(
    seen.resources?.map((row) => `${row.kind}/${row.namespace}/${row.name} ${row.status}`),
    [`ConfigMap/${app}/a Synced`],
  )
  assert.equal(await dataOf('a'), '1')
  assert.equal(writes, 1)
})

test('a push, drift and a removal are followed; nothing is written while nothing changes', async () => {
  push({ 'a.yaml': map('a'), 'b.yaml': map('b') })
  await apply({ syncPolicy: automated })
  await settle()
  const next = push({ 'a.yaml': map('a', '2'), 'b.yaml': null })
  await settle()
  assert.equal(await dataOf('a'), '2')
  assert.equal(await read('east', 'b'), undefined)
  assert.equal((await status()).history?.at(-1)?.revision, next)
  const east = world.client('east')
  const type = (await east.resources()).forName('configmaps')!
  await east.patch({ type, namespace: app, name: 'a' }, { kind: 'merge', body: { data: { x: 'drifted' } } })
  await settle()
  assert.equal(await dataOf('a'), '2')
  const healed = await status()
  assert.equal(healed.operationState?.operation.sync?.selfHealAttemptsCount, 1)
  assert.equal(healed.history?.length, 2, 'healing is no new deployment')
  await east.delete({ type, namespace: app, name: 'a' })
  await settle()
  assert.equal(await dataOf('a'), '2')
  let writes = 0
  const stop = world.clusters.onChange((change) => {
    if (change.cluster === 'hub' && change.object.metadata.name === app) writes++
  })
  await world.clock.advance(3_600_000)
  stop()
  assert.equal(writes, 0)
})

test('without automation a sync waits for an operation; a rollback goes back', async () => {
  const first = push({ 'a.yaml': map('a') })
  await apply({ syncPolicy: { syncOptions: ['CreateNamespace=true'] } })
  await settle()
  assert.equal((await status()).sync?.status, 'OutOfSync')
  assert.equal((await status()).health?.status, 'Missing')
  assert.equal(await read('east', 'a'), undefined)
  await merge({ operation: { sync: {}, initiatedBy: { username: 'ada' } } })
  await settle()
  assert.equal(await dataOf('a'), '1')
  push({ 'a.yaml': map('a', '2') })
  await settle()
  assert.equal((await status()).sync?.status, 'OutOfSync')
  await merge({ operation: { sync: { revision: 'main', prune: true } } })
  await settle()
  assert.equal(await dataOf('a'), '2')
  await merge({ operation: { sync: { revision: first } } })
  await settle()
  assert.equal(await dataOf('a'), '1')
  const rolled = await status()
  assert.equal(rolled.sync?.status, 'OutOfSync')
  assert.equal(rolled.operationState?.syncResult?.revision, first)
  assert.deepEqual(
    rolled.history?.map((entry) => entry.id),
    [0, 1, 2],
  )
  const live = await world.client('hub').get<Application>({ type: applicationType, namespace: 'argocd', name: app })
  assert.equal(live.operation, undefined)
})

test('what is wrong is said in conditions, and heals by itself', async () => {
  await apply({ destination: { name: 'nowhere', namespace: app }, syncPolicy: automated })
  await settle()
  const unknown = await status()
  assert.deepEqual(
    unknown.conditions?.map(({ type, message }) => `${type}: ${message}`),
    ['InvalidSpecError: unable to find destination server: there are no clusters with this name: nowhere'],
  )
  assert.equal(unknown.sync?.status, 'Unknown')
  await apply({ syncPolicy: automated })
  await settle()
  const missing = await status()
  assert.match(
    missing.conditions?.[0]?.message ?? '',
    new RegExp(`Failed to load target state: .*${path}: app path does not exist`),
  )
  push({ 'a.yaml': map('a') })
  await settle()
  const fine = await status()
  assert.equal(fine.conditions, undefined)
  assert.equal(fine.sync?.status, 'Synced')
})

test('a project refuses, and lets in as soon as it is changed', async () => {
  push({ 'a.yaml': map('a') })
  const project = (sourceRepos: string[]) =>
    world.client('hub').patch(
      { type: appProjectType, namespace: 'argocd', name: app },
      {
        kind: 'apply',
        object: {
          apiVersion: 'argoproj.io/v1alpha1',
          kind: 'AppProject',
          metadata: { name: app, namespace: 'argocd' },
          spec: { sourceRepos, destinations: [{ name: '*', namespace: '*' }] },
        },
      },
      { fieldManager: 'test', force: true },
    )
  await apply({ project: app, syncPolicy: automated })
  await settle()
  assert.match((await status()).conditions?.[0]?.message ?? '', /referencing project .* which does not exist/)
  await project(['https://elsewhere/*'])
  await settle()
  assert.match((await status()).conditions?.[0]?.message ?? '', /application repo .* is not permitted in project/)
  await project([url])
  await settle()
  assert.equal((await status()).sync?.status, 'Synced')
})

test('an object that the cluster refuses fails the sync, with retries, and no half is left', async () => {
  push({ 'a.yaml': map('a'), 'b.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {nonsense: 1}\n' })
  await apply({ syncPolicy: { ...automated, retry: { limit: 2, backoff: { duration: '1s' } } } })
  await settle()
  const failed = await status()
  assert.equal(failed.operationState?.phase, 'Failed')
  assert.equal(failed.operationState?.retryCount, 2)
  assert.match(
    failed.operationState?.message ?? '',
    /one or more objects failed to apply \(dry run\), reason: .*nonsense.*retried 2 times/s,
  )
  assert.match(failed.conditions?.find((one) => one.type === 'SyncError')?.message ?? '', /Failed last sync attempt/)
  assert.equal(await read('east', 'a'), undefined)
  push({ 'b.yaml': null })
  await settle()
  assert.equal((await status()).operationState?.phase, 'Succeeded')
  assert.equal((await status()).conditions, undefined)
})

test('deletion with the finalizer takes the objects along, without it leaves them', async () => {
  push({ 'a.yaml': map('a') })
  const remove = () => world.client('hub').delete({ type: applicationType, namespace: 'argocd', name: app })
  await apply({ syncPolicy: automated })
  await settle()
  await remove()
  await settle()
  assert.equal(await dataOf('a'), '1')
  await apply({ syncPolicy: automated }, { finalizers: ['resources-finalizer.argocd.argoproj.io'] })
  await settle()
  await remove()
  await settle()
  assert.equal(await read('east', 'a'), undefined)
  await assert.rejects(status(), isNotFound)
})

test('a cluster that is cut off is unknown; deletion waits for it', async () => {
  push({ 'a.yaml': map('a') })
  await apply(
    { syncPolicy: automated, destination: { name: 'west', namespace: app } },
    { finalizers: ['resources-finalizer.argocd.argoproj.io'] },
  )
  await settle()
  world.faults('west').cut()
  await world.clock.advance(120_000)
  const cut = await status()
  assert.equal(cut.sync?.status, 'Unknown')
  assert.equal(cut.health?.status, 'Unknown')
  await world.client('hub').delete({ type: applicationType, namespace: 'argocd', name: app })
  await world.clock.advance(120_000)
  assert.equal((await status()).sync?.status, 'Unknown', 'it is still there')
  world.faults('west').heal()
  await world.clock.advance(240_000)
  await assert.rejects(status(), isNotFound)
  assert.equal(await read('west', 'a'), undefined)
})

test('refresh reads again and is taken off; skip-reconcile holds everything', async () => {
  push({ 'a.yaml': map('a') })
  await apply({ syncPolicy: automated })
  await settle()
  const before = (await status()).reconciledAt
  await merge({ metadata: { annotations: { 'argocd.argoproj.io/refresh': 'hard' } } })
  await settle()
  const live = await world.client('hub').get<Application>({ type: applicationType, namespace: 'argocd', name: app })
  assert.equal(live.metadata.annotations?.['argocd.argoproj.io/refresh'], undefined)
  assert.notEqual(live.status?.reconciledAt, before)
  await merge({ metadata: { annotations: { 'argocd.argoproj.io/skip-reconcile': 'true' } } })
  push({ 'a.yaml': map('a', '2') })
  await settle()
  assert.equal(await dataOf('a'), '1')
})

test('a sync window holds an application until it opens', async () => {
  push({ 'a.yaml': map('a') })
  const at = new Date(world.clock.now() + 10 * 60_000)
  const object: AppProject = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: app, namespace: 'argocd' },
    spec: {
      sourceRepos: ['*'],
      destinations: [{ name: '*', namespace: '*' }],
      syncWindows: [
        { kind: 'allow', schedule: `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`, duration: '1h', applications: ['*'] },
      ],
    },
  }
  await world.client('hub').create(appProjectType, object)
  await apply({ project: app, syncPolicy: automated })
  await settle()
  assert.equal((await status()).sync?.status, 'OutOfSync')
  assert.equal((await status()).operationState, undefined)
  await world.clock.advance(11 * 60_000)
  assert.equal((await status()).sync?.status, 'Synced')
})

test('an operation can be ended', async () => {
  const job = (name: string) =>
    `apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: ${name}\n  annotations: {argocd.argoproj.io/hook: PreSync}\nspec:\n  suspend: true\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{name: main, image: "busybox:1"}]\n`
  push({ 'job.yaml': job('migrate'), 'a.yaml': map('a') })
  await apply({ syncPolicy: { syncOptions: ['CreateNamespace=true'] } })
  await merge({ operation: { sync: {} } })
  await settle()
  const running = await status()
  assert.equal(running.operationState?.phase, 'Running')
  assert.match(running.operationState?.message ?? '', /waiting for completion of hook batch\/Job\/migrate/)
  await merge({ status: { operationState: { phase: 'Terminating' } } })
  await settle()
  assert.equal((await status()).operationState?.phase, 'Failed')
  assert.equal((await status()).operationState?.message, 'operation terminated')
  const east = world.client('east')
  const jobs = await east.list((await east.resources()).forName('jobs')!, { namespace: app })
  assert.equal(jobs.items.length, 0, 'the hook that was running is gone')
  assert.equal(await read('east', 'a'), undefined)
})

test('an application that is made anew while the one before it is looked at has nothing of its operation', async () => {
  const hook = 'argocd.argoproj.io/hook: PreSync'
  push({
    'job.yaml': `apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, annotations: {${hook}}}\nspec:\n  suspend: true\n  template: {spec: {restartPolicy: Never, containers: [{name: main, image: "busybox:1"}]}}\n`,
    'a.yaml': map('a'),
  })
  const syncOptions = ['CreateNamespace=true']
  await apply({ syncPolicy: { syncOptions } })
  await merge({ operation: { sync: {} } })
  await settle()
  assert.equal((await status()).operationState?.phase, 'Running')
  world.faults('east').latencyMs = 5000
  await merge({ metadata: { annotations: { 'argocd.argoproj.io/refresh': 'normal' } } })
  await world.clock.advance(1000)
  await world.client('hub').delete({ type: applicationType, namespace: 'argocd', name: app })
  await apply({ syncPolicy: { syncOptions } })
  await world.clock.advance(30_000)
  world.faults('east').latencyMs = 0
  await settle()
  assert.equal((await status()).operationState, undefined, 'nobody has asked this one to sync')
})

test('an operation that another process had begun goes on with the commit that it had begun with', async () => {
  const begun = push({ 'a.yaml': map('a'), 'b.yaml': map('b', 'old', 'argocd.argoproj.io/sync-wave: "1"') })
  push({ 'b.yaml': map('b', 'new', 'argocd.argoproj.io/sync-wave: "1"') })
  const spec: ApplicationSpec = {
    project: 'default',
    destination: { name: 'east', namespace: app },
    source: { repoURL: url, path, targetRevision: 'main' },
  }
  const operation = { sync: { syncOptions: ['CreateNamespace=true'] } }
  const namespace = { version: 'v1', kind: 'Namespace', name: app, status: 'Synced', syncPhase: 'PreSync' } as const
  const done: ApplicationStatus = {
    operationState: {
      operation,
      phase: 'Running',
      startedAt: '2026-01-01T00:00:00Z',
      syncResult: { revision: begun, source: spec.source!, resources: [{ group: '', namespace: '', ...namespace }] },
    },
  }
  const namespaces = (await world.client('east').resources()).forName('namespaces')!
  await world.client('east').create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: app } })
  await world.client('hub').create(applicationType, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: app, namespace: 'argocd' },
    spec,
    status: done,
  })
  await settle()
  const seen = await status()
  assert.equal(seen.operationState?.phase, 'Succeeded')
  assert.equal(seen.operationState?.syncResult?.revision, begun)
  assert.equal(await dataOf('b'), 'old')
  assert.equal(seen.sync?.status, 'OutOfSync')
})

test('what the renderer warns of becomes an event, once', async () => {
  push({ 'kustomization.yaml': 'commonLabels: {app: x}\nresources: [map.yaml]\n', 'map.yaml': map('warned') })
  await apply({ syncPolicy: automated })
  await settle()
  const events = (await world.client('hub').resources()).forKind('v1', 'Event')!
  const { items } = await world.client('hub').list(events, { namespace: 'argocd' })
  const mine = items.filter(
    (each) => (each['involvedObject'] as { name: string }).name === app && each['reason'] === 'SourceWarning',
  )
  assert.equal(mine.length, 1)
  assert.match(String(mine[0]!['message']), /commonLabels/)
  assert.equal(mine[0]!['count'] ?? 1, 1)
})
