import assert from 'node:assert/strict'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { systemClock, systemRandom } from '../../../../../app/system/system-ports.js'
import { createFleetCa } from '../../../../auth/fleet-ca.js'
import { createServiceAccountTokens, createTokenKey } from '../../../../auth/service-account-tokens.js'
import type { LogicalCluster } from '../../../../contract.js'
import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { Pipe, readAll } from '../../shell/streams.js'
import { discoverIssuer } from './issuer-discovery.js'

const account = '/var/run/secrets/kubernetes.io/serviceaccount'
const cluster = { name: 'm1', peek: () => undefined } as unknown as LogicalCluster
let server: ReturnType<typeof createServer>
let issuer = ''
const files = new Map<string, string>()
const tokens = createServiceAccountTokens({
  keyPem: createTokenKey(),
  clock: systemClock,
  random: systemRandom,
  issuerOf: () => issuer,
})
const tokenFor = async (audience: string) =>
  (await tokens.issue(cluster, { serviceAccount: { namespace: 'a', name: 'b', uid: 'u' }, audiences: [audience] })).token

before(async () => {
  const ca = await createFleetCa({ clock: systemClock, name: 'test' })
  const { certPem: cert, keyPem: key } = await ca.issueServer({ names: ['127.0.0.1'] })
  server = createServer({ cert, key }, (request, response) => {
    const { configuration, keys } = tokens.issuerDocuments(cluster)
    const isKnown = request.headers.authorization === 'Bearer mine'
    response.statusCode = isKnown ? 200 : 401
    response.end(JSON.stringify(request.url === '/openid/v1/jwks' ? keys : configuration))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  files.set(`${account}/ca.crt`, ca.certPem)
  files.set(`${account}/token`, 'mine\n')
})
after(() => server.close())

async function run(audience: string): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new Pipe(), new Pipe()]
  const world = {
    files: { read: (path: string) => Buffer.from(files.get(path) ?? '') },
    clock: systemClock,
    address: '127.0.0.1',
    resolve: async () => [],
  } as unknown as ContainerWorld
  const context = { stdout, stderr, cwd: '/' } as unknown as CommandContext
  const code = await discoverIssuer(['--token-path', '/t', '--audience', audience], world, context)
  stdout.end()
  stderr.end()
  return { code, out: String(await readAll(stdout)), err: String(await readAll(stderr)) }
}

test('a token is judged by what its issuer publishes', async () => {
  files.set('/t', await tokenFor('me'))
  const good = await run('me')
  assert.deepEqual([good.code, good.err], [0, ''])
  assert.match(good.out, /OK: Validated signature on JWT\n$/)
  const other = await run('you')
  assert.deepEqual([other.code, /audience|aud/.test(other.err)], [1, true])
  files.set('/t', `${(await tokenFor('me')).slice(0, -8)}AAAAAAAA`)
  assert.match((await run('me')).err, /signature/)
  files.set('/t', 'none')
  assert.equal((await run('me')).code, 1)
  files.set('/t', await tokenFor('me'))
  files.set(`${account}/token`, 'theirs')
  assert.match((await run('me')).err, /401/)
})
