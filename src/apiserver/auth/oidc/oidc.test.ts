import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Clock } from '../../../base/clock.js'
import { silentLog } from '../../../base/log.js'
import type { CelEnvironment } from '../../../formats/cel/contract.js'
import type { LogicalCluster } from '../../contract.js'
import { authenticationOfFlags, readAuthenticationConfiguration } from './authentication-configuration.js'
import { createClaimExpressions } from './claim-expressions.js'
import { createOidcAuthenticator } from './oidc-authenticator.js'

const issuerUrl = 'https://dex.example.com'
const cluster = {} as LogicalCluster
let now = 1_800_000_000_000
const clock: Clock = { now: () => now, after: () => () => {} }
/** Expressions are tested where the language is. */
const noExpressions = createClaimExpressions({ extend: () => ({}) } as unknown as CelEnvironment)

async function createIssuer() {
  const keys = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>()
  const state = { looks: 0, down: false }
  const rotate = async (kid: string) => {
    keys.clear()
    keys.set(kid, await generateKeyPair('RS256'))
  }
  await rotate('k1')
  return {
    state,
    rotate,
    add: async (kid: string) => void keys.set(kid, await generateKeyPair('RS256')),
    /** Without a `kid`, or with one that is another key's. */
    signWith(key: string, kid: string | undefined) {
      return new SignJWT({ aud: ['other', 'kubernetes'], sub: key })
        .setProtectedHeader({ alg: 'RS256', ...(kid === undefined ? {} : { kid }) })
        .setIssuer(issuerUrl)
        .setExpirationTime(Math.floor(now / 1000) + 600)
        .sign(keys.get(key)!.privateKey)
    },
    sign(claims: Record<string, unknown>, more: { issuer?: string; seconds?: number } = {}) {
      const [kid, pair] = [...keys][0]!
      return new SignJWT({ aud: 'kubernetes', ...claims })
        .setProtectedHeader({ alg: 'RS256', kid })
        .setIssuer(more.issuer ?? issuerUrl)
        .setExpirationTime(Math.floor(now / 1000) + (more.seconds ?? 600))
        .sign(pair.privateKey)
    },
    async fetchJson(url: string) {
      state.looks++
      if (state.down) throw new Error('connect ECONNREFUSED')
      if (url.endsWith('/openid-configuration')) {
        return { status: 200, body: JSON.stringify({ issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` }) }
      }
      const public_ = await Promise.all(
        [...keys].map(async ([kid, pair]) => ({ ...(await exportJWK(pair.publicKey)), kid, alg: 'RS256', use: 'sig' })),
      )
      return { status: 200, body: JSON.stringify({ keys: public_ }) }
    },
  }
}

function authenticatorFor(issuer: Awaited<ReturnType<typeof createIssuer>>, flags: object = {}) {
  const configuration = authenticationOfFlags({ issuerUrl, clientId: 'kubernetes', ...flags })!
  return createOidcAuthenticator({
    configuration,
    expressions: noExpressions,
    fetchJson: issuer.fetchJson,
    clock,
    log: silentLog,
  })
}

test('the flags of kube-apiserver: claims become a user as they say', async () => {
  const issuer = await createIssuer()
  const byEmail = authenticatorFor(issuer, { usernameClaim: 'email', groupsClaim: 'groups' })
  const token = await issuer.sign({ sub: '1', email: 'ada@example.com', groups: ['platform-team@example.com'] })
  assert.deepEqual(await byEmail.authenticate(cluster, { bearerToken: token }), {
    name: 'ada@example.com',
    groups: ['platform-team@example.com'],
  })
  const bySubject = authenticatorFor(issuer, { groupsClaim: 'groups', groupsPrefix: 'oidc:' })
  assert.deepEqual(await bySubject.authenticate(cluster, { bearerToken: await issuer.sign({ sub: '1', groups: 'ops' }) }), {
    name: `${issuerUrl}#1`,
    groups: ['oidc:ops'],
  })
  const plain = authenticatorFor(issuer, { usernamePrefix: '-' })
  assert.equal((await plain.authenticate(cluster, { bearerToken: token }))?.name, '1')
})

test('a token that does not hold is refused; one of another issuer is left alone', async () => {
  const issuer = await createIssuer()
  const oidc = authenticatorFor(issuer, { usernameClaim: 'email', requiredClaim: ['hd=example.com'] })
  const good = { email: 'ada@example.com', hd: 'example.com' }
  const refused = async (claims: Record<string, unknown>, more = {}) => {
    const bearerToken = await issuer.sign(claims, more)
    await assert.rejects(oidc.authenticate(cluster, { bearerToken }), { code: 'unauthorized' }, JSON.stringify(claims))
  }
  assert.equal((await oidc.authenticate(cluster, { bearerToken: await issuer.sign(good) }))?.name, 'ada@example.com')
  await refused({ ...good, hd: 'evil.com' })
  await refused({ email: good.email })
  await refused({ ...good, email_verified: false })
  await refused({ ...good, email_verified: 'true' })
  await refused({ ...good, aud: 'somebody-else' })
  await refused({ ...good, email: 7 })
  await refused(good, { seconds: -60 })
  const [head, body] = (await issuer.sign(good)).split('.')
  await assert.rejects(oidc.authenticate(cluster, { bearerToken: `${head}.${body}.AAAA` }), { code: 'unauthorized' })
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  await assert.rejects(oidc.authenticate(cluster, { bearerToken: `${none}.${body}.` }), { code: 'unauthorized' })
  const foreign = await issuer.sign(good, { issuer: 'https://other.example.com' })
  assert.equal(await oidc.authenticate(cluster, { bearerToken: foreign }), undefined)
  for (const bearerToken of ['', 'a.b.c', 'static-token', `x.${Buffer.from('null').toString('base64url')}.y`]) {
    assert.equal(await oidc.authenticate(cluster, { bearerToken }), undefined)
  }
})

test('a token without the id of its key is tried with all; one with the id of another key is not', async () => {
  const issuer = await createIssuer()
  await issuer.add('k2')
  const oidc = authenticatorFor(issuer, { usernamePrefix: '-' })
  for (const key of ['k1', 'k2']) {
    const bearerToken = await issuer.signWith(key, undefined)
    assert.equal((await oidc.authenticate(cluster, { bearerToken }))?.name, key)
  }
  const confused = await issuer.signWith('k2', 'k1')
  await assert.rejects(oidc.authenticate(cluster, { bearerToken: confused }), { code: 'unauthorized' })
  const removed = await issuer.signWith('k2', undefined)
  await issuer.rotate('k3')
  await issuer.add('k4')
  const fresh = authenticatorFor(issuer, { usernamePrefix: '-' })
  await assert.rejects(fresh.authenticate(cluster, { bearerToken: removed }), { code: 'unauthorized' })
})

test('keys are read once, again for a new key, and not in a storm', async () => {
  const issuer = await createIssuer()
  const oidc = authenticatorFor(issuer)
  const tokens = await Promise.all(['a', 'b', 'c'].map((sub) => issuer.sign({ sub })))
  await Promise.all(tokens.map((bearerToken) => oidc.authenticate(cluster, { bearerToken })))
  assert.equal(issuer.state.looks, 2)
  now += 60_000
  await issuer.rotate('k2')
  assert.equal((await oidc.authenticate(cluster, { bearerToken: await issuer.sign({ sub: 'd' }) }))?.name, `${issuerUrl}#d`)
  assert.equal(issuer.state.looks, 4)
  // Somebody who sends tokens with unknown keys does not make the server ask the issuer each time.
  await issuer.rotate('k3')
  for (let count = 0; count < 5; count++) {
    const bearerToken = await issuer.sign({ sub: `e${count}` })
    await assert.rejects(oidc.authenticate(cluster, { bearerToken }), { code: 'unauthorized' })
  }
  assert.equal(issuer.state.looks, 4)
})

test('an issuer that cannot be reached refuses its tokens, and is asked again after a while', async () => {
  const issuer = await createIssuer()
  issuer.state.down = true
  const oidc = authenticatorFor(issuer)
  const bearerToken = await issuer.sign({ sub: 'a' })
  await assert.rejects(oidc.authenticate(cluster, { bearerToken }), { code: 'unauthorized' })
  await assert.rejects(oidc.authenticate(cluster, { bearerToken }), { code: 'unauthorized' })
  assert.equal(issuer.state.looks, 1)
  issuer.state.down = false
  now += 11_000
  assert.equal((await oidc.authenticate(cluster, { bearerToken }))?.name, `${issuerUrl}#a`)
})

test('a configuration that is wrong names its field', () => {
  const base = {
    apiVersion: 'apiserver.config.k8s.io/v1beta1',
    kind: 'AuthenticationConfiguration',
    jwt: [
      {
        issuer: { url: issuerUrl, audiences: ['kubernetes'] },
        claimMappings: { username: { claim: 'sub', prefix: '' } },
      },
    ],
  }
  assert.deepEqual(readAuthenticationConfiguration(base, 'f').jwt[0]?.username, { claim: 'sub', prefix: '' })
  const wrong = (change: (jwt: Record<string, never>) => void, message: RegExp) => {
    const copy = JSON.parse(JSON.stringify(base))
    change(copy.jwt[0])
    assert.throws(() => readAuthenticationConfiguration(copy, 'auth.yaml'), { name: 'UsageError', message }, String(message))
  }
  const at = (path: string, value: unknown) => (jwt: Record<string, never>) => {
    const steps = path.split('.')
    const last = steps.pop()!
    const target = steps.reduce((node: Record<string, never>, step) => node[step]!, jwt)
    ;(target as Record<string, unknown>)[last] = value
  }
  wrong(at('issuer.url', 'http://dex.example.com'), /auth\.yaml: jwt\[0\]\.issuer\.url: URL scheme must be https/)
  wrong(at('issuer.url', 'https://u:p@dex.example.com'), /must not contain a username or password/)
  wrong(at('issuer.audiences', []), /jwt\[0\]\.issuer\.audiences/)
  wrong(at('issuer.audiences', ['a', 'b']), /audienceMatchPolicy must be MatchAny/)
  wrong(at('issuer.discoveryURL', `${issuerUrl}/`), /discoveryURL must be different from URL/)
  wrong(at('claimMappings.username', { claim: 'sub' }), /prefix is required when claim is set/)
  wrong(at('claimMappings.username', { claim: 'a', expression: 'b' }), /claim and expression can't both be set/)
  wrong(at('claimMappings.extra', [{ key: 'Foo', valueExpression: 'x' }]), /extra\[0\]\.key/)
  wrong(at('claimMappings.nick', {}), /claimMappings\.nick: is not known here/)
  wrong(at('claimValidationRules', [{ claim: 'a', expression: 'b' }]), /exactly one of claim and expression/)
  assert.throws(() => readAuthenticationConfiguration({ kind: 'X' }, 'f'), /kind: must be AuthenticationConfiguration/)
  assert.throws(() => authenticationOfFlags({ issuerUrl }), /should be specified together/)
  assert.throws(() => authenticationOfFlags({ issuerUrl, clientId: 'k', requiredClaim: ['x'] }), /not of the form key=value/)
  assert.equal(authenticationOfFlags({}), undefined)
})
