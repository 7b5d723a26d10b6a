// What every KubeClient promises, asked of each of them: in process, over TLS, and of the fake that tests stand on.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { createSystemClientPorts } from '../src/app/system/system-client-ports.js'
import type { CodedError } from '../src/base/errors.js'
import type { Connection } from '../src/kube/client/connection.js'
import { createHttpClient } from '../src/kube/client/http-client.js'
import { StatusError } from '../src/kube/object/status-error.js'
import { configMaps, describeKubeClient } from './support/cases/kube-client-contract.js'
import { FakeKubeClient } from './support/fakes/fake-kube-client.js'
import { type EmbeddedApi, startEmbeddedApi } from './support/worlds/embedded-api.js'

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

describeKubeClient('in process', () => api.cluster.client())
describeKubeClient('over TLS', () => overTls())
describeKubeClient('fake', () => new FakeKubeClient({ types: [configMaps] }))

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
