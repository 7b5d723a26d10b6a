// What every KubeClient promises, asked of each of them: in process, over TLS, and of the fake that tests stand on.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { createSystemClientPorts } from '../src/app/system-client-ports.js'
import { systemClock, systemRandom } from '../src/app/system-ports.js'
import { sleep } from '../src/base/clock.js'
import type { CodedError } from '../src/base/errors.js'
import { silentLog } from '../src/base/log.js'
import type { Connection } from '../src/kube/client/connection.js'
import { createHttpClient } from '../src/kube/client/http-client.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import { createCaches } from '../src/kube/informer/create-caches.js'
import type { KubeObject, WatchEvent } from '../src/kube/object/kube-object.js'
import { isAlreadyExists, isConflict, isNotFound, StatusError } from '../src/kube/object/status-error.js'
import { type EmbeddedApi, startEmbeddedApi } from './support/embedded-api.js'
import { FakeKubeClient } from './support/fake-kube-client.js'

const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const namespaces = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
  subresources: ['status'],
}
const namespace = 'default'

let api: EmbeddedApi
before(async () => {
  api = await startEmbeddedApi()
})
after(() => api.close())

const connection = (more: Partial<Connection> = {}): Connection => ({
  server: `https://127.0.0.1:${api.port}`,
  tls: { insecure: false, caPem: api.ca.certPem, certPem: api.admin.certPem, keyPem: api.admin.keyPem },
  auth: { kind: 'none' },
  ...more,
})
const overTls = (more: Partial<Connection> = {}) =>
  createHttpClient({ name: 'member', connection: connection(more), ports: createSystemClientPorts({}) })

const kinds: [string, () => KubeClient][] = [
  ['in process', () => api.cluster.client()],
  ['over TLS', () => overTls()],
  ['fake', () => new FakeKubeClient({ types: [configMaps, namespaces] })],
]

const configMap = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { suite: 'contract' } },
  data,
})

