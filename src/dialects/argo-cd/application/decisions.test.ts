import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectKeyOf } from '../../../delivery/engine/object-identity.js'
import type { Cluster } from '../../../inventory/cluster.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ApplicationStatus } from '../kinds/application.js'
import { defaultProject } from '../project/default-project.js'
import { application } from './application-fixture.js'
import { checkSpec, refusalsOf } from './check-project.js'
import { decideDestination } from './decide-destination.js'
import { decideRetry } from './decide-retry.js'
import { decideRollback } from './decide-rollback.js'
import { decideSources } from './decide-sources.js'
import { parseDurationMs } from './duration.js'
import { imagesOf } from './images-of.js'
import { readSyncOptions } from './sync-options.js'
import { kindsWithObjects } from './target-state.js'
import { instanceName, keyOfInstance, trackingOf } from './tracking.js'

const east: Cluster = {
  name: 'east',
  server: 'https://east:6443',
  labels: {},
  annotations: {},
  project: '',
  namespaces: [],
  clusterResources: true,
  source: 'test',
  connection: undefined,
}
const inventory = {
  find: ({ name, server }: { name?: string; server?: string }) =>
    name === 'east' || server === 'https://east:6443' ? east : undefined,
}

test('a destination is one cluster, by name or by server', () => {
  assert.deepEqual(decideDestination({ name: 'east' }, inventory), { cluster: east })
  assert.deepEqual(decideDestination({ server: 'https://east:6443' }, inventory), { cluster: east })
  const problem = (destination: Parameters<typeof decideDestination>[0]) =>
    (decideDestination(destination, inventory) as { problem: string }).problem
  assert.match(problem({ name: 'east', server: 'https://east:6443' }), /can't have both name and server defined/)
  assert.match(problem({}), /missing/)
  assert.match(problem(undefined), /missing/)
  assert.match(problem({ name: 'west' }), /there are no clusters with this name: west/)
})

test('sources win over source; impossible ones are named', () => {
  const one = { repoURL: 'https://git.example/a', path: 'x' }
  assert.deepEqual(decideSources({ source: one }), { sources: [one], multiple: false })
  assert.deepEqual(decideSources({ source: { repoURL: 'x', path: 'y' }, sources: [one] }), { sources: [one], multiple: true })
  const problem = (spec: Parameters<typeof decideSources>[0]) => (decideSources(spec) as { problem: string }).problem
  assert.match(problem({}), /required/)
  assert.match(problem({ source: { repoURL: '' } }), /repoURL/)
  assert.match(problem({ source: { repoURL: 'x' } }), /path/)
  assert.match(
    problem({ source: { ...one, kustomize: { namePrefix: 'x' }, directory: { recurse: true } } }),
    /multiple application sources defined: Kustomize,Directory/,
  )
  assert.match(problem({ source: { ...one, plugin: { name: 'x' } } }), /plugin/)
  assert.match(
    problem({
      sources: [
        { ...one, ref: 'a' },
        { ...one, ref: 'a' },
      ],
    }),
    /same `ref` key: a/,
  )
})

test('durations as upstream writes them', () => {
  const cases: [string, number | undefined][] = [
    ['5s', 5000],
    ['3m', 180_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5m', 90_000],
    ['10', 10_000],
    ['', undefined],
    ['x', undefined],
    ['-5s', undefined],
    ['5', 5000],
  ]
  for (const [text, ms] of cases) assert.equal(parseDurationMs(text), ms, text)
})

test('retries grow to a limit', () => {
  const retry = { limit: 3, backoff: { duration: '5s', factor: 2, maxDuration: '12s' } }
  assert.deepEqual(
    [0, 1, 2, 3].map((retries) => decideRetry(retry, retries, 0)),
    [5000, 10_000, 12_000, undefined],
  )
  assert.equal(decideRetry(undefined, 0, 0), undefined)
  assert.equal(decideRetry({ limit: -1 }, 1000, 0), 180_000)
  assert.equal(decideRetry({ limit: 1, backoff: { duration: 'nonsense' } }, 0, 0), 5000)
})

test('a rollback goes to an entry of the history', () => {
  const entry = (id: number, revision: string) => ({
    id,
    revision,
    deployedAt: '2026-01-01T00:00:00Z',
    source: { repoURL: 'r', path: 'p' },
  })
  const rolled = application({}, { history: [entry(0, 'aaa'), entry(1, 'bbb'), entry(2, 'ccc')] })
  assert.equal(decideRollback(rolled, {}).sync?.revision, 'bbb')
  assert.equal(decideRollback(rolled, { to: '0' }).sync?.revision, 'aaa')
  assert.equal(decideRollback(rolled, { to: 'cc' }).sync?.revision, 'ccc')
  assert.throws(() => decideRollback(rolled, { to: '9' }), /no history entry 9; it has 0, 1, 2/)
  const automatic = application({ syncPolicy: { automated: {} } }, rolled.status)
  assert.throws(() => decideRollback(automatic, {}), { code: 'rollback-with-auto-sync' })
})

test('sync options come from the operation, else from the policy', () => {
  const policy = application({
    syncPolicy: {
      syncOptions: ['CreateNamespace=true', 'PrunePropagationPolicy=background', 'Nonsense'],
      managedNamespaceMetadata: { labels: { a: 'b' } },
    },
  })
  const own = readSyncOptions(policy, {})
  assert.equal(own.createNamespace, true)
  assert.equal(own.prunePropagation, 'background')
  assert.deepEqual(own.namespaceMetadata, { labels: { a: 'b' } })
  const given = readSyncOptions(policy, {
    syncOptions: ['Replace=true', 'Replace=false', 'PruneLast=true'],
    syncStrategy: { apply: { force: true } },
  })
  assert.deepEqual(
    [given.createNamespace, given.replace, given.pruneLast, given.force, given.prunePropagation],
    [false, false, true, true, 'foreground'],
  )
})

test('marks name the application, with its namespace where it is not the control plane`s', () => {
  const away = { metadata: { name: 'web', namespace: 'team' } }
  assert.equal(instanceName(application(), 'argocd'), 'web')
  assert.equal(instanceName(away, 'argocd'), 'team_web')
  assert.equal(keyOfInstance('team_web', 'argocd'), 'team/web')
  assert.equal(keyOfInstance('web', 'argocd'), 'argocd/web')
  const tracking = trackingOf('web')
  const object: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', namespace: 'n' } }
  const marked = tracking.mark(object)
  assert.deepEqual(marked.metadata.annotations, { 'argocd.argoproj.io/tracking-id': 'web:apps/Deployment:n/d' })
  assert.equal(object.metadata.annotations, undefined)
  assert.equal(tracking.owner('web:apps/Deployment:n/d'), 'web')
  assert.equal(tracking.owner('web:rbac.authorization.k8s.io/ClusterRole:/system:node'), 'web')
  assert.equal(tracking.owner('nonsense'), undefined)
})

test('projects refuse repositories, destinations and kinds', () => {
  const project = { ...defaultProject('argocd'), metadata: { name: 'team', namespace: 'argocd' } }
  const inTeam = application({ project: 'team' })
  const sources = [inTeam.spec.source!]
  assert.deepEqual(checkSpec(inTeam, project, sources, east), [])
  assert.match(
    checkSpec(inTeam, undefined, sources, east)[0]!.message,
    /references? project|referencing project team which does not exist/,
  )
  const narrow = {
    ...project,
    spec: { sourceRepos: ['https://other/*'], destinations: [{ server: 'https://west', namespace: '*' }] },
  }
  assert.deepEqual(
    checkSpec(inTeam, narrow, sources, east).map(({ message }) => message),
    [
      "application repo https://git.example/fleet is not permitted in project 'team'",
      "application destination server 'east' and namespace 'shop' do not match any of the allowed destinations in project 'team'",
    ],
  )
  const objects: KubeObject[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'kube-system' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'shop' } },
  ]
  const rules = {
    ...project,
    spec: { destinations: [{ server: '*', namespace: 'shop' }], namespaceResourceBlacklist: [{ group: '', kind: 'Secret' }] },
  }
  assert.deepEqual(
    objects.map((object) => refusalsOf(rules, east, 'shop')(objectKeyOf(object), object.kind !== 'Namespace')),
    [
      'resource :Namespace is not permitted in project team',
      'resource :Secret is not permitted in project team',
      "namespace kube-system is not permitted in project 'team'",
      undefined,
    ],
  )
})

