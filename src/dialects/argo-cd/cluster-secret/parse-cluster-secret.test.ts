import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../../../inventory/cluster.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { formatClusterSecret } from './format-cluster-secret.js'
import { parseClusterSecret } from './parse-cluster-secret.js'
import { JsonTextError, parsePositionedJson } from './positioned-json.js'
import { warnClusterSecret } from './warn-cluster-secret.js'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const ca = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n'
const key = '-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----\n'

function secret(fields: Record<string, string>, more: Partial<KubeObject['metadata']> = {}): KubeObject {
  const data = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, base64(value)]))
  const labels = { 'argocd.argoproj.io/secret-type': 'cluster', env: 'prod' }
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'argocd', labels, ...more }, data }
}
const withConfig = (config: unknown) =>
  secret({ name: 'c', server: 'https://c', config: typeof config === 'string' ? config : JSON.stringify(config) })

test('a whole Secret', () => {
  const cluster = parseClusterSecret(
    secret(
      {
        name: 'us-east',
        server: 'https://api.us-east:6443/',
        project: 'team',
        namespaces: 'a, b,',
        clusterResources: 'true',
        config: JSON.stringify({
          BearerToken: 'tok',
          tlsClientConfig: { insecure: false, serverName: 'api', caData: base64(ca) },
          proxyUrl: 'http://proxy:3128',
          disableCompression: true,
        }),
      },
      { annotations: { owner: 'x', 'kubectl.kubernetes.io/last-applied-configuration': '{"stringData":{"config":"tok"}}' } },
    ),
  )
  assert.deepEqual(cluster, {
    name: 'us-east',
    server: 'https://api.us-east:6443',
    labels: { 'argocd.argoproj.io/secret-type': 'cluster', env: 'prod' },
    annotations: { owner: 'x' },
    project: 'team',
    namespaces: ['a', 'b'],
    clusterResources: true,
    source: 'Secret argocd/s',
    connection: {
      server: 'https://api.us-east:6443',
      tls: { insecure: false, serverName: 'api', caPem: ca },
      auth: { kind: 'bearer', token: 'tok' },
      proxyUrl: 'http://proxy:3128',
      disableCompression: true,
    },
  })
})

test('credentials count in upstream order, and EKS tokens need no helper program', () => {
  const auth = (config: unknown) => parseClusterSecret(withConfig(config)).connection?.auth
  const exec = {
    command: 'kubelogin',
    args: ['get-token'],
    env: { A: 'b' },
    apiVersion: 'client.authentication.k8s.io/v1',
    installHint: 'h',
  }
  assert.deepEqual(auth({ username: 'u', password: 'p', bearerToken: 't' }), { kind: 'basic', username: 'u', password: 'p' })
  assert.deepEqual(auth({ bearerToken: 't', execProviderConfig: exec }), { kind: 'exec', ...exec })
  assert.deepEqual(auth({ awsAuthConfig: { clusterName: 'c', roleARN: 'r', profile: 'p' }, execProviderConfig: exec }), {
    kind: 'aws',
    clusterName: 'c',
    roleArn: 'r',
    profile: 'p',
  })
  const helper = {
    command: 'argocd-k8s-auth',
    args: ['aws', '--cluster-name', 'prod', '--role-arn=r'],
    apiVersion: 'x',
    env: { AWS_REGION: 'eu' },
  }
  assert.deepEqual(auth({ execProviderConfig: helper }), {
    kind: 'aws',
    clusterName: 'prod',
    roleArn: 'r',
    env: { AWS_REGION: 'eu' },
  })
  assert.deepEqual(auth({}), { kind: 'none' })
  assert.deepEqual(parseClusterSecret(secret({ name: 'c', server: 'https://c' })).connection?.auth, { kind: 'none' })
})

test('what is broken is said precisely, and name, server and labels are still known', () => {
  const config = `{
  "execProviderConfig": {
    "command": "argocd-k8s-auth",
    "args": ["aws", "--cluster-name", "prod-us-east"],
    "apiVersion": "client.authentication.k8s.io/v1beta1"
  },
  "tlsClientConfig": {
    "insecure": false,
    "caData": "LS0tLS1CRUdJTi..."
  }
}
`
  const cluster = parseClusterSecret(withConfig(config))
  assert.equal(cluster.name, 'c')
  assert.equal(cluster.server, 'https://c')
  assert.equal(cluster.labels['env'], 'prod')
  assert.equal(cluster.connection, undefined)
  assert.equal(cluster.problem?.reason, 'InvalidConfig')
  assert.equal(
    cluster.problem?.message,
    'Secret argocd/s: config.tlsClientConfig.caData (line 9, column 15): is not base64: found "." at character 15; put the base64 of the whole PEM file there (base64 -w0 FILE)',
  )
})

