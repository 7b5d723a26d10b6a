import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { explainApplication } from '../src/app/explain/explain-application.js'
import { explainApplicationSet } from '../src/app/explain/explain-application-set.js'
import { explainCluster } from '../src/app/explain/explain-cluster.js'
import { explainPlain } from '../src/app/explain/explain-plain.js'
import type { FleetExplanation } from '../src/app/explain/explanation.js'
import { describeFleetExplanation } from '../src/cli/screens/explain-screen.js'
import type { Application, ApplicationStatus } from '../src/dialects/argo-cd/kinds/application.js'
import type { ApplicationSet } from '../src/dialects/argo-cd/kinds/application-set.js'
import { defaultProject } from '../src/dialects/argo-cd/project/default-project.js'
import type { Cluster, ClusterState } from '../src/inventory/cluster.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const at = '2026-11-21T11:58:00Z'
const shown = (explanation: FleetExplanation) => describeFleetExplanation(explanation, nowMs, false)

const east: Cluster = {
  name: 'east',
  server: 'https://east.test',
  labels: {},
  annotations: {},
  project: '',
  namespaces: [],
  clusterResources: true,
  source: 'Secret argocd/cluster-east',
  connection: undefined,
}
const healthy: ClusterState = { health: 'Healthy', reason: 'Answers', message: 'Kubernetes v1.33.1', since: nowMs - 600_000 }
const revision = '0123456789abcdef0123456789abcdef01234567'

const application = (status: ApplicationStatus | undefined, more: Partial<Application['spec']> = {}): Application => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'argocd' },
  spec: {
    project: 'default',
    destination: { name: 'east', namespace: 'shop' },
    source: { repoURL: 'https://git.example/fleet', path: 'web', targetRevision: 'main' },
    ...more,
  },
  ...(status === undefined ? {} : { status }),
})
const explain = (app: Application, state: ClusterState = healthy, project = defaultProject('argocd')) =>
  shown(
    explainApplication({
      application: app,
      project,
      inventory: { find: ({ name }) => (name === 'east' ? east : undefined) },
      stateOf: () => state,
      nowMs,
    }),
  )
const automated = { automated: { prune: true } }
const row = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' }

