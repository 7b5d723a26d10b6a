import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CodedError } from '../../base/errors.js'
import { silentLog } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import type { ClientPorts } from './client-ports.js'
import type { Connection } from './connection.js'
import { runExecCredential } from './exec-credential.js'
import { runProcess } from './run-process.js'

const apiVersion = 'client.authentication.k8s.io/v1beta1'
const connection: Connection = {
  server: 'https://c',
  tls: { insecure: false, caPem: 'CA' },
  auth: { kind: 'none' },
  proxyUrl: 'http://p',
}
const base = { kind: 'exec', command: process.execPath, args: [] as string[], env: {}, apiVersion } as const
const ports: ClientPorts = {
  clock: { now: () => 0, after: () => () => {} },
  random: createSeededRandom(1),
  log: silentLog,
  env: { PATH: process.env['PATH'], FROM_OUTSIDE: 'yes' },
  readFile: async () => '',
  runProcess,
  fetch: async () => ({ status: 200, body: '' }),
}
const script = (code: string) => ({ ...base, args: ['-e', code] })
const saying = (answer: unknown) => script(`console.log(${JSON.stringify(JSON.stringify(answer))})`)
const credential = (status: unknown) => ({ apiVersion, kind: 'ExecCredential', status })

test('the plugin gets its environment and the cluster, and its answer is read', async () => {
  const auth = {
    ...script(`
      const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
      const token = [process.env.FROM_OUTSIDE, process.env.OWN, info.spec.interactive, info.spec.cluster.server, info.spec.cluster['proxy-url'], Buffer.from(info.spec.cluster['certificate-authority-data'], 'base64')].join(' ')
      console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: 'ExecCredential', status: { token, expirationTimestamp: '2026-01-01T00:00:00Z' } }))
    `),
    env: { OWN: '$HOME;`x`' },
    provideClusterInfo: true,
  }
  assert.deepEqual(await runExecCredential(auth, connection, ports), {
    token: 'yes $HOME;`x` false https://c http://p CA',
    clientCertificateData: undefined,
    clientKeyData: undefined,
    expiresAt: Date.parse('2026-01-01T00:00:00Z'),
  })
})

test('a plugin that is missing or fails says what to do', async () => {
  const missing = { ...base, command: '/no/such/plugin', installHint: 'brew install plugin' }
  await assert.rejects(runExecCredential(missing, connection, ports), (error: CodedError) => {
    assert.match(error.message, /\/no\/such\/plugin: the executable was not found/)
    assert.equal(error.fix, 'brew install plugin')
    return error.code === 'credentials-unavailable'
  })
  await assert.rejects(
    runExecCredential(script('console.error("please log in"); process.exit(3)'), connection, ports),
    /exited with 3: please log in/,
  )
  await assert.rejects(runExecCredential({ ...base, apiVersion: 'x/v1alpha1' }, connection, ports), /"x\/v1alpha1" is not known/)
})

test('output that is no ExecCredential is refused, and never quoted', async () => {
  const cases: [ReturnType<typeof script>, RegExp][] = [
    [script('console.log("secret-token-in-plain")'), /expected JSON, found 22 characters/],
    [script(''), /found nothing/],
    [saying({ kind: 'Token' }), /expected kind ExecCredential/],
    [
      saying({ ...credential({}), apiVersion: 'client.authentication.k8s.io/v1' }),
      /expected apiVersion .*v1beta1, found .*\/v1$/,
    ],
    [saying(credential(undefined)), /no status/],
    [saying(credential({ token: '' })), /neither token nor/],
    [saying(credential({ clientKeyData: 'k' })), /must both be there/],
    [saying(credential({ token: 'secret-token', expirationTimestamp: 'soon' })), /"soon" is not RFC 3339/],
  ]
  await Promise.all(
    cases.map(([auth, message]) =>
      assert.rejects(runExecCredential(auth, connection, ports), (error: CodedError) => {
        assert.match(error.message, message)
        return !error.message.includes('secret-token')
      }),
    ),
  )
})

test('a plugin that hangs is ended', async () => {
  const hurried: ClientPorts = { ...ports, runProcess: (request) => runProcess({ ...request, timeoutMs: 100 }) }
  await assert.rejects(
    runExecCredential(script('setInterval(() => {}, 1000)'), connection, hurried),
    /did not end within 0.1 s|ended by SIGTERM/,
  )
})
