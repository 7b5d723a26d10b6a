import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { CodedError } from '../../base/errors.js'
import { silentLog } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import { StatusError, statusErrors } from '../object/status-error.js'
import type { ClientPorts } from './client-ports.js'
import type { Connection } from './connection.js'
import { createHttpClient } from './http-client.js'

const pods = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }
const deployments = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true }

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void
let handle: Handler = () => {}
const seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (chunk) => {
    body += String(chunk)
  })
  request.on('end', () => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    handle(request, response, body)
  })
})
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
after(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  seen.length = 0
})

const clock = {
  now: () => performance.timeOrigin + performance.now(),
  after: (delayMs: number, run: () => void) => {
    const timer = setTimeout(run, delayMs).unref()
    return () => clearTimeout(timer)
  },
}
const ports: ClientPorts = {
  clock,
  random: createSeededRandom(1),
  log: silentLog,
  env: {},
  readFile: async (path) => `token of ${path}\n`,
  runProcess: async () => ({ exitCode: 0, stdout: '', stderr: '' }),
  fetch: async () => ({ status: 200, body: '' }),
}

function client(more: Partial<Connection> = {}, limits = {}) {
  const connection: Connection = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tls: { insecure: false },
    auth: { kind: 'bearer', token: 's3cret' },
    ...more,
  }
  return createHttpClient({ name: 'm1', connection, ports, limits })
}

const answer = (response: ServerResponse, code: number, value: unknown, headers: Record<string, string | string[]> = {}) => {
  response.writeHead(code, { 'content-type': 'application/json', ...headers })
  response.end(typeof value === 'string' ? value : JSON.stringify(value))
}
const pod = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'ns' } })

test('the verbs send what an API server expects', async () => {
  handle = (_request, response) => answer(response, 200, pod('a'))
  const api = client()
  await api.get({ type: pods, namespace: 'ns', name: 'a' })
  await api.create(pods, pod('a'), { fieldManager: 'me', dryRun: true, fieldValidation: 'Strict' })
  await api.update(pods, pod('a'), { subresource: 'status' })
  await api.patch(
    { type: deployments, namespace: 'ns', name: 'a' },
    { kind: 'apply', object: pod('a') },
    { fieldManager: 'f m', force: true },
  )
  await api.patch({ type: deployments, name: 'a', namespace: 'ns' }, { kind: 'merge', body: { x: null } }, { force: true })
  await api.patch({ type: deployments, name: 'a', namespace: 'ns' }, { kind: 'json', operations: [] })
  await api.delete({ type: pods, namespace: 'ns', name: 'a' }, { propagationPolicy: 'Background', preconditions: { uid: 'u' } })
  assert.deepEqual(
    seen.map(({ method, url, headers }) => [method, url, headers['content-type']]),
    [
      ['GET', '/api/v1/namespaces/ns/pods/a', undefined],
      ['POST', '/api/v1/namespaces/ns/pods?dryRun=All&fieldManager=me&fieldValidation=Strict', 'application/json'],
      ['PUT', '/api/v1/namespaces/ns/pods/a/status', 'application/json'],
      ['PATCH', '/apis/apps/v1/namespaces/ns/deployments/a?fieldManager=f%20m&force=true', 'application/apply-patch+yaml'],
      ['PATCH', '/apis/apps/v1/namespaces/ns/deployments/a', 'application/merge-patch+json'],
      ['PATCH', '/apis/apps/v1/namespaces/ns/deployments/a', 'application/json-patch+json'],
      ['DELETE', '/api/v1/namespaces/ns/pods/a', 'application/json'],
    ],
  )
  assert.equal(seen[0]?.headers.authorization, 'Bearer s3cret')
  assert.deepEqual(JSON.parse(seen.at(-1)?.body ?? ''), {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: 'Background',
    preconditions: { uid: 'u' },
  })
  api.close()
})

