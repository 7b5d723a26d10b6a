import assert from 'node:assert/strict'
import { request } from 'node:https'
import { after, before, test } from 'node:test'
import { type FakePods, fakePods } from '../../../../../test/support/fakes/fake-pod-access.js'
import { type EmbeddedApi, startEmbeddedApi } from '../../../../../test/support/worlds/embedded-api.js'
import { makePod, upgrade } from '../../../../../test/support/worlds/pod-fixture.js'

let api: EmbeddedApi
let pods: FakePods
const base = '/api/v1/namespaces/default'
before(async () => {
  pods = await fakePods()
  api = await startEmbeddedApi('member', pods)
  await makePod(api, 'web', { labels: { app: 'web' } })
  const create = async (plural: string, body: object) => {
    const created = await api.ask('POST', `${base}/${plural}`, { body })
    assert.equal(created.code, 201, created.text)
  }
  for (const name of ['web', 'empty']) {
    const spec = { ports: [{ name: 'http', port: 80, targetPort: 8080 }] }
    await create('services', { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec })
  }
  const targetRef = { kind: 'Pod', name: 'web', namespace: 'default' }
  const subsets = [{ addresses: [{ ip: '10.1.0.1', targetRef }], ports: [{ name: 'http', port: 8080 }] }]
  await create('endpoints', { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'web' }, subsets })
  await create('endpoints', { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'empty' } })
  await api.ask('POST', '/api/v1/nodes', { body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } } })
})
after(async () => {
  await api.close()
  await pods.stop()
})

test('requests reach the pod with their method, path, query, headers and body', async () => {
  const answer = await api.ask('PUT', `${base}/pods/web/proxy/a%20b/c//../d/?x=1&y=%2F`, {
    body: 'payload',
    headers: { 'content-type': 'text/plain', 'x-custom': 'kept', 'x-forwarded-for': '1.2.3.4', 'proxy-authorization': 'secret' },
  })
  assert.equal(answer.code, 200)
  assert.equal(answer.headers['x-own'], 'yes')
  assert.ok(answer.headers['audit-id'])
  const { method, url, headers, body } = answer.json
  assert.deepEqual([method, url, body], ['PUT', '/a%20b/d/?x=1&y=%2F', 'payload'])
  assert.equal(headers['x-custom'], 'kept')
  assert.equal(headers['x-forwarded-for'], '1.2.3.4, 127.0.0.1')
  assert.equal(headers['x-forwarded-uri'], `${base}/pods/web/proxy/a%20b/d/`)
  assert.equal(headers['proxy-authorization'], undefined)
  assert.equal(headers.host, `127.0.0.1:${api.port}`)
  const tokenless = await api.ask('GET', `${base}/pods/web:8080/proxy/who`, {
    headers: { 'impersonate-user': 'admin', 'impersonate-group': 'system:masters' },
  })
  assert.equal(tokenless.json.headers['impersonate-user'], undefined)
  assert.equal((await api.ask('GET', `${base}/pods/http:web:8080/proxy/?code=418`)).code, 418)
  for (const verb of ['POST', 'PATCH', 'DELETE', 'OPTIONS']) {
    assert.equal((await api.ask(verb, `${base}/pods/web/proxy/v`)).json.method, verb)
  }
  const head = await api.ask('HEAD', `${base}/pods/web/proxy/v`)
  assert.deepEqual([head.code, head.text], [200, ''])
})

test('services lead to a ready endpoint, by name or number of the port', async () => {
  for (const id of ['web:http', 'web:80', 'http:web:http']) {
    assert.equal((await api.ask('GET', `${base}/services/${id}/proxy/hi?a=b`)).json.url, '/hi?a=b')
  }
  for (const [id, message] of [
    ['empty:http', 'no endpoints available for service "empty"'],
    ['web', 'no endpoints available for service "web"'],
    ['web:81', 'no service port 81 found for service "web"'],
  ] as const) {
    const refused = await api.ask('GET', `${base}/services/${id}/proxy/`)
    assert.deepEqual([refused.code, refused.json.reason, refused.json.message], [503, 'ServiceUnavailable', message])
  }
  assert.equal((await api.ask('GET', `${base}/services/gone/proxy/`)).code, 404)
  assert.equal((await api.ask('GET', `${base}/services/a:b:c:d/proxy/`)).json.message, 'invalid service request "a:b:c:d"')
})