test('every kind of mistake has its reason and place, and no secret value is quoted', () => {
  const cases: [KubeObject, string, RegExp][] = [
    [
      withConfig('{"bearerToken": "hunter2",}'),
      'InvalidJSON',
      /line 1, column 27: expected a member name in double quotes, found "}"/,
    ],
    [withConfig('{\n "a": tru }'), 'InvalidJSON', /line 2, column 7: expected a value/],
    [withConfig('{"a": "hunter2'), 'InvalidJSON', /line 1, column 7: this string does not end/],
    [withConfig('{"a": 1} x'), 'InvalidJSON', /expected the end of the text/],
    [withConfig('[1]'), 'InvalidConfig', /config \(line 1, column 1\): expected a JSON object/],
    [
      withConfig({ bearerToken: 5 }),
      'InvalidConfig',
      /config.bearerToken \(line 1, column 16\): expected a string, found a number/,
    ],
    [withConfig({ tlsClientConfig: 'hunter2' }), 'InvalidConfig', /expected an object, found a string/],
    [
      withConfig({ tlsClientConfig: { insecure: 'true' } }),
      'InvalidConfig',
      /config.tlsClientConfig.insecure .*: expected true or false/,
    ],
    [
      withConfig({ tlsClientConfig: { caData: base64('hunter2') } }),
      'InvalidConfig',
      /no "-----BEGIN ... CERTIFICATE-----" line/,
    ],
    [withConfig({ tlsClientConfig: { caData: `${base64(ca)}=` } }), 'InvalidConfig', /no multiple of four/],
    [withConfig({ tlsClientConfig: { caData: 'aa=a' } }), 'InvalidConfig', /padding in the middle at character 3/],
    [withConfig({ tlsClientConfig: { insecure: true, caData: base64(ca) } }), 'InvalidConfig', /remove one of them/],
    [withConfig({ tlsClientConfig: { certData: base64(ca) } }), 'InvalidConfig', /certData needs keyData/],
    [withConfig({ awsAuthConfig: {} }), 'InvalidConfig', /clusterName is missing/],
    [withConfig({ execProviderConfig: { command: '' } }), 'InvalidConfig', /command is missing/],
    [withConfig({ execProviderConfig: { command: 'x' } }), 'InvalidConfig', /apiVersion is missing/],
    [withConfig({ execProviderConfig: { command: 'argocd-k8s-auth', args: ['aws'] } }), 'InvalidConfig', /needs --cluster-name/],
    [withConfig({ proxyUrl: 'socks5://hunter2@x' }), 'InvalidConfig', /config.proxyUrl .*expected http/],
    [secret({ name: 'c' }), 'MissingServer', /server is missing/],
    [secret({ server: 'https://c' }), 'MissingName', /name is missing/],
    [secret({ name: 'c', server: 'c:6443' }), 'InvalidServer', /"c:6443" is not an http\(s\) URL/],
    [secret({ name: 'c', server: 'https://u:hunter2@c' }), 'InvalidServer', /put credentials into config/],
    [
      { ...secret({}), data: { name: 'plain text', server: base64('https://c') } },
      'InvalidData',
      /data.name is not base64: found " "/,
    ],
  ]
  for (const [broken, reason, message] of cases) {
    const { problem, connection } = parseClusterSecret(broken)
    assert.equal(connection, undefined)
    assert.equal(problem?.reason, reason, problem?.message)
    assert.match(problem?.message ?? '', message)
    assert.doesNotMatch(problem?.message ?? '', /hunter2/)
    assert.match(problem?.message ?? '', /^Secret argocd\/s: /)
  }
})