test('items of lists get their type back; gzip is undone; the server may live under a path', async () => {
  handle = (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' })
    response.end(
      gzipSync(JSON.stringify({ kind: 'PodList', metadata: { resourceVersion: '5' }, items: [{ metadata: { name: 'a' } }] })),
    )
  }
  const api = client({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}/clusters/m1` })
  const list = await api.list(pods, { labelSelector: 'a in (b,c)', limit: 5 })
  assert.deepEqual(list.items, [{ metadata: { name: 'a' }, apiVersion: 'v1', kind: 'Pod' }])
  assert.equal(seen[0]?.url, '/clusters/m1/api/v1/pods?labelSelector=a%20in%20(b%2Cc)&limit=5')
  await api.list(pods, { metadataOnly: true })
  assert.match(seen[1]?.headers.accept ?? '', /as=PartialObjectMetadataList/)
  api.close()
})

test('a Status becomes a StatusError; anything else is told by its code', async () => {
  const api = client()
  const get = () => api.get({ type: pods, namespace: 'ns', name: 'a' })
  handle = (_request, response) => answer(response, 404, statusErrors.notFound({ resource: 'pods', group: '', name: 'a' }).status)
  await assert.rejects(
    get(),
    (error: StatusError) => error instanceof StatusError && error.reason === 'NotFound' && error.message === 'pods "a" not found',
  )
  handle = (_request, response) => answer(response, 403, '<html>go away</html>')
  await assert.rejects(
    get(),
    (error: StatusError) => error.reason === 'Forbidden' && error.httpCode === 403 && /go away/.test(error.message),
  )
  handle = (_request, response) => answer(response, 502, '<html>bad gateway</html>')
  await assert.rejects(get(), (error: CodedError) => error.code === 'cluster-unreachable' && !(error instanceof StatusError))
  handle = (_request, response) => answer(response, 302, '', { location: 'https://login.example.com' })
  await assert.rejects(get(), /points to https:\/\/login.example.com/)
  handle = (_request, response) => answer(response, 200, '<html>welcome</html>')
  await assert.rejects(get(), (error: CodedError) => error.code === 'cluster-unreachable' && /no JSON/.test(error.message))
  api.close()
})

test('nobody there: cluster-unreachable, without secrets', async () => {
  const api = client({ server: 'http://127.0.0.1:1' })
  await assert.rejects(api.version(), (error: CodedError) => {
    assert.equal(error.code, 'cluster-unreachable')
    assert.match(error.message, /cluster m1: connection refused \(ECONNREFUSED\) at 127\.0\.0\.1:1/)
    assert.doesNotMatch(`${error.stack}`, /s3cret/)
    return true
  })
  assert.throws(() => client({ server: 'ftp://x' }), /not an http\(s\) URL/)
  api.close()
  await assert.rejects(api.version(), /closed/)
})

test('429 and Retry-After are waited for; long waits are handed to the caller', async () => {
  let left = 2
  handle = (_request, response) => {
    if (left-- > 0) answer(response, 429, statusErrors.tooManyRequests('slow', 0).status, { 'retry-after': '0' })
    else answer(response, 200, pod('a'))
  }
  const api = client()
  await api.get({ type: pods, namespace: 'ns', name: 'a' })
  assert.equal(seen.length, 3)
  handle = (_request, response) => answer(response, 429, 'slow', { 'retry-after': '120' })
  await assert.rejects(
    api.get({ type: pods, namespace: 'ns', name: 'a' }),
    (error: StatusError) => error.reason === 'TooManyRequests' && error.status.details?.retryAfterSeconds === 120,
  )
  assert.equal(seen.length, 4)
  api.close()
})

test('warnings reach the caller', async () => {
  handle = (_request, response) =>
    answer(response, 201, pod('a'), { warning: ['299 - "unknown field \\"spec.x\\""', '299 - "second"'] })
  const api = client()
  const warnings: string[] = []
  await api.create(pods, pod('a'), { onWarning: (text) => warnings.push(text) })
  assert.deepEqual(warnings, ['unknown field "spec.x"', 'second'])
  api.close()
})

test('a watch streams events cut anywhere, ends with the server, throws its ERROR, stops with the signal', async () => {
  const lines = [
    JSON.stringify({ type: 'ADDED', object: pod('ä') }),
    JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: '9' } } }),
  ].join('\n')
  handle = (_request, response) => {
    response.writeHead(200)
    const bytes = Buffer.from(`${lines}\n{"type":"ADDED","obj`)
    for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7))
    response.end()
  }
  const api = client()
  const events: string[] = []
  for await (const event of api.watch(pods, { resourceVersion: '5', allowWatchBookmarks: true, timeoutSeconds: 9 })) {
    events.push(`${event.type} ${(event.object.metadata as { name?: string }).name ?? event.object.metadata.resourceVersion}`)
  }
  assert.deepEqual(events, ['ADDED ä', 'BOOKMARK 9'])
  assert.equal(seen[0]?.url, '/api/v1/pods?watch=true&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=9')

  handle = (_request, response) =>
    response.end(`${JSON.stringify({ type: 'ERROR', object: statusErrors.expired('too old').status })}\n`)
  await assert.rejects(
    async () => {
      for await (const _event of api.watch(pods, {})) assert.fail('no event')
    },
    (error: StatusError) => error.reason === 'Expired',
  )

  handle = (_request, response) => {
    response.writeHead(200)
    response.write(`${lines}\n`)
  }
  const controller = new AbortController()
  let count = 0
  for await (const _event of api.watch(pods, { signal: controller.signal })) if (++count === 2) controller.abort()
  assert.equal(count, 2)

  handle = (_request, response) => {
    response.writeHead(200)
    response.write(`${lines}\n`, () => response.destroy())
  }
  await assert.rejects(
    async () => {
      for await (const _event of api.watch(pods, {})) count++
    },
    (error: CodedError) => error.code === 'cluster-unreachable',
  )
  api.close()
})

