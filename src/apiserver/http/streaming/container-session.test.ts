import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { WebSocket } from 'ws'
import { type FakePods, fakePods } from '../../../../test/support/fakes/fake-pod-access.js'
import { SpdyClient } from '../../../../test/support/fakes/spdy-client.js'
import { type EmbeddedApi, startEmbeddedApi, userTokens } from '../../../../test/support/worlds/embedded-api.js'
import { makePod, openWebSocket, upgrade } from '../../../../test/support/worlds/pod-fixture.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import type { AdmissionPlugin } from '../../admission/contract.js'

let api: EmbeddedApi
let pods: FakePods
const pod = '/api/v1/namespaces/default/pods/shell'
before(async () => {
  pods = await fakePods()
  api = await startEmbeddedApi('member', pods)
  await makePod(api, 'shell')
  await makePod(api, 'two', { containers: ['a', 'b'] })
  await makePod(api, 'once', { stdinOnce: true })
  await makePod(api, 'homeless', { nodeName: '' })
})
after(async () => {
  await api.close()
  await pods.stop()
})

interface Ended {
  readonly channels: string[]
  readonly code: number
  readonly protocol: string
}

/** Collects what comes on each channel until the connection ends. */
function collect(webSocket: WebSocket): Promise<Ended> {
  const channels: string[] = ['', '', '', '', '']
  return new Promise((resolve, reject) => {
    webSocket.on('message', (data: Buffer) => {
      channels[data[0]!] += data.subarray(1).toString()
    })
    webSocket.on('error', reject)
    webSocket.on('close', (code) => resolve({ channels, code, protocol: webSocket.protocol }))
  })
}

const opened = (webSocket: WebSocket) => new Promise((resolve) => webSocket.once('open', resolve))
const commandLine = (...command: string[]) => command.map((word) => `command=${encodeURIComponent(word)}`).join('&')

test('exec over v5: output, exit codes, errors to start', async () => {
  const run = (query: string) => collect(openWebSocket(api, `${pod}/exec?${query}`, ['v5.channel.k8s.io']))
  const echoed = await run(`stdout=true&stderr=true&${commandLine('echo', 'hello', 'world')}`)
  assert.equal(echoed.protocol, 'v5.channel.k8s.io')
  assert.equal(echoed.code, 1000)
  assert.deepEqual(echoed.channels.slice(0, 3), ['', 'hello world\n', ''])
  assert.deepEqual(JSON.parse(echoed.channels[3]!), { metadata: {}, status: 'Success' })
  const failed = await run(`stdout=1&stderr=1&${commandLine('fail', '3')}`)
  assert.deepEqual(JSON.parse(failed.channels[3]!), {
    metadata: {},
    status: 'Failure',
    message: 'command terminated with non-zero exit code: exit status 3',
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: '3' }] },
  })
  const complained = await run(`stdout=1&stderr=1&${commandLine('complain', 'no such thing')}`)
  assert.equal(complained.channels[2], 'no such thing\n')
  const absent = await run(`stdout=1&${commandLine('absent')}`)
  assert.deepEqual(JSON.parse(absent.channels[3]!), {
    metadata: {},
    status: 'Failure',
    message: 'container not found ("absent")',
    reason: 'BadRequest',
    code: 400,
  })
  assert.equal(pods.open.size, 0)
})

test('stdin ends by the half-close of v5; what was written before arrives', async () => {
  const webSocket = openWebSocket(api, `${pod}/exec?stdin=1&stdout=1&${commandLine('cat')}`, ['v5.channel.k8s.io'])
  const ended = collect(webSocket)
  await opened(webSocket)
  webSocket.send(Buffer.from('\0some '))
  webSocket.send(Buffer.from('\0input'))
  webSocket.send(Buffer.of(255, 0))
  const { channels } = await ended
  assert.equal(channels[1], 'some input')
  assert.equal(JSON.parse(channels[3]!).status, 'Success')
})