test('what cannot be reached is a Status', async () => {
  const refused = await api.ask('GET', `${base}/pods/web:9/proxy/`)
  assert.equal(refused.code, 503)
  assert.equal(refused.json.message, 'error trying to reach service: dial tcp 10.1.0.1:9: connect: connection refused')
  const unknown = await api.ask('GET', `${base}/pods/web:metrics/proxy/`)
  assert.equal(unknown.json.message, 'error trying to reach service: dial tcp: lookup tcp/metrics: unknown port')
  assert.equal((await api.ask('GET', `${base}/pods/ftp:web:1/proxy/`)).code, 400)
  assert.equal((await api.ask('GET', '/api/v1/proxy/namespaces/default/pods/web/')).code, 404)
})

test('redirects and links of pages lead through the proxy again', async () => {
  const prefix = `${base}/pods/web/proxy`
  const root = await api.ask('GET', `${prefix}?a=1`)
  assert.deepEqual([root.code, root.headers.location], [301, `${prefix}/?a=1`])
  const location = async (to: string) =>
    (await api.ask('GET', `${prefix}/redirect?to=${encodeURIComponent(to)}`)).headers.location
  assert.equal(await location('/login?next=%2F'), `${prefix}/login?next=%2F`)
  assert.equal(await location('http://10.1.0.1:8080/x/'), `${prefix}/x/`)
  assert.equal(await location('http://elsewhere.example/x'), 'http://elsewhere.example/x')
  assert.equal(await location('relative'), 'relative')
  const page = await api.ask('GET', `${prefix}/page`)
  assert.equal(
    page.text,
    `<!DOCTYPE html><a class=x href="${prefix}/next?a=1">n</a><img src=pic.png><script>"<a href='/no'>"</script><a href=${prefix}/end>`,
  )
  assert.equal(page.headers['access-control-allow-origin'], undefined)
})

test('an answer streams; its end is the end of the connection to the pod', async () => {
  const identity = { ca: api.ca.certPem, cert: api.admin.certPem, key: api.admin.keyPem, agent: false as const }
  const first = await new Promise<string>((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: api.port, path: `${base}/pods/web/proxy/drip`, ...identity }, (answer) => {
      answer.on('error', () => {})
      answer.once('data', (chunk: Buffer) => {
        resolve(chunk.toString())
        sent.destroy()
      })
    })
    sent.on('error', reject)
    sent.end()
  })
  assert.equal(first, 'one\n')
  await until(() => pods.connections.size === 0)
})

test('upgrades pass through; refused ones are ordinary answers', async () => {
  const { head, socket } = await upgrade(api, 'GET', `${base}/services/web:http/proxy/socket`, { upgrade: 'chat' })
  assert.deepEqual([head.statusCode, head.headers.upgrade], [101, 'chat'])
  const said = new Promise((resolve) => socket!.once('data', (chunk) => resolve(String(chunk))))
  socket!.write('hello')
  assert.equal(await said, 'hello')
  socket!.destroy()
  await until(() => pods.connections.size === 0)
  const refused = await upgrade(api, 'GET', `${base}/pods/web/proxy/refuse`, { upgrade: 'chat' })
  assert.ok(refused.socket === undefined)
  assert.deepEqual([refused.head.statusCode, refused.body], [403, 'no'])
})

test('a node answers as its kubelet', async () => {
  const ask = (path: string) => api.ask('GET', `/api/v1/nodes/node-1/proxy/${path}`)
  assert.equal((await ask('healthz')).text, 'ok')
  assert.deepEqual(
    (await ask('pods')).json.items.map((pod: { metadata: { name: string } }) => pod.metadata.name),
    ['web'],
  )
  assert.match((await ask('metrics')).text, /kubelet_running_pods 1\n/)
  const stats = (await ask('stats/summary')).json
  assert.deepEqual([stats.node.nodeName, stats.pods[0].podRef.name], ['node-1', 'web'])
  assert.deepEqual([stats.pods[0].containers[0].name, stats.node.cpu.usageCoreNanoSeconds], ['main', 1_500_000_000])
  const resources = (await ask('metrics/resource')).text
  assert.match(resources, /^container_cpu_usage_seconds_total\{container="main",namespace="default",pod="web"\} 1\.5 \d{13}$/m)
  assert.match(resources, /^pod_memory_working_set_bytes\{namespace="default",pod="web"\} 4096 \d{13}$/m)
  assert.match(resources, /^node_memory_working_set_bytes 4096 \d{13}$/m)
  assert.equal((await ask('containerLogs/default/web/main?tailLines=2')).text, 'web/main line 1\nline 2\n')
  assert.equal((await ask('containerLogs/default/gone/main')).code, 404)
  assert.equal((await ask('nonsense')).code, 404)
  assert.equal((await api.ask('GET', '/api/v1/nodes/node-1:10250/proxy/healthz')).text, 'ok')
  assert.equal((await api.ask('GET', '/api/v1/nodes/gone/proxy/healthz')).code, 404)
})

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.ok(condition(), condition.toString())
}
