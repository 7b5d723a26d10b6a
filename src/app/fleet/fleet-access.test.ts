import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose'
import { createFleetCa } from '../../apiserver/auth/fleet-ca.js'
import type { LogicalCluster } from '../../apiserver/contract.js'
import { silentLog } from '../../base/log.js'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { openDataDirectory } from './data-directory.js'
import { openFleetAccess } from './fleet-access.js'

const ports = { clock: systemClock, random: systemRandom, log: silentLog }
const folder = mkdtempSync(join(tmpdir(), 'access-test-'))
const directory = openDataDirectory(folder)
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
let issuerUrl = ''
let caFile = ''
let caPem = ''
let keys: GenerateKeyPairResult
let close: () => void

before(async () => {
  const ca = await createFleetCa({ clock: systemClock })
  const { certPem, keyPem } = await ca.issueServer({ names: ['127.0.0.1'] })
  keys = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const discovery = request.url === '/dex/.well-known/openid-configuration'
    response.end(JSON.stringify(discovery ? { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` } : { keys: [jwk] }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  issuerUrl = `https://127.0.0.1:${(server.address() as AddressInfo).port}/dex`
  caPem = ca.certPem
  caFile = write('issuer-ca.crt', ca.certPem)
  close = () => server.close()
})
after(() => {
  close()
  rmSync(folder, { recursive: true, force: true })
})

const sign = (claims: Record<string, unknown>) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setIssuer(issuerUrl)
    .setExpirationTime('5m')
    .sign(keys.privateKey)
const cluster = {} as LogicalCluster

test('the flags of the shared-OIDC pattern, against an issuer with TLS of its own', async () => {
  const oidc = {
    issuerUrl,
    clientId: 'kubernetes',
    usernameClaim: 'email',
    groupsClaim: 'groups',
    signingAlgs: ['ES256'],
    caFile,
  }
  const access = openFleetAccess({ oidc }, directory, ports)
  const bearerToken = await sign({ aud: 'kubernetes', email: 'ada@example.com', groups: ['platform-team@example.com'] })
  assert.deepEqual(await access.oidc?.authenticate(cluster, { bearerToken }), {
    name: 'ada@example.com',
    groups: ['platform-team@example.com'],
  })
  // Without its authority the issuer is not believed.
  const { caFile: _, ...without } = oidc
  const distrusting = openFleetAccess({ oidc: without }, directory, ports)
  await assert.rejects(async () => distrusting.oidc?.authenticate(cluster, { bearerToken }), { code: 'unauthorized' })
})

test('a configuration with expressions', async () => {
  const authenticationConfig = write(
    'auth.yaml',
    `apiVersion: apiserver.config.k8s.io/v1beta1
kind: AuthenticationConfiguration
jwt:
- issuer:
    url: ${issuerUrl}
    audiences: [kubernetes, other]
    audienceMatchPolicy: MatchAny
    certificateAuthority: |
      ${caPem.trim().replaceAll('\n', '\n      ')}
  claimValidationRules:
  - expression: claims.hd == 'example.com'
    message: only our own people
  claimMappings:
    username:
      expression: "'dex:' + claims.sub"
    groups:
      expression: claims.roles.split(',')
    uid:
      claim: sub
    extra:
    - key: example.com/tenant
      valueExpression: claims.tenant
  userValidationRules:
  - expression: "!user.username.startsWith('dex:system:')"
    message: reserved
anonymous:
  enabled: true
  conditions:
  - path: /readyz
`,
  )
  const access = openFleetAccess({ authenticationConfig }, directory, ports)
  const good = { aud: 'other', sub: 'ada', hd: 'example.com', roles: 'dev,ops', tenant: 'a' }
  assert.deepEqual(await access.oidc?.authenticate(cluster, { bearerToken: await sign(good) }), {
    name: 'dex:ada',
    uid: 'ada',
    groups: ['dev', 'ops'],
    extra: { 'example.com/tenant': ['a'] },
  })
  for (const change of [{ hd: 'evil.com' }, { hd: undefined }, { sub: 'system:admin' }, { roles: 7 }, { aud: 'x' }]) {
    const bearerToken = await sign({ ...good, ...change })
    await assert.rejects(async () => access.oidc?.authenticate(cluster, { bearerToken }), { code: 'unauthorized' })
  }
  assert.equal(access.anonymous('/readyz'), true)
  assert.equal(access.anonymous('/api/v1/pods'), false)
})

test('what is wrong is told with file and field, before anything is opened', () => {
  const config = (mapping: string) =>
    write(
      'wrong.yaml',
      `apiVersion: apiserver.config.k8s.io/v1beta1
kind: AuthenticationConfiguration
jwt:
- issuer: {url: 'https://a.example.com', audiences: [k]}
  claimMappings: {username: {${mapping}}}
`,
    )
  const refused = (options: Parameters<typeof openFleetAccess>[0], message: RegExp) =>
    assert.throws(() => openFleetAccess(options, directory, ports), { name: 'UsageError', message })
  refused(
    { authenticationConfig: config('expression: claims.') },
    /jwt\[0\]\.claimMappings\.username\.expression: compilation failed/,
  )
  refused({ authenticationConfig: config('expression: "1 + 1"') }, /must evaluate to string, not int/)
  refused({ authenticationConfig: config('expression: user.name') }, /undeclared reference to 'user'/)
  refused({ authenticationConfig: join(folder, 'absent.yaml') }, /absent\.yaml \(--authentication-config\) cannot be read/)
  refused({ authenticationConfig: write('bad.yaml', 'a: [') }, /bad\.yaml .* is no YAML/)
  refused({ auditPolicy: 'x' }, /there is no --audit-log-path/)
  const both = { authenticationConfig: config('claim: sub, prefix: ""'), oidc: { issuerUrl: 'https://b', clientId: 'k' } }
  refused(both, /are both given/)
})

test('the file of the data directory counts when no option names another; the audit log is private', async () => {
  write(
    'authentication.yaml',
    'apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\njwt: []\nanonymous: {enabled: false}\n',
  )
  const auditLog = join(folder, 'audit.log')
  const access = openFleetAccess({ auditLog }, directory, ports)
  assert.equal(access.oidc, undefined)
  assert.equal(access.anonymous('/readyz'), false)
  access.audit?.sink('{}\n')
  access.close()
  assert.equal(readFileSync(auditLog, 'utf8'), '{}\n')
})
