import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKubeconfig } from './create-kubeconfig.js'
import { loadKubeconfig, parseKubeconfig, resolveContext } from './kubeconfig.js'

const first = `
apiVersion: v1
kind: Config
current-context: one
contexts:
- name: one
  context: {cluster: c1, user: u1, namespace: team}
clusters:
- name: c1
  cluster: {server: "https://c1.example:6443/", certificate-authority: pki/ca.crt, tls-server-name: c1}
users:
- name: u1
  user: {client-certificate-data: Q0VSVA==, client-key: /abs/key.pem}
`
const second = `
current-context: two
contexts:
- {name: one, context: {cluster: other, user: other}}
- {name: two, context: {cluster: c1, user: plugin}}
- {name: three, context: {cluster: c1, user: nobody}}
users:
- name: plugin
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, args: [token, 5], env: [{name: A, value: b}], interactiveMode: IfAvailable, installHint: install it}
- {name: file, user: {tokenFile: tok, token: old}}
`
const files: Record<string, string> = {
  '/home/me/.kube/config': first,
  '/etc/two': second,
  '/home/me/.kube/pki/ca.crt': 'CA',
  '/abs/key.pem': 'KEY',
}
const readFile = async (path: string) => {
  if (files[path] === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
  return files[path]
}

test('files merge as kubectl merges them, and paths start at their file', async () => {
  const env = { KUBECONFIG: '/nowhere:/home/me/.kube/config:/etc/two' }
  const config = await loadKubeconfig({ env, readFile })
  assert.equal(config.currentContext, 'one')
  const one = await resolveContext(config, { readFile })
  assert.deepEqual(one, {
    name: 'one',
    namespace: 'team',
    connection: {
      server: 'https://c1.example:6443',
      tls: { insecure: false, serverName: 'c1', caPem: 'CA', certPem: 'CERT', keyPem: 'KEY' },
      auth: { kind: 'none' },
    },
  })
  const two = await resolveContext(config, { readFile }, 'two')
  assert.equal(two.namespace, 'default')
  assert.deepEqual(two.connection.auth, {
    kind: 'exec',
    command: '/etc/bin/login',
    args: ['token', '5'],
    env: { A: 'b' },
    apiVersion: 'client.authentication.k8s.io/v1',
    installHint: 'install it',
  })
})

test('the default file is ~/.kube/config; none at all is an empty configuration', async () => {
  assert.equal((await loadKubeconfig({ env: { HOME: '/home/me' }, readFile })).currentContext, 'one')
  const none = await loadKubeconfig({ env: { HOME: '/nobody' }, readFile })
  await assert.rejects(resolveContext(none, { readFile }), /there is no current-context/)
  await assert.rejects(loadKubeconfig({ env: {}, readFile }, { path: '/missing' }), /no \/missing/)
})

test('what is wrong is said with the file and the place', async () => {
  const parse = (text: string) => parseKubeconfig([{ path: 'f', text }])
  assert.throws(() => parse('a: [1'), /f:1:/)
  assert.throws(() => parse('- 1'), /f: expected a mapping/)
  assert.throws(() => parse('kind: Pod'), /expected kind Config, found Pod/)
  assert.throws(() => parse('clusters: {}'), /clusters: expected a list/)
  assert.throws(() => parse('users: [{name: 5}]'), /users\[0\]: expected a mapping with a name/)
  const resolve = (text: string, name?: string) => resolveContext(parse(text), { readFile }, name)
  await assert.rejects(resolve(first, 'nope'), /no context "nope"/)
  await assert.rejects(resolve(second, 'three'), /names cluster "c1", which is not there/)
  const withUser = (user: string) =>
    resolve(
      `{current-context: x, contexts: [{name: x, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: https://c}}], users: [{name: u, user: ${user}}]}`,
    )
  await assert.rejects(withUser('{client-key-data: "§§"}'), /client-key-data is no base64/)
  await assert.rejects(withUser('{client-key: missing.pem}'), /client-key missing.pem cannot be read/)
  await assert.rejects(withUser('{auth-provider: {name: gcp}}'), /Kubernetes 1.26 removed/)
  await assert.rejects(withUser('{exec: {command: x, interactiveMode: Always}}'), /wants a terminal/)
  assert.deepEqual((await withUser('{username: a, password: b}')).connection.auth, {
    kind: 'basic',
    username: 'a',
    password: 'b',
  })
  assert.deepEqual((await withUser('{tokenFile: t, token: old}')).connection.auth, { kind: 'token-file', path: 't' })
})

test('what is written reads back', async () => {
  const text = createKubeconfig([
    {
      name: 'hub',
      namespace: 'argocd',
      connection: {
        server: 'https://127.7.0.1:6443',
        tls: { insecure: false, caPem: '-----BEGIN CERTIFICATE-----\nxyz\n', certPem: 'C', keyPem: 'K' },
        auth: { kind: 'none' },
      },
    },
    {
      name: 'eks',
      connection: {
        server: 'https://eks',
        tls: { insecure: true },
        auth: { kind: 'aws', clusterName: 'prod', roleArn: 'arn:r' },
        proxyUrl: 'http://p:1',
      },
    },
    { name: 'm1', connection: { server: 'https://m1', tls: { insecure: false }, auth: { kind: 'bearer', token: '0123' } } },
  ])
  const config = parseKubeconfig([{ path: 'f', text }])
  const hub = await resolveContext(config, { readFile })
  assert.equal(hub.namespace, 'argocd')
  assert.deepEqual(hub.connection.tls, {
    insecure: false,
    caPem: '-----BEGIN CERTIFICATE-----\nxyz\n',
    certPem: 'C',
    keyPem: 'K',
  })
  const eks = await resolveContext(config, { readFile }, 'eks')
  assert.equal(eks.connection.proxyUrl, 'http://p:1')
  assert.equal(eks.connection.tls.insecure, true)
  assert.deepEqual(eks.connection.auth.kind === 'exec' && eks.connection.auth.args, [
    'eks',
    'get-token',
    '--cluster-name',
    'prod',
    '--role-arn',
    'arn:r',
  ])
  assert.deepEqual((await resolveContext(config, { readFile }, 'm1')).connection.auth, { kind: 'bearer', token: '0123' })
})
