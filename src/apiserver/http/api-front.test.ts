import assert from 'node:assert/strict'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { request as secureRequest } from 'node:https'
import { after, before, test } from 'node:test'
import { connect } from 'node:tls'
import { gunzipSync } from 'node:zlib'
import { adminToken, type EmbeddedApi, startEmbeddedApi } from '../../../test/support/worlds/embedded-api.js'

let api: EmbeddedApi
before(async () => {
  api = await startEmbeddedApi()
})
after(() => api.close())

const configMaps = '/api/v1/namespaces/default/configmaps'
const configMap = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
})
const tableAccept =
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json'

test('create, get, replace, patch, delete', async () => {
  const created = await api.ask('POST', configMaps, { body: configMap('crud', { a: '1' }) })
  assert.equal(created.code, 201)
  assert.equal(created.headers['content-type'], 'application/json')
  assert.equal(created.headers['cache-control'], 'no-cache, private')
  assert.match(created.headers['audit-id'] as string, /^[0-9a-f-]{36}$/)
  const again = await api.ask('POST', configMaps, { body: configMap('crud') })
  assert.equal(again.code, 409)
  assert.equal(again.json.message, 'configmaps "crud" already exists')
  const got = await api.ask('GET', `${configMaps}/crud`)
  assert.deepEqual(got.json, created.json)
  const replaced = await api.ask('PUT', `${configMaps}/crud`, { body: { ...got.json, data: { a: '2' } } })
  assert.equal(replaced.code, 200)
  const stale = await api.ask('PUT', `${configMaps}/crud`, { body: { ...got.json, data: { a: '3' } } })
  assert.equal(stale.code, 409)
  const patched = await api.ask('PATCH', `${configMaps}/crud`, {
    body: { data: { b: '3' } },
    headers: { 'content-type': 'application/merge-patch+json' },
  })
  assert.deepEqual(patched.json.data, { a: '2', b: '3' })
  const operations = [{ op: 'remove', path: '/data/a' }]
  const json = await api.ask('PATCH', `${configMaps}/crud`, {
    body: operations,
    headers: { 'content-type': 'application/json-patch+json' },
  })
  assert.deepEqual(json.json.data, { b: '3' })
  const deleted = await api.ask('DELETE', `${configMaps}/crud`, { body: { propagationPolicy: 'Background' } })
  assert.equal(deleted.json.status, 'Success')
  assert.deepEqual(deleted.json.details, { name: 'crud', kind: 'configmaps', uid: created.json.metadata.uid })
  assert.equal((await api.ask('GET', `${configMaps}/crud`)).code, 404)
})

test('server-side apply takes YAML, and YAML can be asked for', async () => {
  const path = `${configMaps}/applied?fieldManager=tester`
  const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\ndata:\n  a: "1"\n'
  const headers = { 'content-type': 'application/apply-patch+yaml', accept: 'application/yaml' }
  const applied = await api.ask('PATCH', path, { body, headers })
  assert.equal(applied.code, 201)
  assert.equal(applied.headers['content-type'], 'application/yaml')
  assert.match(applied.text, /^apiVersion: v1\ndata:\n {2}a: "1"\nkind: ConfigMap\n/)
  const unnamed = await api.ask('PATCH', `${configMaps}/applied`, { body, headers: { 'content-type': headers['content-type'] } })
  assert.equal(unnamed.code, 422)
  assert.match(unnamed.json.message, /fieldManager: Required value: is required for apply patch/)
  const created = await api.ask('POST', configMaps, {
    body: body.replace('applied', 'from-yaml'),
    headers: { 'content-type': 'application/yaml' },
  })
  assert.equal(created.code, 201)
})

