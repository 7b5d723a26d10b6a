import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterState } from '../../../inventory/cluster.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { kubeFedClusterStatus } from './cluster-status.js'
import { type FoundSecret, parseKubeFedCluster } from './parse-cluster.js'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const pem = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
const cluster = (spec: object): KubeObject => ({
  apiVersion: 'core.kubefed.io/v1beta1',
  kind: 'KubeFedCluster',
  metadata: { name: 'c1', namespace: 'kube-federation-system', labels: { tier: 'prod' } },
  spec,
})
const secret = (data?: object): FoundSecret => ({
  secret: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'c1-x' }, ...(data === undefined ? {} : { data }) },
})
const whole = { apiEndpoint: 'https://c1.invalid:6443/', secretRef: { name: 'c1-x' }, caBundle: base64(pem) }
const token = secret({ token: base64('abc') })

test('endpoint, token, certificate authority and proxy make the connection', () => {
  const { connection, problem, labels, server } = parseKubeFedCluster(
    cluster({ ...whole, proxyURL: 'http://proxy:3128' }),
    () => token,
  )
  assert.equal(problem, undefined)
  assert.deepEqual(labels, { tier: 'prod' })
  assert.equal(server, 'https://c1.invalid:6443')
  assert.deepEqual(connection, {
    server: 'https://c1.invalid:6443',
    tls: { insecure: false, caPem: pem },
    auth: { kind: 'bearer', token: 'abc' },
    proxyUrl: 'http://proxy:3128',
  })
  const trusting = parseKubeFedCluster(cluster({ ...whole, disabledTLSValidations: ['*'] }), () => token)
  assert.deepEqual(trusting.connection?.tls, { insecure: true })
})

test('what is broken is said with the field and the fix', () => {
  const cases: [spec: object, found: FoundSecret, expected: RegExp][] = [
    [{ ...whole, apiEndpoint: '' }, token, /spec\.apiEndpoint is missing/],
    [{ ...whole, apiEndpoint: 'c1' }, token, /"c1" is no http\(s\) URL/],
    [{ ...whole, secretRef: {} }, token, /spec\.secretRef\.name is missing/],
    [whole, 'Missing', /kube-federation-system\/c1-x is not there/],
    [whole, 'Unread', /has not been read yet/],
    [whole, secret(), /has no token/],
    [whole, secret({ token: '' }), /has no token/],
    [{ ...whole, caBundle: '@@@' }, token, /spec\.caBundle holds no PEM/],
    [{ ...whole, proxyURL: 'proxy' }, token, /spec\.proxyURL "proxy"/],
    [{ ...whole, disabledTLSValidations: ['SubjectName'] }, token, /SubjectName alone cannot be switched off/],
  ]
  for (const [spec, found, expected] of cases) {
    const { connection, problem } = parseKubeFedCluster(cluster(spec), () => found)
    assert.equal(connection, undefined)
    assert.match(problem?.message ?? '', expected)
  }
  assert.match(parseKubeFedCluster({ ...cluster({}), spec: 7 }, () => token).problem?.message ?? '', /apiEndpoint/)
})

test('conditions are those of upstream, and times move on change only', () => {
  const parsed = parseKubeFedCluster(cluster(whole), () => token)
  const state = (health: ClusterState['health'], more: Partial<ClusterState> = {}): ClusterState => ({
    health,
    reason: '',
    message: '',
    since: 0,
    ...more,
  })
  const version = { gitVersion: 'v1.33.0' } as NonNullable<ClusterState['version']>
  const up = kubeFedClusterStatus(
    { cluster: parsed, state: state('Healthy', { version }), places: { region: 'eu', zones: ['a', 'b'] } },
    undefined,
    't1',
  )
  assert.deepEqual(up, {
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'ClusterReady',
        message: '/healthz responded with ok',
        lastProbeTime: 't1',
        lastTransitionTime: 't1',
      },
    ],
    kubernetesVersion: 'v1.33.0',
    region: 'eu',
    zones: ['a', 'b'],
  })
  assert.deepEqual(kubeFedClusterStatus({ cluster: parsed, state: state('Healthy', { version }) }, up, 't2'), up)
  const away = kubeFedClusterStatus({ cluster: parsed, state: state('Unknown', { message: 'timed out' }) }, up, 't3')
  assert.deepEqual(
    away?.conditions.map(({ type, status, reason, message }) => [type, status, reason, message]),
    [['Offline', 'True', 'ClusterNotReachable', 'cluster is not reachable: timed out']],
  )
  assert.equal(away?.kubernetesVersion, 'v1.33.0')
  const refused = kubeFedClusterStatus({ cluster: parsed, state: state('Degraded') }, up, 't4')
  assert.deepEqual(
    refused?.conditions.map(({ type, status }) => `${type} ${status}`),
    ['Ready False', 'Offline False'],
  )
  const broken = parseKubeFedCluster(cluster(whole), () => 'Missing')
  const malformed = kubeFedClusterStatus({ cluster: broken, state: state('Degraded') }, up, 't5')
  assert.deepEqual(
    malformed?.conditions.map(({ type, reason }) => `${type} ${reason}`),
    ['ConfigMalformed ClusterConfigMalformed'],
  )
  assert.equal(kubeFedClusterStatus({ cluster: parsed, state: state('Pending') }, undefined, 't6'), undefined)
})
