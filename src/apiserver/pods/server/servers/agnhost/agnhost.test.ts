import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as requestSecure } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { freePorts } from '../../../../../../test/support/peers/free-ports.js'
import { VirtualClock } from '../../../../../base/virtual-clock.js'
import { performAction } from '../../../perform-action.js'
import type { RunningContainer } from '../../../process/launcher.js'
import { decodeAnswer } from '../../applets/dns-exchange.js'
import { runCommand } from '../../shell/sh-applet.js'
import type { CommandContext, ContainerWorld } from '../../shell/shell-context.js'
import { Pipe, readAll } from '../../shell/streams.js'
import { VirtualFiles } from '../../virtual-files.js'
import { goDuration } from '../go-duration.js'
import type { RunningServer } from '../http-listener.js'
import { reviewRequest } from './admission-webhook.js'
import { answerConversion } from './conversion-webhook.js'
import { startAgnhost } from './start-agnhost.js'

const address = '127.0.0.1'
let folder: string
let port = 0
const servers: RunningServer[] = []
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-agnhost-'))
  for (const path of ['root/results', 'root/ro', 'root/dev', 'volume']) mkdirSync(join(folder, path), { recursive: true })
  writeFileSync(join(folder, 'root/results/name'), 'OK\n')
  port = await freePort()
})
after(async () => {
  for (const server of servers) await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function freePort(): Promise<number> {
  return (await freePorts(1))[0] ?? 0
}

function surroundings(env: Record<string, string> = {}) {
  const [stdout, stderr] = [new Pipe(), new Pipe()]
  const mounts = [
    { path: '/v', directory: join(folder, 'volume'), readOnly: false, inMemory: true, group: 1000 },
    { path: '/ro', directory: join(folder, 'volume'), readOnly: true },
  ]
  const world: ContainerWorld = {
    files: new VirtualFiles(join(folder, 'root'), mounts, ['/dev/termination-log']),
    clock: new VirtualClock({ startMs: Date.UTC(2026, 0, 1), idle: async () => {} }),
    hostname: 'box',
    user: { id: 1000, group: 3000, groups: [2000] },
    address,
    boundPort: (each) => each,
    resolve: async () => [],
    processes: new Map(),
    nextProcess: () => 1,
    searchDomains: ['a.svc.cluster.local'],
    nameServer: undefined,
    exit() {},
  }
  const stdin = new Pipe()
  stdin.end()
  const variables = new Map(Object.entries(env))
  const signal = AbortSignal.timeout(20_000)
  const context: CommandContext = { world, stdin, stdout, stderr, env: variables, cwd: '/', tty: false, signal }
  const output = async () => {
    stdout.end()
    stderr.end()
    return [await readAll(stdout), await readAll(stderr)].map(String) as [string, string]
  }
  return { world, context, output }
}

async function serve(args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const { world, context } = surroundings(env)
  const running = await startAgnhost(args, world, context)
  assert.ok(typeof running !== 'number')
  servers.push(running)
}

async function run(command: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const { context, output } = surroundings()
  const code = await runCommand(command, context)
  const [out, err] = await output()
  return { code, out, err }
}

const get = async (at: number, path: string) => {
  const response = await fetch(`http://${address}:${at}${path}`)
  return { status: response.status, text: await response.text() }
}

test('mounttest writes files and says what they are like', async () => {
  const made = await run([
    '/agnhost',
    'mounttest',
    '--fs_type=/v',
    '--new_file_0660=/v/f',
    '--file_perm=/v/f',
    '--file_owner=/v/f',
  ])
  assert.deepEqual(made, {
    code: 0,
    out: 'mount type of "/v": tmpfs\ncontent of file "/v/f": mount-tester new file\n\nperms of file "/v/f": -rw-rw----\nowner UID of "/v/f": 0\nowner GID of "/v/f": 1000\n',
    err: '',
  })
  const seen = await run(['agnhost', 'mounttest', '--file_mode=/v', '--file_content=/v/none', '--new_file_0644=/ro/x'])
  assert.equal(seen.code, 1)
  assert.match(seen.out, /^error writing new file "\/ro\/x": Read-only file system\nmode of file "\/v": drwx/)
  assert.match(seen.out, /error reading file content for "\/v\/none": No such file or directory\n$/)
})

test('the root of a container may be read-only, and id tells its user', async () => {
  assert.deepEqual(await run(['sh', '-c', 'echo a > /file; echo t > /dev/termination-log; echo b > /v/file; cat /v/file']), {
    code: 0,
    out: 'b\n',
    err: "sh: can't create /file: Read-only file system\n",
  })
  assert.equal((await run(['id'])).out, 'uid=1000 gid=3000 groups=3000,2000\n')
  assert.equal((await run(['id', '-u'])).out, '1000\n')
})

test('netexec dials by HTTP and by datagrams, and connect tells why it cannot', async () => {
  await serve(['netexec', `--http-port=${port}`, `--udp-port=${port}`])
  const dialled = async (query: string) => JSON.parse((await get(port, `/dial?host=${address}&port=${port}&${query}`)).text)
  assert.deepEqual(await dialled('request=hostname&protocol=udp&tries=2'), { responses: ['box', 'box'] })
  assert.deepEqual(await dialled('request=echo?msg=hello'), { responses: ['hello'] })
  assert.equal((await get(port, '/dial?host=x&port=1&request=a&protocol=smoke')).status, 400)
  assert.equal((await get(port, '/echo?msg=no&code=418')).status, 418)
  assert.deepEqual(await get(port, '/readyz'), { status: 200, text: 'ok' })
  assert.equal(JSON.parse((await get(port, '/shell?cmd=echo%20hi')).text).output, 'hi\n')
  assert.equal((await run(['/agnhost', 'connect', `${address}:${port}`])).code, 0)
  assert.equal((await run(['/agnhost', 'connect', `${address}:${port}`, '--protocol=udp', '--timeout=2s'])).code, 0)
  assert.equal((await run(['/agnhost', 'connect', `${address}:${await freePort()}`])).err, 'REFUSED\n')
})

test('serve-hostname answers plain connections and datagrams', async () => {
  const at = await freePort()
  await serve(['serve-hostname', '--http=false', '--tcp', '--udp', '--port', String(at)])
  assert.match((await run(['nc', address, String(at)])).out, /^box$/)
  assert.equal((await run(['/agnhost', 'connect', `${address}:${at}`, '--protocol', 'udp'])).code, 0)
})

test('test-webserver shows files of the container and nothing above them', async () => {
  const at = await freePort()
  await serve(['test-webserver', `--port=${at}`])
  assert.deepEqual(await get(at, '/results/name'), { status: 200, text: 'OK\n' })
  assert.match((await get(at, '/results/')).text, /<a href="name">/)
  assert.equal((await get(at, '/%2e%2e/%2e%2e/etc/passwd')).status, 404)
  assert.equal((await get(at, '/%zz')).status, 500)
})

test('porter serves values over TLS with a certificate of its own', async () => {
  const [plain, secure] = (await freePorts(2)) as [number, number]
  await serve(['porter'], { [`SERVE_PORT_${plain}`]: 'a', [`SERVE_TLS_PORT_${secure}`]: 'b' })
  assert.equal((await get(plain, '/')).text, 'a')
  const text = await new Promise((resolve, reject) => {
    requestSecure({ host: address, port: secure, rejectUnauthorized: false }, (response) => {
      response.on('data', (data) => resolve(String(data)))
    })
      .on('error', reject)
      .end()
  })
  assert.equal(text, 'b')
})

test('gRPC probes ask the health service', async () => {
  const [at, http] = (await freePorts(2)) as [number, number]
  await serve(['grpc-health-checking', `--port=${at}`, `--http-port=${http}`, '--service=web'])
  const { world } = surroundings()
  const ports = {
    clock: world.clock,
    container: { name: 'c' },
    process: {} as RunningContainer,
    address,
    boundPort: (each: number) => each,
  }
  const probe = (service: string, to = at) => performAction({ grpc: { port: to, service } }, 1000, ports)
  assert.deepEqual(await probe('web'), { ok: true, output: '' })
  assert.deepEqual(await probe('other'), {
    ok: false,
    output: 'error: health rpc probe failed with status NOT_FOUND: unknown service',
  })
  await get(http, '/make-not-serving')
  assert.deepEqual(await probe('web'), { ok: false, output: 'service unhealthy (responded with "NOT_SERVING")' })
  assert.match((await probe('web', await freePort())).output, /connection refused/)
})

test('the admission webhook judges by path', () => {
  assert.deepEqual(reviewRequest('/always-deny', {}, ''), {
    allowed: false,
    status: { message: 'this webhook denies all requests' },
  })
  const forbidden = { operation: 'CREATE', object: { data: { 'webhook-e2e-test': 'webhook-disallow' } } }
  assert.equal((reviewRequest('/configmaps', forbidden, '') as { allowed: boolean }).allowed, false)
  assert.deepEqual(reviewRequest('/mutating-configmaps', { object: { data: { 'mutation-start': 'yes' } } }, ''), {
    allowed: true,
    patch: [{ op: 'add', path: '/data/mutation-stage-1', value: 'yes' }],
  })
  assert.equal(reviewRequest('/pods', { object: { metadata: { labels: { 'webhook-e2e-test': 'wait-forever' } } } }, ''), 'never')
  assert.equal(reviewRequest('/nothing', {}, ''), undefined)
})

test('the conversion webhook goes between its two versions', () => {
  const ask = (object: Record<string, unknown>, desiredAPIVersion: string) =>
    answerConversion(
      JSON.stringify({
        kind: 'ConversionReview',
        apiVersion: 'apiextensions.k8s.io/v1',
        request: { uid: '1', desiredAPIVersion, objects: [object] },
      }),
    )?.['response'] as { convertedObjects: unknown[]; result: { status: string } }
  const old = { apiVersion: 'stable.example.com/v1', hostPort: 'a:1' }
  assert.deepEqual(ask(old, 'stable.example.com/v2').convertedObjects, [
    { apiVersion: 'stable.example.com/v2', host: 'a', port: '1' },
  ])
  assert.equal(ask({ ...old, hostPort: 'a' }, 'stable.example.com/v2').result.status, 'Failure')
  assert.equal(answerConversion('{'), undefined)
})

test('dig asks a name server and prints what it says', async () => {
  const server = createSocket('udp4')
  await new Promise<void>((resolve) => server.bind(0, address, resolve))
  server.on('message', (question, from) => {
    const answer = Buffer.concat([question, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 10, 0, 0, 7])])
    answer.writeUInt16BE(0x8180, 2)
    answer.writeUInt16BE(1, 6)
    server.send(answer, from.port, from.address)
  })
  try {
    const at = String(server.address().port)
    assert.deepEqual(await run(['dig', `@${address}`, '-p', at, '+notcp', '+noall', '+answer', '+search', 'web', 'A']), {
      code: 0,
      out: 'web.a.svc.cluster.local.\t30\tIN\tA\t10.0.0.7\n',
      err: '',
    })
    assert.equal((await run(['dig', '+short', `@${address}`, '-p', at, 'web.test'])).out, '10.0.0.7\n')
  } finally {
    server.close()
  }
})

test('an answer of a name server that is cut off or goes round is refused', () => {
  const head = [0, 1, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 0]
  assert.throws(() => decodeAnswer(Buffer.from([...head, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4])), /round in circles/)
  assert.throws(() => decodeAnswer(Buffer.from([...head, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 9, 1])), /cut off/)
  assert.throws(() => decodeAnswer(Buffer.from([1, 2])), RangeError)
})

test('durations as Go writes them', () => {
  assert.deepEqual(['0', '1.5s', '1h2m', '300ms', '5', 'x'].map(goDuration), [0, 1500, 3_720_000, 300, undefined, undefined])
})