test('lists as objects, tables, metadata and YAML', async () => {
  await api.ask('POST', configMaps, { body: configMap('listed', { a: '1' }) })
  const path = `${configMaps}?fieldSelector=metadata.name%3Dlisted`
  const list = await api.ask('GET', path)
  assert.equal(list.json.kind, 'ConfigMapList')
  assert.deepEqual(
    list.json.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['listed'],
  )
  const table = await api.ask('GET', path, { headers: { accept: tableAccept } })
  assert.equal(table.json.apiVersion, 'meta.k8s.io/v1')
  assert.deepEqual(
    table.json.columnDefinitions.map((column: { name: string }) => column.name),
    ['Name', 'Data', 'Age'],
  )
  assert.deepEqual(table.json.rows[0].cells.slice(0, 2), ['listed', 1])
  assert.equal(table.json.rows[0].object.kind, 'PartialObjectMetadata')
  assert.equal(table.json.metadata.resourceVersion, list.json.metadata.resourceVersion)
  const whole = await api.ask('GET', `${path}&includeObject=Object`, { headers: { accept: tableAccept } })
  assert.equal(whole.json.rows[0].object.kind, 'ConfigMap')
  const partial = await api.ask('GET', path, {
    headers: { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' },
  })
  assert.equal(partial.json.kind, 'PartialObjectMetadataList')
  assert.deepEqual(Object.keys(partial.json.items[0]), ['kind', 'apiVersion', 'metadata'])
  const yaml = await api.ask('GET', path, { headers: { accept: 'application/yaml' } })
  assert.match(yaml.text, /^apiVersion: v1\nitems:\n/)
  assert.match(yaml.text, /\nitems:\n- data:\n/)
  const empty = await api.ask('GET', `${configMaps}?labelSelector=no%3Dbody`, { headers: { 'user-agent': 'curl/8' } })
  assert.match(empty.text, /^\{\n {2}"kind": "ConfigMapList",/)
  assert.deepEqual(empty.json.items, [])
})

test('refuses forms that it cannot give and bodies that it cannot read', async () => {
  const refused = await api.ask('GET', configMaps, { headers: { accept: 'application/vnd.kubernetes.protobuf' } })
  assert.equal(refused.code, 406)
  assert.equal(refused.json.reason, 'NotAcceptable')
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {}, spec: {} }
  const tableOnly = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
  const virtual = await api.ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    body: review,
    headers: tableOnly,
  })
  assert.equal(virtual.code, 406)
  assert.equal((await api.ask('POST', configMaps, { body: 'x', headers: { 'content-type': 'text/plain' } })).code, 415)
  assert.equal((await api.ask('POST', configMaps, { body: '{"a":' })).code, 400)
  assert.equal((await api.ask('POST', configMaps, { body: '[]' })).code, 400)
  assert.equal((await api.ask('POST', configMaps, { body: { ...configMap('x'), kind: 'Secret' } })).code, 400)
  assert.equal((await api.ask('PATCH', `${configMaps}/x`, { body: '{}' })).code, 415)
  assert.equal((await api.ask('POST', configMaps, { body: 'x'.repeat(3 * 1024 * 1024 + 1) })).code, 413)
  assert.equal((await api.ask('GET', '/api/v1/namespaces/%zz/pods')).code, 400)
  assert.equal((await api.ask('GET', '/api/v1/nothing')).code, 404)
  assert.equal((await api.ask('GET', '/api/v1/namespaces/default%2Fx/configmaps/y')).code, 404)
  assert.equal((await api.ask('GET', `${configMaps}/a%2Fb`)).code, 404)
  assert.equal((await api.ask('GET', '/apis/apps/v9/deployments')).code, 404)
  assert.equal((await api.ask('DELETE', '/api/v1/namespaces')).code, 405)
  assert.equal((await api.ask('GET', `${configMaps}?limit=many`)).code, 400)
  assert.equal((await api.ask('POST', `${configMaps}?dryRun=Some`, { body: configMap('x') })).code, 422)
  const exec = await api.ask('POST', '/api/v1/namespaces/default/pods/x/exec?command=ls')
  assert.equal(exec.code, 405)
  assert.match(exec.json.message, /exec is not served by this embedded cluster/)
})

test('duplicate and unknown fields warn or refuse', async () => {
  const body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"dup"},"data":{"a":"1","a":"2"},"dta":{}}'
  const strict = await api.ask('POST', `${configMaps}?fieldValidation=Strict`, { body })
  assert.equal(strict.code, 400)
  assert.match(strict.json.message, /duplicate field "data\.a"/)
  const warned = await api.ask('POST', `${configMaps}?dryRun=All`, { body })
  assert.equal(warned.code, 201)
  assert.match(String(warned.headers['warning']), /299 - "duplicate field \\"data\.a\\""/)
})

test('says who may not do what', async () => {
  const jane = { token: 'token-of-jane' }
  const listed = await api.ask('GET', '/api/v1/namespaces/default/pods', jane)
  assert.equal(listed.code, 403)
  assert.equal(
    listed.json.message,
    'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
  )
  const named = await api.ask('PATCH', '/apis/apps/v1/namespaces/default/deployments/web/scale', jane)
  assert.equal(
    named.json.message,
    'deployments.apps "web" is forbidden: User "jane" cannot patch resource "deployments/scale" in API group "apps" in the namespace "default"',
  )
  const path = await api.ask('GET', '/metrics', jane)
  assert.equal(path.json.message, 'forbidden: User "jane" cannot get path "/metrics"')
  assert.equal((await api.ask('GET', '/apis', jane)).code, 200)
  assert.equal((await api.ask('GET', configMaps, { token: 'guessed' })).code, 401)
  assert.equal((await api.ask('GET', '/readyz', { token: null })).text, 'ok')
  assert.equal((await api.ask('GET', '/version', { token: null })).code, 200)
  assert.equal((await api.ask('GET', '/apis', { token: null })).code, 403)
})