const screens: Record<string, () => string> = {
  'an Application that nobody has looked at': () => explain(application(undefined)),
  'an Application that somebody has to sync': () =>
    explain(
      application({
        sync: { status: 'OutOfSync', revision },
        health: { status: 'Missing' },
        resources: [{ ...row, status: 'OutOfSync', health: { status: 'Missing' } }],
      }),
    ),
  'an Application whose cluster is not there': () =>
    explain(
      application(
        {
          sync: { status: 'Unknown' },
          conditions: [{ type: 'InvalidSpecError', message: 'unable to find destination server', lastTransitionTime: at }],
        },
        { destination: { name: 'eats', namespace: 'shop' }, syncPolicy: automated },
      ),
    ),
  'an Application whose cluster does not answer': () =>
    explain(
      application(
        {
          sync: { status: 'Unknown', revision },
          conditions: [{ type: 'ComparisonError', message: 'cluster east cannot be reached' }],
        },
        { syncPolicy: automated },
      ),
      { health: 'Unknown', reason: 'Unreachable', message: 'connect ECONNREFUSED', since: nowMs - 60_000 },
    ),
  'an Application in a sync that waits for a Deployment': () =>
    explain(
      application(
        {
          sync: { status: 'Synced', revision },
          health: { status: 'Progressing' },
          resources: [
            {
              ...row,
              status: 'Synced',
              health: {
                status: 'Progressing',
                message: 'Waiting for rollout to finish: 1 of 3 updated replicas are available...',
              },
            },
            { version: 'v1', kind: 'Service', namespace: 'shop', name: 'web', status: 'Synced', health: { status: 'Healthy' } },
          ],
          operationState: {
            operation: { sync: { revision }, initiatedBy: { automated: true } },
            phase: 'Running',
            message: 'waiting for healthy state of apps/Deployment/web',
            startedAt: at,
          },
        },
        { syncPolicy: automated },
      ),
    ),
  'an Application whose last sync failed': () =>
    explain(
      application(
        {
          sync: { status: 'OutOfSync', revision },
          health: { status: 'Degraded' },
          resources: [
            {
              ...row,
              status: 'OutOfSync',
              health: { status: 'Degraded', message: 'Deployment "web" exceeded its progress deadline' },
            },
          ],
          operationState: {
            operation: { sync: { revision } },
            phase: 'Failed',
            message: 'one or more objects failed to apply',
            startedAt: at,
            finishedAt: at,
            retryCount: 5,
            syncResult: {
              revision,
              source: { repoURL: 'https://git.example/fleet', path: 'web', targetRevision: 'main' },
              resources: [
                {
                  group: 'apps',
                  version: 'v1',
                  kind: 'Deployment',
                  namespace: 'shop',
                  name: 'web',
                  status: 'SyncFailed',
                  message: 'spec.selector: field is immutable',
                },
              ],
            },
          },
        },
        { syncPolicy: automated },
      ),
    ),
  'an Application that a sync window holds': () =>
    explain(
      application(
        { sync: { status: 'OutOfSync', revision }, resources: [{ ...row, status: 'OutOfSync' }] },
        { syncPolicy: automated },
      ),
      healthy,
      {
        ...defaultProject('argocd'),
        spec: {
          ...defaultProject('argocd').spec,
          syncWindows: [{ kind: 'deny', schedule: '0 0 * * *', duration: '24h', applications: ['*'] }],
        },
      },
    ),
  'an Application that is being deleted': () => {
    const app = application(
      { sync: { status: 'OutOfSync', revision }, resources: [{ ...row, status: 'OutOfSync' }] },
      { syncPolicy: automated },
    )
    return explain({
      ...app,
      metadata: { ...app.metadata, deletionTimestamp: at, finalizers: ['resources-finalizer.argocd.argoproj.io'] },
    })
  },
  'an ApplicationSet that cannot generate': () => {
    const set: ApplicationSet = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ApplicationSet',
      metadata: { name: 'web', namespace: 'argocd' },
      spec: {
        generators: [{ clusters: { selector: { matchLabels: { env: 'prod' } } } }, { list: { elements: [{}] } }],
        template: { metadata: {}, spec: {} },
      },
      status: {
        conditions: [
          {
            type: 'ErrorOccurred',
            status: 'True',
            reason: 'ApplicationGenerationFromParamsError',
            message: 'no value',
            lastTransitionTime: at,
          },
        ],
      },
    }
    const child = application({ sync: { status: 'Synced' }, health: { status: 'Progressing' } })
    const owner = { apiVersion: set.apiVersion, kind: set.kind, name: 'web', uid: 'u' }
    return shown(
      explainApplicationSet(set, [{ ...child, metadata: { ...child.metadata, name: 'web-east', ownerReferences: [owner] } }]),
    )
  },
  'a cluster that is cordoned and silent': () =>
    shown(
      explainCluster({
        cluster: east,
        state: { health: 'Unknown', reason: 'Unreachable', message: 'connect ECONNREFUSED', since: nowMs - 120_000 },
        facts: { name: 'east', cordoned: true, taints: [{ key: 'drain', effect: 'NoExecute' }], region: 'eu-west-1' },
        applications: [application({ sync: { status: 'Unknown' } })],
        placed: ['Deployment shop/web=3'],
      }),
    ),
  'a cluster whose agent nobody has let in': () =>
    shown(
      explainCluster({
        cluster: { ...east, isPulled: true, server: 'agent://east', source: 'AgentCluster east' },
        state: { health: 'Pending', reason: 'NotPublished', message: '', since: 0 },
        facts: undefined,
        agent: { phase: 'Pending', message: '', since: at },
        applications: [],
        placed: [],
      }),
    ),
  'an object with a bad condition, a warning and a finalizer': () => {
    const object: KubeObject = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: 'web-1',
        namespace: 'shop',
        deletionTimestamp: at,
        finalizers: ['example.com/hold'],
        annotations: { 'argocd.argoproj.io/tracking-id': 'web:apps/ReplicaSet:shop/web-1' },
      },
      status: {
        conditions: [
          { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota', lastTransitionTime: at },
        ],
      },
    }
    const owner: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } }
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e' },
      type: 'Warning',
      reason: 'FailedCreate',
      message: 'pods "web-1-x" is forbidden',
      count: 3,
      lastTimestamp: at,
    }
    return shown(explainPlain(object, [owner], [event]))
  },
}

// GOLDEN=write rewrites it.
const golden = 'test/explain/screens.txt'

test('what is shown of each state, as it was read and found right', () => {
  const now = Object.entries(screens)
    .map(([title, show]) => `=== ${title}\n${show()}`)
    .join('\n')
  if (process.env.GOLDEN === 'write') writeFileSync(golden, now)
  assert.equal(now, readFileSync(golden, 'utf8'))
})

test('what strangers have written does not steer the terminal', () => {
  const hostile = application({
    sync: { status: 'Unknown' },
    conditions: [{ type: 'ComparisonError', message: 'a\u001b[2Jb\r\nc\u202ed' }],
  })
  const text = explain(hostile)
  assert.doesNotMatch(text, /\u001b|\r|\u202e/)
  assert.match(text, /ComparisonError +a\ufffd\[2Jb/)
})
