import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterState } from '../../../inventory/cluster.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { fieldAt } from '../fields.js'
import { clusterStatus } from './cluster-status.js'
import { isReachedByCluster, parseKarmadaCluster } from './parse-cluster.js'

const cluster = (spec: object): KubeObject => ({
  apiVersion: 'cluster.karmada.io/v1alpha1',
  kind: 'Cluster',
  metadata: { name: 'm1', labels: { tier: 'gold' } },
  spec: { syncMode: 'Push', apiEndpoint: 'https://m1:6443/', secretRef: { namespace: 'karmada-cluster', name: 'm1' }, ...spec },
})
const base64 = (text: string) => Buffer.from(text).toString('base64')
const secretWith = (data: object): KubeObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'm1' }, data })

test('a Cluster is reached by its endpoint, with the token and the CA of its Secret', () => {
  const secret = secretWith({ token: base64('t'), caBundle: base64('-----BEGIN CERTIFICATE-----\nx') })
  const parsed = parseKarmadaCluster(cluster({ proxyURL: 'http://proxy:3128' }), () => ({ secret }))
  assert.deepEqual(parsed.connection, {
    server: 'https://m1:6443',
    tls: { insecure: false, caPem: '-----BEGIN CERTIFICATE-----\nx' },
    auth: { kind: 'bearer', token: 't' },
    proxyUrl: 'http://proxy:3128',
  })
  assert.deepEqual(parsed.labels, { tier: 'gold' })
  const insecure = parseKarmadaCluster(cluster({ insecureSkipTLSVerification: true }), () => ({ secret }))
  assert.deepEqual(insecure.connection?.tls, { insecure: true })
})

test('what is wrong is told with its place and the fix; one that dials in is not reached', () => {
  const problem = (spec: object, secret: KubeObject | 'Missing' | 'Unread') =>
    parseKarmadaCluster(cluster(spec), () => (typeof secret === 'string' ? secret : { secret })).problem?.message ?? ''
  assert.match(problem({}, 'Missing'), /Secret karmada-cluster\/m1 is not there/)
  assert.match(problem({}, secretWith({})), /has no token/)
  assert.match(problem({ apiEndpoint: 'm1:6443' }, 'Unread'), /no http\(s\) URL/)
  assert.match(problem({ secretRef: 7 }, 'Unread'), /spec\.secretRef is missing/)
  assert.equal(isReachedByCluster(cluster({ syncMode: 'Pull' })), false)
  assert.equal(isReachedByCluster(cluster({ apiEndpoint: undefined })), false)
})

test('the status tells readiness, version, kinds and nodes, and keeps them while the cluster is away', () => {
  const known = parseKarmadaCluster(cluster({}), () => ({ secret: secretWith({ token: base64('t') }) }))
  const state = (health: ClusterState['health']): ClusterState => ({ health, reason: '', message: '', since: 0 })
  const node: KubeObject = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n' },
    status: { allocatable: { cpu: '1500m', memory: '2Ki' }, conditions: [{ type: 'Ready', status: 'True' }] },
  }
  const deployments = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true }
  const reading = { kinds: [deployments], nodes: [node] }
  const up = clusterStatus({ cluster: known, state: state('Healthy'), reading }, undefined, '2026-01-01T00:00:00Z')
  assert.deepEqual(up?.['apiEnablements'], [
    { groupVersion: 'apps/v1', resources: [{ name: 'deployments', kind: 'Deployment' }] },
  ])
  assert.deepEqual(up?.['nodeSummary'], { totalNum: 1, readyNum: 1 })
  assert.deepEqual(fieldAt(up, 'resourceSummary', 'allocatable'), { cpu: '1500m', memory: '2048' })
  const away = clusterStatus({ cluster: known, state: state('Unknown') }, up, '2026-01-01T00:01:00Z')
  assert.deepEqual(away?.['nodeSummary'], { totalNum: 1, readyNum: 1 })
  assert.deepEqual(fieldAt(away, 'conditions'), [
    {
      type: 'Ready',
      status: 'False',
      reason: 'ClusterNotReachable',
      message: 'cluster is not reachable',
      lastTransitionTime: '2026-01-01T00:01:00Z',
    },
    {
      type: 'CompleteAPIEnablements',
      status: 'True',
      reason: 'Complete',
      message: 'collected complete APIEnablements from the cluster',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ])
  assert.equal(clusterStatus({ cluster: known, state: state('Pending') }, undefined, ''), undefined)
})