test('images of every kind of workload', () => {
  const pod = (...images: string[]) => ({ containers: images.map((image) => ({ image })), initContainers: [{ image: 'init' }] })
  const of = (kind: string, spec: unknown): KubeObject => ({ apiVersion: 'v1', kind, metadata: { name: 'x' }, spec })
  assert.deepEqual(
    imagesOf([
      of('Pod', pod('a')),
      of('Deployment', { template: { spec: pod('b', 'a') } }),
      of('CronJob', { jobTemplate: { spec: { template: { spec: pod('c') } } } }),
      of('ConfigMap', undefined),
      of('Strange', { template: 'text', containers: 3 }),
    ]),
    ['a', 'b', 'c', 'init'],
  )
})

test('what is searched when an application goes: the kinds of its resources and of its hooks, all kinds when none are known', () => {
  assert.equal(kindsWithObjects(application()), undefined)
  assert.equal(kindsWithObjects(application({}, { resources: [] })), undefined)
  const status: ApplicationStatus = {
    resources: [
      { kind: 'ConfigMap', name: 'a', status: 'Synced' },
      { kind: 'ConfigMap', name: 'b', status: 'Synced' },
    ],
    operationState: {
      operation: { sync: {} },
      phase: 'Succeeded',
      startedAt: '2026-01-01T00:00:00Z',
      syncResult: {
        resources: [{ group: 'batch', version: 'v1', kind: 'Job', namespace: 'shop', name: 'migrate', hookType: 'PreSync' }],
      },
    },
  }
  assert.deepEqual(kindsWithObjects(application({}, status)), [
    { group: '', kind: 'ConfigMap' },
    { group: 'batch', kind: 'Job' },
  ])
})