for (const [kind, open] of kinds) {
  describe(kind, () => {
    let client: KubeClient
    const prefix = kind.replace(/\W/g, '').toLowerCase()
    const target = (name: string) => ({ type: configMaps, namespace, name: `${prefix}-${name}` })
    before(() => {
      client = open()
    })
    after(() => client.close())

    test('what is created is got, listed and deleted', async () => {
      const created = await client.create(configMaps, configMap(`${prefix}-a`, { x: '1' }))
      assert.ok(created.metadata.uid)
      assert.match(created.metadata.resourceVersion ?? '', /^\d+$/)
      const got = await client.get(target('a'))
      assert.deepEqual(got['data'], { x: '1' })
      assert.deepEqual([got.apiVersion, got.kind], ['v1', 'ConfigMap'])
      const list = await client.list(configMaps, { namespace, labelSelector: 'suite=contract' })
      const item = list.items.find(({ metadata }) => metadata.name === `${prefix}-a`)
      assert.deepEqual([item?.apiVersion, item?.kind], ['v1', 'ConfigMap'], 'items know their type')
      await assert.rejects(client.create(configMaps, configMap(`${prefix}-a`)), (error) => isAlreadyExists(error))
      await assert.rejects(client.delete(target('a'), { preconditions: { uid: 'other' } }), (error) => isConflict(error))
      await client.delete(target('a'))
      await assert.rejects(client.get(target('a')), (error) => isNotFound(error) && (error as StatusError).httpCode === 404)
      await assert.rejects(client.delete(target('a')), (error) => isNotFound(error))
    })

    test('updates and patches', async () => {
      const created = await client.create(configMaps, configMap(`${prefix}-p`, { a: '1', b: '2' }))
      const merged = await client.patch(target('p'), { kind: 'merge', body: { data: { a: null, c: '3' } } })
      assert.deepEqual(merged['data'], { b: '2', c: '3' })
      const updated = await client.update(configMaps, { ...merged, data: { d: '4' } })
      assert.deepEqual(updated['data'], { d: '4' })
      await assert.rejects(client.update(configMaps, { ...created, data: {} }), (error) => isConflict(error))
      const body = { metadata: { resourceVersion: created.metadata.resourceVersion }, data: { e: '5' } }
      await assert.rejects(client.patch(target('p'), { kind: 'merge', body }), (error) => isConflict(error))
      const operations = [
        { op: 'test', path: '/data/d', value: '4' },
        { op: 'replace', path: '/data/d', value: '6' },
      ]
      assert.deepEqual((await client.patch(target('p'), { kind: 'json', operations }))['data'], { d: '6' })
      const same = await client.patch(target('p'), { kind: 'merge', body: { data: { d: '6' } } })
      const again = await client.patch(target('p'), { kind: 'merge', body: { data: { d: '6' } } })
      assert.equal(again.metadata.resourceVersion, same.metadata.resourceVersion, 'no change, no new version')
      await client.delete(target('p'))
    })

    test('a dry run stores nothing', async () => {
      await client.create(configMaps, configMap(`${prefix}-dry`), { dryRun: true })
      await assert.rejects(client.get(target('dry')), (error) => isNotFound(error))
    })

    test('finalizers hold what is deleted', async () => {
      const object = configMap(`${prefix}-f`)
      object.metadata.finalizers = ['example.com/hold']
      await client.create(configMaps, object)
      await client.delete(target('f'))
      const held = await client.get(target('f'))
      assert.ok(held.metadata.deletionTimestamp)
      await client.patch(target('f'), { kind: 'merge', body: { metadata: { finalizers: null } } })
      await assert.rejects(client.get(target('f')), (error) => isNotFound(error))
    })

    test('pages add up', async () => {
      const names = Array.from({ length: 7 }, (_unused, index) => `${prefix}-page-${index}`)
      const labels = { page: prefix }
      for (const name of names) await client.create(configMaps, { ...configMap(name), metadata: { name, namespace, labels } })
      const found: string[] = []
      let next: string | undefined
      let pages = 0
      do {
        const page = await client.list(configMaps, { namespace, labelSelector: `page=${prefix}`, limit: 3, continue: next })
        found.push(...page.items.map(({ metadata }) => metadata.name))
        next = page.metadata.continue || undefined
        pages++
      } while (next !== undefined)
      assert.deepEqual(found, names)
      assert.equal(pages, 3)
    })

    test('a watch gives the present state, its end, then changes; and resumes where it was', async () => {
      const labels = { watched: prefix }
      const make = (name: string) => ({ ...configMap(name), metadata: { name: `${prefix}-${name}`, namespace, labels } })
      await client.create(configMaps, make('w1'))
      const stop = new AbortController()
      const options = { namespace, labelSelector: `watched=${prefix}`, allowWatchBookmarks: true, signal: stop.signal }
      const seen: string[] = []
      let version = ''
      const initial = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } as const
      for await (const event of client.watch(configMaps, { ...options, ...initial })) {
        version = event.object.metadata.resourceVersion ?? ''
        seen.push(describeEvent(event))
        if (event.type === 'BOOKMARK') {
          await client.create(configMaps, make('w2'))
          await client.patch(target('w1'), { kind: 'merge', body: { metadata: { labels: { watched: null } } } })
        }
        if (event.type === 'DELETED') break
      }
      assert.deepEqual(seen.slice(0, 2), [`ADDED ${prefix}-w1`, 'BOOKMARK end'])
      assert.ok(seen.includes(`ADDED ${prefix}-w2`))
      assert.equal(seen.at(-1), `DELETED ${prefix}-w1`, 'out of the selector is gone')
      await client.delete(target('w2'))
      for await (const event of client.watch(configMaps, { ...options, resourceVersion: version })) {
        assert.equal(describeEvent(event), `DELETED ${prefix}-w2`)
        stop.abort()
      }
      await client.delete(target('w1'))
    })

    test('discovery and version', async () => {
      const catalogue = await client.resources()
      assert.equal(catalogue.forKind('v1', 'ConfigMap')?.plural, 'configmaps')
      assert.equal(catalogue.forKind('v1', 'Nonsense'), undefined)
      assert.equal(catalogue.forName('configmaps')?.kind, 'ConfigMap')
      assert.match((await client.version()).gitVersion, /^v1\.\d+/)
      assert.match(await client.raw('GET', '/readyz'), /^ok/)
    })

    test('caches stand on it', async () => {
      const stop = new AbortController()
      const caches = createCaches({ client, clock: systemClock, random: systemRandom, log: silentLog, signal: stop.signal })
      await client.create(configMaps, configMap(`${prefix}-c1`))
      const cache = await caches.cache(configMaps, { namespace, labelSelector: 'suite=contract' })
      assert.ok(cache.get(`${namespace}/${prefix}-c1`))
      await client.create(configMaps, configMap(`${prefix}-c2`))
      await client.delete(target('c1'))
      const until = systemClock.now() + 3000
      while (cache.get(`${namespace}/${prefix}-c1`) && systemClock.now() < until) await sleep(systemClock, 5)
      assert.ok(cache.get(`${namespace}/${prefix}-c2`))
      assert.equal(cache.get(`${namespace}/${prefix}-c1`), undefined)
      assert.equal(cache.healthy, true)
      stop.abort()
    })
  })
}

