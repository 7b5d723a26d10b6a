import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type FakePods, fakePods } from '../support/fakes/fake-pod-access.js'
import { type EmbeddedApi, startEmbeddedApi } from '../support/worlds/embedded-api.js'
import { makePod } from '../support/worlds/pod-fixture.js'

const missing = kubectlIsMissing() ? 'kubectl is not installed' : false

function kubectlIsMissing(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return false
  } catch {
    return true
  }
}

/** By WebSocket as kubectl has it since 1.31, and by SPDY as before. */
const transports = {
  websocket: {},
  spdy: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' },
}

describe('kubectl reaches into the pods of an embedded cluster', { skip: missing }, () => {
  let api: EmbeddedApi
  let pods: FakePods
  let folder: string

  before(async () => {
    pods = await fakePods()
    api = await startEmbeddedApi('member', pods)
    folder = await mkdtemp(join(tmpdir(), 'flotilla-streaming-'))
    const base64 = (text: string) => Buffer.from(text).toString('base64')
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'member',
          cluster: { server: `https://127.0.0.1:${api.port}`, 'certificate-authority-data': base64(api.ca.certPem) },
        },
      ],
      users: [
        {
          name: 'admin',
          user: { 'client-certificate-data': base64(api.admin.certPem), 'client-key-data': base64(api.admin.keyPem) },
        },
      ],
      contexts: [{ name: 'member', context: { cluster: 'member', user: 'admin', namespace: 'default' } }],
      'current-context': 'member',
    }
    await writeFile(join(folder, 'config'), JSON.stringify(config))
    await makePod(api, 'shell', { labels: { app: 'shell' }, stdinOnce: true })
    await makePod(api, 'two', { containers: ['a', 'b'], lastState: { terminated: { exitCode: 1 } } })
    await makePod(api, 'waiting', { phase: 'Pending', state: { waiting: { reason: 'ContainerCreating' } } })
  })
  after(async () => {
    await api.close()
    await pods.stop()
    await rm(folder, { recursive: true, force: true })
  })

  function start(args: string[], env: Record<string, string> = {}): ChildProcessWithoutNullStreams {
    return spawn('kubectl', ['--kubeconfig', join(folder, 'config'), '--cache-dir', join(folder, 'cache'), ...args], {
      env: { ...process.env, ...env },
    })
  }

  function kubectl(args: string[], options: { env?: Record<string, string>; input?: string } = {}) {
    const child = start(args, options.env)
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (part: Buffer) => out.push(part))
    child.stderr.on('data', (part: Buffer) => err.push(part))
    child.stdin.end(options.input ?? '')
    return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      child.once('close', (code) => {
        resolve({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() })
      })
    })
  }

  for (const [name, env] of Object.entries(transports)) {
    test(`exec and attach over ${name}`, async () => {
      assert.deepEqual(await kubectl(['exec', 'shell', '--', 'echo', 'hello', 'world'], { env }), {
        code: 0,
        out: 'hello world\n',
        err: '',
      })
      const failed = await kubectl(['exec', 'shell', '--', 'fail', '42'], { env })
      assert.deepEqual([failed.code, failed.err], [42, 'command terminated with exit code 42\n'])
      const complained = await kubectl(['exec', 'two', '-c', 'b', '--', 'complain', 'no'], { env })
      assert.match(complained.err, /^no\n/)
      const input = 'line\n'.repeat(100_000)
      const piped = await kubectl(['exec', '-i', 'shell', '--', 'cat'], { env, input })
      assert.deepEqual([piped.code, piped.out === input], [0, true])
      const much = await kubectl(['exec', 'shell', '--', 'stream', '5000000'], { env })
      assert.deepEqual([much.code, much.out.length], [0, 5_000_000])
      const attached = await kubectl(['attach', '-i', 'shell', '-q'], { env, input: 'to the main process' })
      assert.equal(attached.out, 'to the main process')
      const absent = await kubectl(['exec', 'shell', '--', 'absent'], { env })
      assert.equal(absent.code, 1)
      assert.match(absent.err, /container not found \("absent"\)/)
      const wrong = await kubectl(['exec', 'shell', '-c', 'other', '--', 'echo'], { env })
      assert.match(wrong.err, /container other is not valid for pod shell|container other not found in pod shell/)
    })

    test(`a terminal and its size over ${name}`, {
      skip: existsSync('/usr/bin/script') ? false : 'no script(1) here',
    }, async () => {
      const line = `stty cols 91 rows 33; kubectl --kubeconfig ${join(folder, 'config')} exec -it shell -- sizes 1`
      const child = spawn('/usr/bin/script', ['-qec', line, '/dev/null'], { env: { ...process.env, ...env } })
      let out = ''
      child.stdout.on('data', (part: Buffer) => {
        out += part.toString()
      })
      assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0)
      assert.match(out, /91x33/)
    })

    test(`port-forward over ${name}`, async () => {
      const child = start(['port-forward', 'pod/shell', ':8080', ':9'], env)
      try {
        let out = ''
        const ports = await new Promise<string[]>((resolve, reject) => {
          child.stdout.on('data', (part: Buffer) => {
            out += part.toString()
            const found = [...out.matchAll(/127\.0\.0\.1:(\d+) -> (\d+)/g)]
            if (found.length === 2) resolve(found.map((each) => each[1]!))
          })
          child.once('close', () => reject(new Error(`kubectl ended: ${out}`)))
        })
        const answers = await Promise.all(Array.from({ length: 30 }, (_, id) => fetchText(`http://127.0.0.1:${ports[0]}/${id}`)))
        for (const [id, text] of answers.entries()) assert.equal(JSON.parse(text).url, `/${id}`)
        let errors = ''
        child.stderr.on('data', (part: Buffer) => {
          errors += part.toString()
        })
        await assert.rejects(fetchText(`http://127.0.0.1:${ports[1]}/`))
        await until(() => errors.includes('error forwarding port 9 to pod shell, uid : failed to connect'))
      } finally {
        child.kill()
      }
      await until(() => pods.connections.size === 0)
    })
  }

  test('logs: choice of containers, options, follow', async () => {
    assert.deepEqual(await kubectl(['logs', 'shell']), { code: 0, out: 'shell/main line 1\nline 2\n', err: '' })
    assert.match((await kubectl(['logs', 'two'])).out, /two\/a line 1/)
    assert.equal((await kubectl(['logs', 'two', '-c', 'b', '--tail=3', '--since=1h'])).out, 'two/b line 1\nline 2\n')
    const all = await kubectl(['logs', 'two', '--all-containers', '--prefix'])
    assert.match(all.out, /\[pod\/two\/a\] two\/a line 1\n/)
    assert.match(all.out, /\[pod\/two\/b\] two\/b line 1\n/)
    assert.match((await kubectl(['logs', '-l', 'app=shell'])).out, /shell\/main line 1/)
    assert.equal((await kubectl(['logs', 'two', '-c', 'a', '--previous'])).code, 0)
    assert.equal(
      (await kubectl(['logs', 'shell', '--previous'])).err,
      'Error from server (BadRequest): previous terminated container "main" in pod "shell" not found\n',
    )
    assert.equal(
      (await kubectl(['logs', 'waiting'])).err,
      'Error from server (BadRequest): container "main" in pod "waiting" is waiting to start: ContainerCreating\n',
    )
    const child = start(['logs', '-f', 'shell'])
    let out = ''
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString()
    })
    await until(() => out.includes('line 2'))
    pods.logs.at(-1)!.stream.write('followed\n')
    await until(() => out.endsWith('followed\n'))
    pods.logs.at(-1)!.stream.end()
    assert.equal(await new Promise((resolve) => child.once('close', resolve)), 0)
  })

  test('proxies: --raw, and kubectl proxy', async () => {
    const raw = await kubectl(['get', '--raw', '/api/v1/namespaces/default/pods/shell:8080/proxy/some/path?a=b'])
    assert.equal(JSON.parse(raw.out).url, '/some/path?a=b')
    const refused = await kubectl(['get', '--raw', '/api/v1/namespaces/default/pods/shell:9/proxy/'])
    assert.match(refused.err, /^Error from server \(ServiceUnavailable\): error trying to reach service: dial tcp/)
    const child = start(['proxy', '--port=0'])
    try {
      const port = await new Promise<string>((resolve) => {
        child.stdout.on('data', (part: Buffer) => {
          const match = /127\.0\.0\.1:(\d+)/.exec(part.toString())
          if (match) resolve(match[1]!)
        })
      })
      const page = await fetchText(`http://127.0.0.1:${port}/api/v1/namespaces/default/pods/shell/proxy/page`)
      assert.match(page, /href="\/api\/v1\/namespaces\/default\/pods\/shell\/proxy\/next\?a=1"/)
    } finally {
      child.kill()
    }
  })
})

function fetchText(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (answer) => {
      let text = ''
      answer.on('data', (part: Buffer) => {
        text += part.toString()
      })
      answer.on('end', () => resolve(text))
      answer.on('error', reject)
    }).on('error', reject)
  })
}

async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 500; round++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.ok(condition(), condition.toString())
}