test('an event or an answer without bounds is refused', async () => {
  handle = (_request, response) => response.end('x'.repeat(5000))
  const api = client({}, { eventBytes: 1000, bodyBytes: 2000 })
  await assert.rejects(async () => {
    for await (const _event of api.watch(pods, {})) assert.fail('no event')
  }, /longer than 1000 bytes/)
  await assert.rejects(
    api.raw('GET', '/healthz?secret=1'),
    (error: CodedError) => error.code === 'answer-too-large' && !/secret/.test(error.message),
  )
  api.close()
})

test('at most so many requests are under way, and an aborted one leaves at once', async () => {
  let open = 0
  let most = 0
  handle = (_request, response) => {
    most = Math.max(most, ++open)
    setTimeout(() => {
      open--
      answer(response, 200, pod('a'))
    }, 5)
  }
  const api = client({}, { concurrency: 3 })
  await Promise.all(Array.from({ length: 12 }, () => api.get({ type: pods, namespace: 'ns', name: 'a' })))
  assert.equal(most, 3)
  handle = () => {}
  const controller = new AbortController()
  const pending = api.get({ type: pods, namespace: 'ns', name: 'a' }, { signal: controller.signal })
  setTimeout(() => controller.abort(new Error('enough')), 10)
  await assert.rejects(pending, /enough/)
  api.close()
})

test('a token file is read, and an exec plugin asked again after a 401', async () => {
  handle = (_request, response) => answer(response, 200, pod('a'))
  const file = client({ auth: { kind: 'token-file', path: '/t' } })
  await file.version()
  // The last one: a request that an earlier test aborted may still come in.
  assert.equal(seen.at(-1)?.headers.authorization, 'Bearer token of /t')
  file.close()

  let runs = 0
  const apiVersion = 'client.authentication.k8s.io/v1'
  let skewMs = 0
  const execPorts: ClientPorts = {
    ...ports,
    clock: { ...clock, now: () => clock.now() + skewMs },
    runProcess: async ({ env, command, args }) => {
      runs++
      assert.deepEqual([command, ...args], ['plugin', 'token'])
      assert.equal(JSON.parse(env['KUBERNETES_EXEC_INFO'] ?? '').spec.interactive, false)
      return {
        exitCode: 0,
        stdout: JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token: `t${runs}` } }),
        stderr: '',
      }
    },
  }
  const connection: Connection = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tls: { insecure: false },
    auth: { kind: 'exec', command: 'plugin', args: ['token'], env: {}, apiVersion },
  }
  const api = createHttpClient({ name: 'm1', connection, ports: execPorts })
  await Promise.all([api.version(), api.version()])
  assert.equal(runs, 1, 'one run serves all')
  skewMs = 5000
  handle = (request, response) =>
    request.headers.authorization === 'Bearer t2'
      ? answer(response, 200, pod('a'))
      : answer(response, 401, statusErrors.unauthorized().status)
  await api.version()
  assert.equal(runs, 2)
  handle = (_request, response) => answer(response, 401, statusErrors.unauthorized().status)
  await assert.rejects(api.version(), (error: StatusError) => error.reason === 'Unauthorized')
  api.close()
})

