import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionOf, readProviderFile } from './access-providers.js'
import type { AccessProvider, ClusterProfile } from './cluster-profile.js'
import { parseClusterProfile } from './profile-source.js'

const file = (...providers: unknown[]) => readProviderFile(JSON.stringify({ providers }), 'providers.json')
const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'plugin', args: ['-v'], env: [{ name: 'A', value: '1' }] }

function profile(status: { accessProviders?: AccessProvider[]; credentialProviders?: AccessProvider[] }): ClusterProfile {
  return {
    apiVersion: 'multicluster.x-k8s.io/v1alpha1',
    kind: 'ClusterProfile',
    metadata: { name: 'east', namespace: 'fleet', labels: { 'x-k8s.io/cluster-manager': 'ocm', env: 'production' } },
    spec: { displayName: 'East', clusterManager: { name: 'ocm' } },
    status: { ...status, properties: [{ name: 'region', value: 'eu' }] },
  }
}

const access = (name: string, more: object = {}): AccessProvider => ({
  name,
  cluster: { server: 'https://east.example/', 'certificate-authority-data': 'Q0E=', ...more },
})

test('the first configured provider that the profile names is taken, the deprecated list included', () => {
  const providers = file({ name: 'b', execConfig: exec }, { name: 'a', execConfig: { ...exec, command: 'other' } })
  const cluster = parseClusterProfile(profile({ accessProviders: [access('a'), access('b')] }), providers)
  assert.equal(cluster.name, 'East')
  assert.equal(cluster.server, 'https://east.example')
  assert.deepEqual(cluster.labels, { env: 'production' })
  assert.deepEqual(cluster.connection?.auth, { kind: 'exec', ...exec, env: { A: '1' } })
  assert.equal(cluster.connection?.tls.caPem, 'CA')
  const old = parseClusterProfile(profile({ credentialProviders: [access('a')] }), providers)
  assert.equal(old.connection?.auth.kind === 'exec' && old.connection.auth.command, 'other')
})

test('what a profile adds to a plugin counts as far as the configuration lets it', () => {
  const extensions = [
    { name: 'client.authentication.k8s.io/exec', extension: { clusterName: 'east' } },
    { name: 'clusterprofiles.multicluster.x-k8s.io/exec/additional-args', extension: ['--cluster', 'east'] },
    { name: 'clusterprofiles.multicluster.x-k8s.io/exec/additional-envs', extension: { A: '2', B: '3' } },
  ]
  const auth = (policies: object) => {
    const result = connectionOf(
      profile({ accessProviders: [access('p', { extensions })] }),
      file({ name: 'p', execConfig: { ...exec, provideClusterInfo: true }, ...policies }),
    )
    assert.ok('connection' in result && result.connection.auth.kind === 'exec')
    return result.connection.auth
  }
  assert.deepEqual(auth({}).args, ['-v'])
  assert.deepEqual(auth({}).env, { A: '1' })
  assert.deepEqual(auth({}).config, { clusterName: 'east' })
  assert.deepEqual(auth({ profileSourcedCLIArgsPolicy: 'Append' }).args, ['-v', '--cluster', 'east'])
  assert.deepEqual(auth({ profileSourcedEnvVarsPolicy: 'AppendIfNotExists' }).env, { A: '1', B: '3' })
  assert.deepEqual(auth({ profileSourcedEnvVarsPolicy: 'Replace' }).env, { A: '2', B: '3' })
})

test('a profile that cannot be used says why, and harms nothing', () => {
  const providers = file({ name: 'p', execConfig: exec })
  const problem = (status: Parameters<typeof profile>[0]) => parseClusterProfile(profile(status), providers).problem?.message
  assert.match(problem({}) ?? '', /names none, configured are p/)
  assert.match(problem({ accessProviders: [access('q')] }) ?? '', /names q, configured are p/)
  assert.match(problem({ accessProviders: [access('p', { server: 'east' })] }) ?? '', /has no server/)
  const hostile = { ...profile({}), status: { accessProviders: [{ name: 'p' }], properties: null } } as unknown as ClusterProfile
  assert.equal(parseClusterProfile(hostile, providers).connection, undefined)
})

test('a provider file says where it is wrong', () => {
  assert.throws(() => readProviderFile('{', 'f.json'), /f\.json is no JSON/)
  assert.throws(() => readProviderFile('[]', 'f.json'), /has no list "providers"/)
  assert.throws(() => file({ execConfig: exec }), /providers\[0\] has no name/)
  assert.throws(() => file({ name: 'p', execConfig: {} }), /providers\[0\]\.execConfig has no command/)
  assert.throws(() => file({ name: 'p', execConfig: exec, profileSourcedCLIArgsPolicy: 'Always' }), /"Always"/)
})