test('what is written reads back the same', () => {
  const connections: Connection[] = [
    {
      server: 'https://a',
      tls: { insecure: false, caPem: ca, certPem: ca, keyPem: key, serverName: 'n' },
      auth: { kind: 'none' },
    },
    {
      server: 'https://a',
      tls: { insecure: true },
      auth: { kind: 'bearer', token: 't' },
      proxyUrl: 'http://p:1',
      disableCompression: true,
    },
    { server: 'https://a', tls: { insecure: false }, auth: { kind: 'basic', username: 'ü', password: 'p' } },
    { server: 'https://a', tls: { insecure: false }, auth: { kind: 'aws', clusterName: 'c', roleArn: 'r' } },
    {
      server: 'https://a',
      tls: { insecure: false },
      auth: { kind: 'aws', clusterName: 'c', profile: 'p', env: { AWS_REGION: 'x' } },
    },
    {
      server: 'https://a',
      tls: { insecure: false },
      auth: { kind: 'exec', command: 'x', args: ['1'], env: {}, apiVersion: 'v', provideClusterInfo: true, config: { a: 1 } },
    },
  ]
  for (const connection of connections) {
    const written = formatClusterSecret({
      name: 'My Cluster_1',
      namespace: 'argocd',
      connection,
      labels: { a: 'b' },
      project: 'p',
      namespaces: ['x', 'y'],
    })
    assert.equal(written.metadata.name, 'cluster-my-cluster-1')
    const read = parseClusterSecret(written)
    assert.deepEqual(read.connection, connection)
    assert.deepEqual([read.name, read.project, read.namespaces, read.labels['a']], ['My Cluster_1', 'p', ['x', 'y'], 'b'])
  }
  const file: Connection = { server: 'https://a', tls: { insecure: false }, auth: { kind: 'token-file', path: '/t' } }
  assert.throws(() => formatClusterSecret({ name: 'a', namespace: 'argocd', connection: file }), /the file \/t on this machine/)
})

test('warnings for who applies a Secret', () => {
  const warn = (config: unknown, fields: Record<string, string> = {}) =>
    warnClusterSecret(secret({ name: 'c', server: 'https://c', config: JSON.stringify(config), ...fields }))
  assert.deepEqual(warn({ bearerToken: 't', tlsClientConfig: { caData: base64(ca) } }), [])
  assert.match(warn({ bearerToken: 't', tlsClientConfig: { caData: 'x.' } })[0] ?? '', /cannot be reached: .*caData/)
  assert.deepEqual(
    warn({ bearerToken: 't', tlsClientConfig: { insecure: true, cadata: '' }, beererToken: 1, execProviderConfig: null }),
    [
      'config.tlsClientConfig.insecure is true: anyone on the way can read the credentials; give caData instead',
      'unknown field config.beererToken',
    ],
  )
  assert.match(
    warn({}, { server: 'http://c', shard: 'x', clusterResources: 'yes' }).join('\n'),
    /plain http(.|\n)*no credentials(.|\n)*clusterResources is "yes"(.|\n)*shard is "x"/,
  )
  assert.deepEqual(warn({}, { server: 'https://kubernetes.default.svc' }), [])
  const other = secret({ name: 'c' }, { labels: {} })
  assert.deepEqual(warnClusterSecret(other), [], 'no cluster Secret, no opinion')
})

test('the JSON reader agrees with JSON.parse on what is JSON, whatever it is fed', () => {
  const samples = ['{"a":[1,-0.5e3,"\\u00e9\\n",null,true,{"__proto__":{"x":1}}]}', '[]', '{}', '  "x" ', '0']
  const hostile = [
    '',
    '{',
    '[1,]',
    '{"a"}',
    '01',
    '1.',
    '+1',
    "{'a':1}",
    '"\u0001"',
    '"\\x"',
    'nul',
    'nulls',
    '{"a":1,}',
    '\ufeff{}',
    'NaN',
    '-',
    '1e',
    '[1 2]',
    '\\',
  ]
  for (const text of samples) assert.deepEqual(parsePositionedJson(text).value, JSON.parse(text), text)
  for (const text of hostile) {
    assert.throws(() => JSON.parse(text), SyntaxError)
    assert.throws(() => parsePositionedJson(text), JsonTextError, text)
  }
  assert.throws(() => parsePositionedJson('['.repeat(100_000)), /more than 100 levels/)
  for (const text of samples) {
    for (let cut = 0; cut < text.length; cut++) {
      const mangled = text.slice(0, cut) + text.slice(cut + 1)
      let expected: unknown = JsonTextError
      try {
        expected = JSON.parse(mangled)
      } catch {}
      if (expected === JsonTextError) assert.throws(() => parsePositionedJson(mangled), JsonTextError, mangled)
      else assert.deepEqual(parsePositionedJson(mangled).value, expected)
    }
  }
})