test('believes only certificates of its own authority', async () => {
  const { createFleetCa } = await import('../auth/fleet-ca.js')
  const { systemClock } = await import('../../app/system/system-ports.js')
  const stranger = await createFleetCa({ clock: systemClock })
  const certificate = await stranger.issueClient({ commonName: 'admin', organizations: ['system:masters'] })
  assert.equal((await api.ask('GET', configMaps, { certificate })).code, 401)
  const jane = await api.ca.issueClient({ commonName: 'jane' })
  assert.match((await api.ask('GET', configMaps, { certificate: jane })).json.message, /User "jane"/)
})

test('impersonates for those who may', async () => {
  const headers = { 'impersonate-user': 'joe', 'impersonate-group': ['a', 'b, c'] }
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} }
  const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
  const who = await api.ask('POST', path, { body: review, headers })
  assert.deepEqual(who.json.status?.userInfo?.groups, ['a', 'b, c', 'system:authenticated'])
  assert.equal(who.json.status.userInfo.username, 'joe')
  const refused = await api.ask('GET', configMaps, { token: 'token-of-jane', headers: { 'impersonate-user': 'joe' } })
  assert.equal(
    refused.json.message,
    'users "joe" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
  )
  assert.equal((await api.ask('GET', configMaps, { headers: { 'impersonate-group': 'x' } })).code, 500)
})

/** Opens a stream and gives its lines as they come. */
function openStream(path: string, headers: Record<string, string> = {}) {
  const lines: { type: string; object: Record<string, never> }[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  let sent: ClientRequest | undefined
  const opened = new Promise<IncomingMessage>((resolve, reject) => {
    const { certPem, keyPem } = api.admin
    const options = {
      host: '127.0.0.1',
      port: api.port,
      path,
      headers,
      ca: api.ca.certPem,
      cert: certPem,
      key: keyPem,
      agent: false as const,
    }
    sent = secureRequest(options, resolve)
    sent.on('error', reject)
    sent.end()
  })
  const ended = opened.then(
    (response) =>
      new Promise<void>((resolve) => {
        let rest = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          const parts = (rest + chunk).split('\n')
          rest = parts.pop() ?? ''
          for (const part of parts) lines.push(JSON.parse(part))
          for (const waiter of waiting) if (lines.length >= waiter.count) waiter.resolve()
        })
        response.on('close', () => resolve())
        response.on('error', () => resolve())
      }),
  )
  const until = (count: number) =>
    new Promise<void>((resolve) => {
      if (lines.length >= count) resolve()
      else waiting.push({ count, resolve })
    })
  return { lines, opened, ended, until, stop: () => sent?.destroy() }
}

test('watches as lines of JSON, with tables, until the timeout', async () => {
  const start = (await api.ask('GET', configMaps)).json.metadata.resourceVersion
  const plain = openStream(`${configMaps}?watch=true&resourceVersion=${start}&timeoutSeconds=1&allowWatchBookmarks=true`)
  const table = openStream(`${configMaps}?watch=1&resourceVersion=${start}`, { accept: tableAccept })
  const response = await plain.opened
  assert.equal(response.statusCode, 200)
  assert.equal(response.headers['transfer-encoding'], 'chunked')
  await table.opened
  await api.ask('POST', configMaps, { body: configMap('watched', { a: 'é' }) })
  await api.ask('DELETE', `${configMaps}/watched`)
  await Promise.all([plain.until(2), table.until(2)])
  assert.deepEqual(
    plain.lines.slice(0, 2).map((line) => line.type),
    ['ADDED', 'DELETED'],
  )
  assert.deepEqual(plain.lines[0]!.object['data'], { a: 'é' })
  const [first, second] = table.lines.map(
    (line) => line.object as never as { columnDefinitions: unknown[]; rows: { cells: unknown[] }[] },
  )
  assert.equal(first!.columnDefinitions.length, 3)
  assert.deepEqual(second!.columnDefinitions, null)
  assert.equal(second!.rows[0]!.cells[0], 'watched')
  table.stop()
  await plain.ended
  assert.equal(plain.lines.at(-1)!.type, 'BOOKMARK')
})

test('a watch that cannot start is refused before the stream', async () => {
  // One from a revision that is not there yet begins, and waits for it.
  const early = await api.ask('GET', `${configMaps}?watch=true&resourceVersion=99999999&timeoutSeconds=1`)
  assert.deepEqual([early.code, early.text], [200, ''])
  assert.equal((await api.ask('GET', `${configMaps}?watch=true&resourceVersion=x`)).code, 500)
})