test('older protocols: v4, base64, and errors as text before v4', async () => {
  const run = (protocols: string[]) =>
    collect(openWebSocket(api, `${pod}/exec?stdout=1&stderr=1&${commandLine('complain', 'oh')}`, protocols))
  const v4 = await run(['v4.channel.k8s.io'])
  assert.equal(v4.channels[2], 'oh\n')
  assert.equal(JSON.parse(v4.channels[3]!).reason, 'NonZeroExitCode')
  const old = await run(['channel.k8s.io'])
  assert.equal(old.protocol, 'channel.k8s.io')
  assert.equal(old.channels[3], 'command terminated with non-zero exit code: exit status 1')
  const none = await run([])
  assert.equal(none.channels[3], 'command terminated with non-zero exit code: exit status 1')
  const webSocket = openWebSocket(api, `${pod}/attach?stdin=1&stdout=1`, ['v4.base64.channel.k8s.io'])
  const said = new Promise<string>((resolve) => {
    webSocket.on('message', (data: Buffer) => {
      if (data.length > 1) resolve(data.toString())
    })
  })
  await opened(webSocket)
  webSocket.send(`0${Buffer.from('hé').toString('base64')}`)
  assert.equal(await said, `1${Buffer.from('hé').toString('base64')}`)
  webSocket.terminate()
})

test('a client that attaches leaves the process as it was, unless the process is for one client only', async () => {
  const attach = async (name: string) => {
    const webSocket = openWebSocket(api, `${pod.replace('shell', name)}/attach?stdin=1&stdout=1`, ['v5.channel.k8s.io'])
    const ended = collect(webSocket)
    await opened(webSocket)
    webSocket.send(Buffer.from('\0some input'))
    await until(() => pods.open.size === 1)
    const [session] = pods.open
    await new Promise((resolve) => webSocket.once('message', resolve))
    webSocket.send(Buffer.of(255, 0))
    const { channels } = await ended
    assert.deepEqual([channels[1], JSON.parse(channels[3]!).status], ['some input', 'Success'])
    return session!
  }
  const shared = await attach('shell')
  assert.deepEqual([shared.stdin.writableEnded, shared.stdin.destroyed, shared.stdin.listenerCount('error')], [false, false, 0])
  assert.equal((await attach('once')).stdin.writableEnded, true)
})

test('resizes reach a terminal, in whatever pieces they come', async () => {
  const webSocket = openWebSocket(api, `${pod}/exec?stdout=1&tty=1&${commandLine('sizes')}`, ['v5.channel.k8s.io'])
  const ended = collect(webSocket)
  await opened(webSocket)
  webSocket.send(Buffer.from('\x04{"Width":80,"Height":24}'))
  webSocket.send(Buffer.from('\x04garbage {"Width":-1,"Height":2}\n{"Width":1'))
  webSocket.send(Buffer.from('\x0400,"Height":30}'))
  assert.equal((await ended).channels[1], '80x24\n100x30\n')
})

test('a client that goes ends its command; one that reads slowly is waited for', async () => {
  const webSocket = openWebSocket(api, `${pod}/exec?stdout=1&${commandLine('wait')}`, ['v5.channel.k8s.io'])
  await opened(webSocket)
  await until(() => pods.open.size === 1)
  webSocket.terminate()
  await until(() => pods.open.size === 0)
  const bytes = 20_000_000
  const slow = openWebSocket(api, `${pod}/exec?stdout=1&${commandLine('stream', String(bytes))}`, ['v5.channel.k8s.io'])
  let got = 0
  slow.on('message', (data: Buffer) => {
    if (data[0] === 1) got += data.length - 1
  })
  await opened(slow)
  slow.pause()
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(pods.open.size, 1, 'the output has not been taken yet')
  slow.resume()
  await new Promise((resolve) => slow.once('close', resolve))
  assert.equal(got, bytes)
})

