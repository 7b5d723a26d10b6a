import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VirtualClock } from '../../../../base/virtual-clock.js'
import { startRedis } from '../servers/redis.js'
import type { CommandContext, ContainerWorld } from '../shell/shell-context.js'
import { Pipe } from '../shell/streams.js'
import { VirtualFiles } from '../virtual-files.js'
import { readReply, redisCli } from './redis-cli.js'

const port = 46_379
const world: ContainerWorld = {
  files: new VirtualFiles('/nonexistent', []),
  clock: new VirtualClock({ idle: async () => {} }),
  hostname: 'redis-0',
  user: { id: 0, group: 0, groups: [] },
  address: '127.0.0.1',
  boundPort: (each) => each,
  resolve: async () => [],
  processes: new Map(),
  nextProcess: () => 1,
  searchDomains: [],
  nameServer: undefined,
  exit() {},
}

async function run(args: readonly string[], input = '', tty = false): Promise<{ code: number; out: string; err: string }> {
  const [stdin, stdout, stderr] = [new Pipe(), new Pipe(), new Pipe()]
  const gather = async (pipe: Pipe) => {
    let text = ''
    for (let part = await pipe.read(); part !== undefined; part = await pipe.read()) text += Buffer.from(part).toString()
    return text
  }
  const texts = Promise.all([gather(stdout), gather(stderr)])
  const feeding = stdin.write(Buffer.from(input)).then(() => stdin.end())
  const signal = new AbortController().signal
  const context: CommandContext = { world, stdin, stdout, stderr, env: new Map(), cwd: '/', tty, signal }
  const code = await redisCli(['-p', String(port), ...args], context)
  stdin.break()
  await feeding.catch(() => {})
  stdout.end()
  stderr.end()
  const [out, err] = await texts
  return { code, out, err }
}

test('commands of the command line and of the input, for programs and for a terminal', async () => {
  const stdout = new Pipe()
  const context = { world, stdout } as unknown as CommandContext
  const server = await startRedis([], [port], world, context)
  try {
    assert.deepEqual(await run(['ping']), { code: 0, out: 'PONG\n', err: '' })
    assert.equal((await run(['set', 'a', '-1'])).out, 'OK\n')
    assert.equal((await run(['get', 'a'])).out, '-1\n')
    assert.equal((await run(['get', 'none'], '', true)).out, '(nil)\n')
    assert.equal((await run(['keys', '*'], '', true)).out, '1) "a"\n')
    assert.equal((await run([], 'incr n\nset t "two words"\nget t\nquit\nget a\n')).out, '1\nOK\ntwo words\n')
    assert.match((await run(['nonsense'])).out, /^ERR unknown command/)
    assert.equal((await run(['-e', 'nonsense'])).code, 1)
    await assert.rejects(run(['--cluster', 'info']), /Unrecognized option/)
  } finally {
    await server.stop()
  }
  const refused = await run(['ping'])
  assert.equal(refused.code, 1)
  assert.equal(refused.err, `Could not connect to Redis at 127.0.0.1:${port}: Connection refused\n`)
})

test('replies in parts are waited for, what is none is refused', () => {
  const whole = Buffer.from('*3\r\n$2\r\nab\r\n:5\r\n*-1\r\n')
  for (let length = 0; length < whole.length; length++) assert.equal(readReply(whole.subarray(0, length), 0), undefined)
  assert.deepEqual(readReply(whole, 0)?.reply, { list: [{ text: 'ab' }, { integer: '5' }, { list: undefined }] })
  for (const bad of ['x1\r\n', '$x\r\n', '*1.5\r\n', '*1\r\n'.repeat(20)])
    assert.throws(() => readReply(Buffer.from(bad), 0), /Protocol error/)
})
