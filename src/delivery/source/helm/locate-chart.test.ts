import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpRequest } from './contract.js'
import { type LocatePorts, locateChart } from './locate-chart.js'

function ports(answer: (url: URL, headers: Readonly<Record<string, string>>) => unknown, more: Partial<LocatePorts> = {}) {
  const seen: [url: string, authorization: string | undefined][] = []
  const made: LocatePorts = {
    get: async ({ url, headers }: HttpRequest) => {
      seen.push([url.href, headers['authorization']])
      const found = answer(url, headers)
      if (found instanceof Error) throw found
      return found as Awaited<ReturnType<LocatePorts['get']>>
    },
    helmMajor: 3,
    repositories: async () => [],
    cachedIndex: async () => '',
    readFile: async () => '',
    registryLogin: async () => ({ username: 'me', password: 'secret' }),
    notice: () => {},
    ...more,
  }
  return { made, seen }
}

test('a login is not given to a registry that is spoken to without TLS because TLS failed', async () => {
  for (const [registry, sends] of [
    ['registry.test', false],
    ['127.0.0.1:5000', true],
  ] as const) {
    const { made, seen } = ports((url, headers) => {
      if (url.protocol === 'https:') return Object.assign(new Error('wrong version number'), { code: 'EPROTO' })
      if (headers['authorization'] !== undefined) return { status: 404, headers: {}, body: new Uint8Array() }
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="x"' }, body: new Uint8Array() }
    })
    await assert.rejects(locateChart(`oci://${registry}/charts/web`, { version: '1.0.0' }, made))
    assert.ok(seen.some(([url]) => url.startsWith('http:')))
    assert.equal(
      seen.some(([url, authorization]) => url.startsWith('http:') && authorization !== undefined),
      sends,
    )
  }
})

test('the login of a repository does not go where its index points', async () => {
  const entry = {
    name: 'own',
    url: 'https://charts.test/x',
    username: 'me',
    password: 'secret',
    caFile: '',
    certFile: '',
    keyFile: '',
    insecure: false,
    passCredentials: false,
  }
  const address = 'https://elsewhere.test/web-1.0.0.tgz'
  for (const [passCredentials, place, expected] of [
    [false, {}, undefined],
    [false, { username: 'you', password: 'told' }, `Basic ${btoa('you:told')}`],
    [true, {}, `Basic ${btoa('me:secret')}`],
  ] as const) {
    const { made, seen } = ports(() => ({ status: 404, headers: {}, body: new Uint8Array() }), {
      repositories: async () => [{ ...entry, passCredentials }],
      cachedIndex: async () => `urls: [${address}, https://charts.test/x/web-1.0.0.tgz]`,
    })
    await assert.rejects(locateChart(address, place, made))
    assert.deepEqual(seen, [[address, expected]])
    await assert.rejects(locateChart('https://charts.test/x/web-1.0.0.tgz', {}, made))
    assert.equal(seen[1]?.[1], `Basic ${btoa('me:secret')}`)
  }
})

test('a password in the address of a repository is in no message', async () => {
  const { made } = ports(() => ({ status: 500, headers: {}, body: new Uint8Array() }))
  await assert.rejects(locateChart('web', { repo: 'https://me:secret@charts.test/x' }, made), (error: Error) => {
    assert.doesNotMatch(error.message, /secret/)
    return true
  })
})