function describeEvent(event: WatchEvent): string {
  if (event.type !== 'BOOKMARK') return `${event.type} ${event.object.metadata.name}`
  return `BOOKMARK ${event.object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true' ? 'end' : ''}`
}

describe('over TLS', () => {
  const failure = async (more: Partial<Connection>) => {
    const client = overTls(more)
    try {
      await client.list(configMaps)
    } catch (error) {
      return error as CodedError
    } finally {
      client.close()
    }
    return assert.fail('expected a refusal')
  }

  test('certificates are checked', async () => {
    const { certPem, keyPem } = api.admin
    const untrusted = await failure({ tls: { insecure: false, certPem, keyPem } })
    assert.equal(untrusted.code, 'cluster-unreachable')
    assert.match(untrusted.message, /authority that is not trusted|self-signed/)
    const misnamed = await failure({ tls: { insecure: false, caPem: api.ca.certPem, certPem, keyPem, serverName: 'elsewhere' } })
    assert.match(misnamed.message, /not made out for this host name/)
    const client = overTls({ tls: { insecure: true, certPem, keyPem } })
    assert.ok((await client.list(configMaps)).metadata.resourceVersion)
    client.close()
  })

  test('who we are is checked', async () => {
    const ca = { insecure: false, caPem: api.ca.certPem }
    const wrong = await failure({ tls: ca, auth: { kind: 'bearer', token: 'nonsense-token' } })
    assert.ok(wrong instanceof StatusError && wrong.reason === 'Unauthorized')
    const known = await failure({ tls: ca, auth: { kind: 'bearer', token: 'token-of-jane' } })
    assert.ok(known instanceof StatusError && known.reason === 'Forbidden')
    for (const error of [wrong, known]) assert.doesNotMatch(`${error.message}${error.stack}`, /nonsense-token|token-of-jane/)
  })

  test('an HTTP proxy is gone through by CONNECT, with its own credentials', async () => {
    const asked: string[] = []
    const proxy = createServer()
    proxy.on('connect', (request, socket: Socket) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization']}`)
      if (request.headers['proxy-authorization'] !== `Basic ${Buffer.from('me:p@ss').toString('base64')}`) {
        socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
        return
      }
      const upstream = connect(api.port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        upstream.pipe(socket).pipe(upstream)
      })
      upstream.on('error', () => socket.destroy())
      socket.on('error', () => upstream.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const at = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const client = overTls({ proxyUrl: `http://me:p%40ss@${at}` })
    await client.version()
    await client.version()
    assert.equal(asked.length, 1, 'the tunnel is kept')
    assert.match(asked[0] ?? '', new RegExp(`^127.0.0.1:${api.port} Basic`))
    client.close()
    const refused = await failure({ proxyUrl: `http://me:wrong@${at}` })
    assert.match(refused.message, /the proxy 127\.0\.0\.1:\d+ answered 407/)
    assert.doesNotMatch(refused.message, /wrong/)
    proxy.close()
    const gone = await failure({ proxyUrl: 'http://127.0.0.1:1' })
    assert.match(gone.message, /the proxy 127\.0\.0\.1:1 cannot be reached/)
    assert.match((await failure({ proxyUrl: 'socks5://x' })).message, /expected http:\/\/HOST:PORT/)
  })

  test('a credential plugin may answer with a client certificate', async () => {
    const apiVersion = 'client.authentication.k8s.io/v1'
    const status = { clientCertificateData: api.admin.certPem, clientKeyData: api.admin.keyPem }
    const answer = JSON.stringify({ apiVersion, kind: 'ExecCredential', status })
    const client = createHttpClient({
      name: 'member',
      connection: connection({
        tls: { insecure: false, caPem: api.ca.certPem },
        auth: { kind: 'exec', command: 'plugin', args: [], env: {}, apiVersion },
      }),
      ports: { ...createSystemClientPorts({}), runProcess: async () => ({ exitCode: 0, stdout: answer, stderr: '' }) },
    })
    assert.ok((await client.list(configMaps)).metadata.resourceVersion)
    client.close()
  })
})