test('failures before the upgrade are ordinary answers', async () => {
  const webSocketHeaders = {
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-protocol': 'v5.channel.k8s.io',
  }
  const refused = async (path: string, headers: Record<string, string> = webSocketHeaders, method = 'GET') => {
    const answer = await upgrade(api, method, path, headers)
    assert.ok(answer.socket === undefined, 'not upgraded')
    return { code: answer.head.statusCode, body: answer.body, headers: answer.head.headers }
  }
  const message = async (path: string) => JSON.parse((await refused(path)).body).message
  const base = '/api/v1/namespaces/default/pods'
  assert.equal(await message(`${base}/gone/exec?stdout=1&command=x`), 'pods "gone" not found')
  assert.equal(
    await message(`${base}/two/exec?stdout=1&command=x`),
    'a container name must be specified for pod two, choose one of: [a b]',
  )
  assert.equal(await message(`${base}/two/attach?stdout=1&container=c`), 'container c is not valid for pod two')
  assert.equal(await message(`${base}/homeless/exec?stdout=1&command=x`), 'pod homeless does not have a host assigned')
  const forbidden = await refused(`${pod}/exec?stdout=1&command=x`, {
    ...webSocketHeaders,
    'impersonate-user': 'jane',
  })
  assert.equal(forbidden.code, 403)
  assert.match(JSON.parse(forbidden.body).message, /User "jane" cannot get resource "pods\/exec"/)
  const none = await refused(`${pod}/exec?command=x`)
  assert.deepEqual([none.code, none.body], [400, 'you must specify at least 1 of stdin, stdout, stderr\n'])
  const unknown = await refused(`${pod}/exec?stdout=1&command=x`, { ...webSocketHeaders, 'sec-websocket-protocol': 'v9' })
  assert.equal(unknown.code, 403)
  const plain = await api.ask('GET', `${pod}/exec?stdout=1&command=x`)
  assert.deepEqual([plain.code, plain.json.message], [400, 'Upgrade request required'])
  assert.equal((await api.ask('PUT', `${pod}/exec`)).code, 405)
  const jane = await api.ask('POST', `${pod}/exec?stdout=1&command=x`, { token: userTokens.jane })
  assert.match(jane.json.message, /cannot create resource "pods\/exec"/)
  const spdy = { upgrade: 'SPDY/3.1' }
  const unnamed = await refused(`${pod}/exec?stdout=1&command=x`, spdy, 'POST')
  assert.deepEqual([unnamed.code, unnamed.body], [400, 'unable to upgrade: X-Stream-Protocol-Version is required\n'])
  const strange = await refused(`${pod}/exec?stdout=1&command=x`, { ...spdy, 'x-stream-protocol-version': 'v9' }, 'POST')
  assert.equal(strange.code, 403)
  assert.match(strange.body, /client supports \[v9\], server accepts \[v4\.channel\.k8s\.io /)
  assert.match(String(strange.headers['x-accepted-stream-protocol-versions']), /v4\.channel\.k8s\.io/)
  // An upgrade that means nothing here does not stop an ordinary request.
  const ordinary = await refused('/version', { upgrade: 'h2c' })
  assert.equal(ordinary.code, 200)
})

test('admission judges connections by their options', async () => {
  const judged: unknown[] = []
  const plugin: AdmissionPlugin = {
    name: 'NoExec',
    handles: ({ operation, subresource }) => operation === 'CONNECT' && subresource !== 'attach',
    validate({ groupResource, subresource, name, object }) {
      judged.push([groupResource, subresource, name, object])
      throw statusErrors.forbidden({ resource: 'pods', group: '', name }, 'not here')
    },
  }
  const strict = await startEmbeddedApi('strict', pods, [plugin])
  try {
    await makePod(strict, 'shell')
    const refused = await strict.ask('GET', `${pod}/exec?stdout=1&tty=1&container=main&command=a&command=b`)
    assert.deepEqual([refused.code, refused.json.message], [403, 'pods "shell" is forbidden: not here'])
    assert.equal((await strict.ask('GET', `${pod}/proxy/a/b/`)).code, 403)
    assert.equal((await strict.ask('GET', `${pod}/attach?stdout=1`)).json.message, 'Upgrade request required')
    const exec = { kind: 'PodExecOptions', apiVersion: 'v1', stdout: true, tty: true, container: 'main', command: ['a', 'b'] }
    assert.deepEqual(judged, [
      ['pods', 'exec', 'shell', exec],
      ['pods', 'proxy', 'shell', { kind: 'PodProxyOptions', apiVersion: 'v1', path: 'a/b/' }],
    ])
  } finally {
    await strict.close()
  }
})

test('a cluster that is no longer served ends its sessions', async () => {
  const leaving = await startEmbeddedApi('leaving', pods)
  await makePod(leaving, 'shell')
  const path = `${pod}/exec?stdout=1&command=wait`
  const webSocket = openWebSocket(leaving, path, ['v5.channel.k8s.io'])
  await opened(webSocket)
  const headers = { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' }
  const { socket } = await upgrade(leaving, 'POST', path, headers)
  const client = new SpdyClient(socket!)
  const errors = await client.open({ streamType: 'error' })
  await until(() => pods.open.size === 2)
  const gone = new Promise((resolve) => webSocket.once('close', resolve))
  await leaving.close()
  await Promise.all([gone, errors.done])
  await until(() => pods.open.size === 0)
})

test('exec and attach over SPDY', async () => {
  const dial = async (path: string, protocol = 'v4.channel.k8s.io') => {
    const { head, socket } = await upgrade(api, 'POST', path, { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': protocol })
    assert.equal(head.statusCode, 101)
    assert.equal(head.headers['x-stream-protocol-version'], protocol)
    return new SpdyClient(socket!)
  }
  const cat = await dial(`${pod}/exec?stdin=1&stdout=1&${commandLine('cat')}`)
  const errors = await cat.open({ streamType: 'error' })
  const stdin = await cat.open({ streamType: 'stdin' })
  const stdout = await cat.open({ streamType: 'stdout' })
  stdin.write('over SPDY')
  stdin.end()
  assert.equal(await stdout.done, 'over SPDY')
  assert.deepEqual(JSON.parse(await errors.done), { metadata: {}, status: 'Success' })
  cat.close()
  const failing = await dial(`${pod}/exec?stdout=1&${commandLine('fail', '7')}`)
  const failure = await failing.open({ streamType: 'error' })
  await failing.open({ streamType: 'stdout' })
  assert.equal(JSON.parse(await failure.done).details.causes[0].message, '7')
  const older = await dial(`${pod}/exec?stdout=1&tty=1&${commandLine('fail', '7')}`, 'v2.channel.k8s.io')
  const text = await older.open({ streamType: 'error' })
  await older.open({ streamType: 'stdout' })
  assert.equal(await text.done, 'command terminated with non-zero exit code: exit status 7')
  const absent = await upgrade(api, 'POST', `${pod}/exec?stdout=1&${commandLine('absent')}`, {
    upgrade: 'SPDY/3.1',
    'x-stream-protocol-version': 'v4.channel.k8s.io',
  })
  assert.equal(absent.head.statusCode, 400)
  const left = await dial(`${pod}/attach?stdin=1&stdout=1`)
  await left.open({ streamType: 'error' })
  await until(() => pods.open.size === 1)
  left.close()
  await until(() => pods.open.size === 0)
})

test('hundreds of sessions that come and go leave nothing behind', async () => {
  const handles = () => process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate').length
  const before = handles()
  for (let round = 0; round < 10; round++) {
    await Promise.all(
      Array.from({ length: 30 }, async (_, index) => {
        const path = `${pod}/exec?stdin=1&stdout=1&${commandLine(index % 2 === 0 ? 'cat' : 'wait')}`
        if (index % 3 === 0) {
          const { socket } = await upgrade(api, 'POST', path, {
            upgrade: 'SPDY/3.1',
            'x-stream-protocol-version': 'v4.channel.k8s.io',
          })
          const client = new SpdyClient(socket!)
          await client.open({ streamType: 'error' })
          if (index % 2 === 0) {
            await client.open({ streamType: 'stdin' })
            await client.open({ streamType: 'stdout' })
          }
          client.close()
        } else {
          const webSocket = openWebSocket(api, path, ['v5.channel.k8s.io'])
          await opened(webSocket)
          if (index % 2 === 0) webSocket.send(Buffer.from('\0data'))
          webSocket.terminate()
        }
      }),
    )
  }
  await until(() => pods.open.size === 0)
  await until(() => handles() <= before + 2)
})

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  assert.ok(condition(), condition.toString())
}