test('a long list comes in chunks, compressed when asked for', async () => {
  const client = api.cluster.client()
  const type = api.cluster.api.catalogue().forKind('v1', 'ConfigMap')!
  const text = 'x'.repeat(10_000)
  for (let index = 0; index < 100; index++) {
    await client.create(type, {
      ...configMap(`long-${index}`, { text }),
      metadata: { name: `long-${index}`, namespace: 'kube-public' },
    })
  }
  const path = '/api/v1/namespaces/kube-public/configmaps'
  const plain = await api.ask('GET', path)
  assert.equal(plain.headers['transfer-encoding'], 'chunked')
  assert.equal(plain.json.items.length, 100)
  const zipped = await api.ask('GET', path, { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(zipped.headers['content-encoding'], 'gzip')
  assert.equal(JSON.parse(gunzipSync(Buffer.from(zipped.text, 'latin1')).toString()).items.length, 100)
  const head = await api.ask('HEAD', path)
  assert.equal(head.code, 405)
  assert.equal(head.text, '')
})

test('each cluster has a port of its own', async () => {
  await api.clusters.ensure('other')
  const { port } = await api.front.listen('other', { host: '127.0.0.1', port: 0 })
  await api.ask('POST', configMaps, { body: configMap('elsewhere'), port })
  assert.equal((await api.ask('GET', `${configMaps}/elsewhere`, { port })).code, 200)
  assert.equal((await api.ask('GET', `${configMaps}/elsewhere`)).code, 404)
  await assert.rejects(api.front.listen('other', { host: '127.0.0.1', port: 0 }), { code: 'already-listening' })
  await api.front.unlisten('other')
  await assert.rejects(api.ask('GET', '/version', { port }), /ECONNREFUSED|hang up|ECONNRESET/)
})

test('plain HTTP and broken requests do no harm', async () => {
  await assert.rejects(
    new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: api.port, path: '/version' }, resolve).on('error', reject).end()
    }),
  )
  assert.equal((await api.ask('GET', '/readyz')).code, 200)
})

test('/metrics counts requests', async () => {
  const { text } = await api.ask('GET', '/metrics')
  assert.match(text, /apiserver_request_total\{code="201",verb="create"\} \d+/)
})

/** What comes back over a connection on which all of this is sent at once, until `enough` says so. */
function exchange(text: string, enough: (answer: string) => boolean, pauseMs = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: api.port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    let answer = ''
    const done = () => {
      socket.destroy()
      resolve(answer)
    }
    socket.on('error', reject)
    socket.on('close', done)
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1')
      if (enough(answer)) done()
    })
    socket.once('secureConnect', () => {
      socket.write(text)
      if (pauseMs === 0) return
      socket.pause()
      setTimeout(() => socket.resume(), pauseMs)
    })
  })
}

test('a thousand requests may come before the first answer is taken', async () => {
  const one = `GET /version HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${adminToken}\r\n\r\n`
  const count = (answer: string) => answer.split('HTTP/1.1 200 OK').length - 1
  const enough = (answer: string) => count(answer) >= 1000 || answer.includes('HTTP/1.1 400')
  assert.equal(count(await exchange(one.repeat(1000), enough)), 1000)
  assert.equal(count(await exchange(one.repeat(1000), enough, 100)), 1000)
})

test('requests go on that come while a long answer waits for its reader', async () => {
  const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${adminToken}\r\n\r\n`
  const socket = connect({ host: '127.0.0.1', port: api.port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  socket.once('secureConnect', () => {
    // More than the buffers of the machine hold.
    for (let count = 0; count < 8; count++) socket.write(ask('/openapi/v2'))
    socket.pause()
    setTimeout(() => socket.write(ask('/version')), 300)
    setTimeout(() => socket.resume(), 600)
  })
  let answers = 0
  let rest = ''
  for await (const chunk of socket) {
    const text = rest + (chunk as Buffer).toString('latin1')
    const parts = text.split('HTTP/1.1 200 OK')
    answers += parts.length - 1
    rest = parts.at(-1)!.slice(-15)
    // The last two are asked for when the one before has come.
    if (parts.length > 1 && answers >= 9 && answers < 11) socket.write(ask('/version'))
    if (answers === 11) break
  }
  socket.destroy()
  assert.equal(answers, 11)
})

test('headers that are too long are refused as such, what is no HTTP as a bad request', async () => {
  const never = () => false
  const long = await exchange(`GET /version HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(1_100_000)}\r\n\r\n`, never).catch(String)
  assert.match(long, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n|ECONNRESET|EPIPE/)
  assert.match(await exchange('rubbish\r\n\r\n', never), /^HTTP\/1\.1 400 Bad Request\r\n/)
})
