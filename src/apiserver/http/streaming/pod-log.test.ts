import assert from 'node:assert/strict'
import { request } from 'node:https'
import { after, before, test } from 'node:test'
import { type FakePods, fakePods } from '../../../../test/support/fakes/fake-pod-access.js'
import { type EmbeddedApi, startEmbeddedApi } from '../../../../test/support/worlds/embedded-api.js'
import { makePod, openWebSocket } from '../../../../test/support/worlds/pod-fixture.js'

let api: EmbeddedApi
let pods: FakePods
const base = '/api/v1/namespaces/default/pods'
before(async () => {
  pods = await fakePods()
  api = await startEmbeddedApi('member', pods)
  await makePod(api, 'one')
  await makePod(api, 'two', { containers: ['a', 'b'], lastState: { terminated: { exitCode: 1 } } })
  await makePod(api, 'creating', { phase: 'Pending', state: { waiting: { reason: 'ContainerCreating' } } })
  await makePod(api, 'pulling', { phase: 'Pending', state: { waiting: { reason: 'ImagePullBackOff' } } })
  await makePod(api, 'homeless', { nodeName: '' })
})
after(async () => {
  await api.close()
  await pods.stop()
})

test('a log is plain text; its options reach the container', async () => {
  const log = await api.ask('GET', `${base}/one/log`)
  assert.deepEqual([log.code, log.text], [200, 'one/main line 1\nline 2\n'])
  assert.equal(log.headers['content-type'], 'text/plain')
  const before = Date.now()
  const query =
    'container=b&previous=true&timestamps=true&tailLines=5&limitBytes=100&sinceSeconds=10&insecureSkipTLSVerifyBackend=true'
  assert.equal((await api.ask('GET', `${base}/two/log?${query}`)).text, 'two/b line 1\nline 2\n')
  const { sinceMs, ...options } = pods.logs.at(-1)!.options as { sinceMs: number }
  assert.ok(Math.abs(sinceMs - (before - 10_000)) < 2000)
  assert.deepEqual(options, {
    container: 'b',
    follow: false,
    previous: true,
    timestamps: true,
    tailLines: 5,
    limitBytes: 100,
    stream: 'All',
  })
  await api.ask('GET', `${base}/one/log?sinceTime=2026-01-01T00:00:00Z`)
  assert.equal((pods.logs.at(-1)!.options as { sinceMs: number }).sinceMs, Date.UTC(2026, 0, 1))
})

test('refusals in upstream words', async () => {
  for (const [path, code, message] of [
    ['gone/log', 404, 'pods "gone" not found'],
    ['two/log', 400, 'a container name must be specified for pod two, choose one of: [a b]'],
    ['two/log?container=c', 400, 'container c is not valid for pod two'],
    ['one/log?previous=true', 400, 'previous terminated container "main" in pod "one" not found'],
    ['creating/log', 400, 'container "main" in pod "creating" is waiting to start: ContainerCreating'],
    ['pulling/log', 400, 'container "main" in pod "pulling" is waiting to start: trying and failing to pull image'],
    [
      'one/log?tailLines=-1',
      422,
      'PodLogOptions "one" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0',
    ],
    ['one/log?limitBytes=0', 422, 'PodLogOptions "one" is invalid: limitBytes: Invalid value: 0: must be greater than 0'],
  ] as const) {
    const answer = await api.ask('GET', `${base}/${path}`)
    assert.deepEqual([path, answer.code, answer.json?.message], [path, code, message])
  }
  assert.equal((await api.ask('GET', `${base}/one/log?sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z`)).code, 422)
  assert.match((await api.ask('GET', `${base}/one/log?stream=Stdout`)).json.message, /stream: Forbidden: may not be specified/)
  assert.equal((await api.ask('GET', `${base}/one/log?tailLines=x`)).code, 400)
  for (const [text, why] of [
    ['yesterday', 'cannot parse "yesterday" as "2006"'],
    ['2026-13-01T00:00:00Z', 'cannot parse "13-01T00:00:00Z" as "01"'],
    ['2026-01-01T00:00:00Zx', 'extra text: "x"'],
  ]) {
    const { message } = (await api.ask('GET', `${base}/one/log?sinceTime=${text}`)).json
    assert.equal(message, `parsing time "${text}" as "2006-01-02T15:04:05Z07:00": ${why}`)
  }
  assert.equal((await api.ask('POST', `${base}/one/log`)).code, 405)
  assert.equal((await api.ask('GET', `${base}/homeless/log`)).code, 204)
})

test('a followed log comes as it is written, and ends when the client goes', async () => {
  const lines: string[] = []
  let wake = () => {}
  const next = () =>
    new Promise<void>((resolve) => {
      wake = resolve
    })
  const identity = { ca: api.ca.certPem, cert: api.admin.certPem, key: api.admin.keyPem, agent: false as const }
  const sent = request({ host: '127.0.0.1', port: api.port, path: `${base}/one/log?follow=true`, ...identity }, (answer) => {
    answer.on('error', () => {})
    answer.on('data', (chunk: Buffer) => {
      lines.push(chunk.toString())
      wake()
    })
  })
  sent.on('error', () => {})
  sent.end()
  await next()
  const { stream } = pods.logs.at(-1)!
  for (const line of ['three\n', 'four\n']) {
    stream.write(line)
    await next()
    assert.equal(lines.at(-1), line)
  }
  sent.destroy()
  await new Promise((resolve) => stream.once('close', resolve))
})

test('a log over a WebSocket: an empty message, then what there is, as the protocol says', async () => {
  for (const [protocols, text] of [
    [['binary.k8s.io'], 'one/main line 1\nline 2\n'],
    [['base64.binary.k8s.io'], Buffer.from('one/main line 1\nline 2\n').toString('base64')],
    [[], 'one/main line 1\nline 2\n'],
  ] as const) {
    const webSocket = openWebSocket(api, `${base}/one/log`, [...protocols])
    const messages: string[] = []
    webSocket.on('message', (data) => messages.push(String(data)))
    const code = await new Promise((resolve, reject) => {
      webSocket.once('error', reject)
      webSocket.once('close', resolve)
    })
    assert.deepEqual([code, webSocket.protocol, messages[0], messages.join('')], [1000, protocols[0] ?? '', '', text])
  }
})