test('discovery: aggregated in two requests, or group by group', async () => {
  const groupList = (items: unknown[]) => ({
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items,
  })
  const resource = (name: string, kind: string, more = {}) => ({
    resource: name,
    responseKind: { kind },
    scope: 'Namespaced',
    singularResource: kind.toLowerCase(),
    verbs: ['get'],
    ...more,
  })
  handle = (request, response) => {
    if (request.url === '/api') {
      answer(
        response,
        200,
        groupList([{ metadata: {}, versions: [{ version: 'v1', resources: [resource('events', 'Event')] }] }]),
      )
    } else if (request.url === '/apis') {
      const apps = {
        metadata: { name: 'apps' },
        versions: [
          {
            version: 'v1',
            resources: [
              resource('deployments', 'Deployment', { shortNames: ['deploy'], subresources: [{ subresource: 'scale' }] }),
            ],
          },
        ],
      }
      const eventsGroup = {
        metadata: { name: 'events.k8s.io' },
        versions: [{ version: 'v1', resources: [resource('events', 'Event')] }],
      }
      answer(response, 200, groupList([apps, eventsGroup]))
    } else answer(response, 404, '')
  }
  const api = client()
  const catalogue = await api.resources()
  assert.equal(await api.resources(), catalogue)
  assert.equal(seen.length, 2)
  assert.equal(catalogue.forName('deploy')?.plural, 'deployments')
  assert.deepEqual(catalogue.forName('deployments.v1.apps')?.subresources, ['scale'])
  assert.equal(catalogue.forName('events')?.group, '')
  assert.equal(catalogue.forName('events.events.k8s.io')?.group, 'events.k8s.io')
  assert.equal(catalogue.forKind('apps/v1', 'Deployment')?.namespaced, true)
  assert.equal(catalogue.forKind('apps/v1', 'Nope'), undefined)

  handle = (request, response) => {
    const bodies: Record<string, unknown> = {
      '/api': { kind: 'APIVersions', versions: ['v1'] },
      '/apis': {
        kind: 'APIGroupList',
        groups: [
          { name: 'x.io', versions: [{ version: 'v1beta1' }, { version: 'v1' }], preferredVersion: { version: 'v1' } },
          { name: 'dead.io', versions: [{ version: 'v1' }], preferredVersion: { version: 'v1' } },
        ],
      },
      '/api/v1': {
        resources: [
          { name: 'pods', kind: 'Pod', namespaced: true },
          { name: 'pods/log', kind: 'Pod', namespaced: true },
        ],
      },
      '/apis/x.io/v1': { resources: [{ name: 'widgets', kind: 'Widget', namespaced: false }] },
      '/apis/x.io/v1beta1': { resources: [{ name: 'widgets', kind: 'Widget', namespaced: false }] },
    }
    const body = bodies[request.url ?? '']
    if (body) answer(response, 200, body)
    else answer(response, 500, statusErrors.internal('the aggregated API is down').status)
  }
  const legacy = await api.resources({ refresh: true })
  assert.deepEqual(legacy.forName('pods')?.subresources, ['log'])
  assert.equal(legacy.forName('widgets')?.version, 'v1')
  assert.equal(legacy.all.length, 3)
  api.close()
})
