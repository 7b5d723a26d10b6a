import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import type { BuiltInName } from '../image-table.js'
import { createLauncher } from './launch-containers.js'
import type { Launcher, RunningContainer } from './launcher.js'
import type { ServerSpec } from './messages.js'
import { removeLeftovers, usageOf } from './process-records.js'

const serverFile = resolve('dist/pod-server.js')
let folder: string
let launcher: Launcher
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-launch-'))
  mkdirSync(join(folder, 'root'))
  launcher = createLauncher({ execPath: process.execPath, serverFile, path: process.env.PATH ?? '' })
})
after(async () => {
  await launcher.stop()
  rmSync(folder, { recursive: true, force: true })
})

// Below the ports that outgoing connections get.
const port = 20_000 + (process.pid % 12_000)

function specOf(server: BuiltInName, more: Partial<ServerSpec> = {}): ServerSpec {
  return {
    server,
    image: server,
    command: [],
    args: [],
    env: { COLOUR: 'blue', NODE_OPTIONS: '--require=/nowhere.js', LD_PRELOAD: '/nowhere.so' },
    workingDir: '/',
    root: join(folder, 'root'),
    mounts: [],
    address: '127.0.0.1',
    hostname: 'box',
    ports: [port],
    lowPortOffset: 0,
    searchDomains: [],
    stdin: false,
    tty: false,
    ...more,
  }
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

async function exec(
  container: RunningContainer,
  command: string[],
  input?: string,
): Promise<{ code: number; out: string; err: string }> {
  const running = container.exec(command, { stdin: input !== undefined, tty: false })
  running.stdin?.end(input)
  const [out, err, { code }] = await Promise.all([textOf(running.stdout), textOf(running.stderr), running.ended])
  return { out, err, code }
}

/** Local commands of these tests are programs that nearly every machine has. */
const noPrograms =
  spawnSync('sleep', ['0']).status === 0 && spawnSync('echo').status === 0 ? false : 'sleep or echo is not installed'

test('a built-in server answers as soon as it is started, runs commands, and ends on TERM', async () => {
  const container = await launcher.launch({ kind: 'built-in', directory: folder, spec: specOf('nginx') })
  const log = textOf(container.stdout)
  const body = await new Promise<string>((done, fail) =>
    request({ port, path: '/' }, (answer) => void textOf(answer).then(done))
      .on('error', fail)
      .end(),
  )
  assert.match(body, /Welcome to nginx/)
  assert.deepEqual(await exec(container, ['sh', '-c', 'echo $COLOUR; cat; exit 3'], 'typed'), {
    code: 3,
    out: 'blue\ntyped',
    err: '',
  })
  assert.equal((await exec(container, ['cat', join(folder, 'secret')])).code, 1)
  assert.equal((await exec(container, ['/usr/bin/python3', '-c', '1'])).code, 127)
  const usage = usageOf(container.pid)
  if (usage !== undefined)
    assert.ok(usage.memoryBytes < 60e6 && usage.ownMemoryBytes < 25e6 && usage.cpuMs > 0, JSON.stringify(usage))
  container.kill('SIGTERM')
  assert.deepEqual(await container.ended, { code: 0 })
  assert.match(await log, /"GET \/ HTTP\/1.1" 200/)
})

test('a command waits for a slow reader, and ends when its reader goes', async () => {
  const container = await launcher.launch({
    kind: 'built-in',
    directory: folder,
    spec: specOf('shell', { command: ['sleep', '60'] }),
  })
  const line = 'x'.repeat(999)
  const script = `i=0; while [ $i -lt 600 ]; do echo ${line}; i=$((i+1)); done`
  const running = container.exec(['sh', '-c', script], { stdin: false, tty: false })
  await new Promise((done) => setTimeout(done, 150))
  assert.ok(running.stdout.readableLength < 300_000, `${running.stdout.readableLength} bytes are held`)
  assert.equal((await textOf(running.stdout)).length, 600_000)
  assert.equal((await running.ended).code, 0)
  const endless = container.exec(['sh', '-c', 'while true; do echo y; done'], { stdin: false, tty: false })
  await new Promise((done) => setTimeout(done, 50))
  endless.cancel()
  assert.notEqual((await endless.ended).code, 0)
  container.kill('SIGKILL')
  await container.ended
})

test('a script that has no trap is not disturbed by TERM, as the first process of a container', async () => {
  const container = await launcher.launch({
    kind: 'built-in',
    directory: folder,
    spec: specOf('shell', { command: ['sleep', '60'] }),
  })
  container.kill('SIGTERM')
  assert.equal((await exec(container, ['true'])).code, 0)
  container.kill('SIGKILL')
  assert.deepEqual(await container.ended, { code: 137, signal: 9 })
})

test('a local command gets its own environment, only the programs that its rule allows, and dies with its group', {
  skip: noPrograms,
}, async () => {
  const script = join(folder, 'program.sh')
  writeFileSync(script, 'echo "$COLOUR|$HOST|$LD_PRELOAD|$NODE_OPTIONS|$HOME|$1"; sleep 600 & sleep 600')
  const command = { command: ['sh', script], env: { HOST: '$(POD_IP)' }, args: 'append' as const, exec: ['echo'] }
  const container = await launcher.launch({
    kind: 'local',
    directory: folder,
    command,
    args: ['given'],
    env: { COLOUR: 'red', LD_PRELOAD: '/nowhere.so', NODE_OPTIONS: '--x', PATH: '/nowhere' },
    address: '127.1.2.3',
    root: join(folder, 'root'),
    stdin: false,
  })
  const [line] = await new Promise<Buffer[]>((done) => container.stdout.once('data', (data) => done([data])))
  assert.equal(line?.toString(), 'red|127.1.2.3||||given\n')
  assert.deepEqual(await exec(container, ['echo', 'hi']), { code: 0, out: 'hi\n', err: '' })
  assert.throws(() => container.exec(['sh', '-c', 'id'], { stdin: false, tty: false }), {
    code: 'bad-request',
    message: /allows echo/,
  })
  container.kill('SIGTERM')
  assert.equal((await container.ended).code, 143)
  await gone(-container.pid)
})

async function launchLocal(script: string, exec: string[], env: Record<string, string> = {}): Promise<RunningContainer> {
  return launcher.launch({
    kind: 'local',
    directory: folder,
    command: { command: ['sh', '-c', script], env: {}, args: 'ignore', exec },
    args: [],
    env,
    address: '127.1.2.3',
    root: join(folder, 'root'),
    stdin: false,
  })
}

test('a pod sets no variable of a local command by which that would load or run something else', async () => {
  const refused = ['npm_config_script_shell', 'npm_config_node_options', 'ZDOTDIR', 'BASH_ENV', 'JAVA_OPTS', 'GUNICORN_CMD_ARGS']
  const more = [
    'SSLKEYLOGFILE',
    'GOFLAGS',
    'KUBECONFIG',
    'XDG_CONFIG_HOME',
    'PYTHONPATH',
    'GCOV_PREFIX',
    'HOSTALIASES',
    'node_options',
  ]
  const kept = ['APP_ENV', 'NODE_ENV', 'HOME', 'DATABASE_URL', 'JAVA_VERSION', 'LOG_LEVEL', 'GOMAXPROCS', 'TZ', 'LANG']
  const env = Object.fromEntries([...refused, ...more, ...kept].map((name) => [name, 'x']))
  const container = await launchLocal('env; exit 0', [], env)
  const names = (await textOf(container.stdout)).split('\n').map((line) => line.split('=')[0] as string)
  assert.deepEqual(names.filter((name) => name in env).sort(), kept.sort())
})

test('what exec starts of a local command ends with the container, and when its client leaves early', {
  skip: noPrograms,
}, async () => {
  const container = await launchLocal('sleep 600', ['sh'])
  const command = container.exec(['sh', '-c', 'echo $$; sleep 600 & sleep 600'], { stdin: false, tty: false })
  const [data] = await new Promise<Buffer[]>((done) => command.stdout.once('data', (first) => done([first])))
  const early = container.exec(['sh', '-c', 'sleep 600'], { stdin: false, tty: false })
  early.cancel()
  assert.equal((await early.ended).code, 137)
  container.kill('SIGTERM')
  assert.equal((await container.ended).code, 143)
  assert.equal((await command.ended).code, 137)
  await gone(-Number(data))
  const late = container.exec(['sh', '-c', 'sleep 600'], { stdin: false, tty: false })
  assert.equal((await late.ended).code, 137)
})

test('a command of a local container waits for a slow reader', { skip: noPrograms }, async () => {
  const container = await launchLocal('sleep 600', ['sh'])
  const command = container.exec(['sh', '-c', 'yes'], { stdin: false, tty: false })
  await new Promise((done) => setTimeout(done, 300))
  assert.ok(command.stdout.readableLength < 1024 * 1024, `${command.stdout.readableLength} bytes are held`)
  command.cancel()
  assert.equal((await command.ended).code, 137)
  container.kill('SIGKILL')
  await container.ended
})

test('everything ends with a fleet that is killed; what is left over is ended by the next one', {
  skip: noPrograms,
}, async () => {
  const fleet = `
    import { createLauncher } from ${JSON.stringify(resolve('dist/src/apiserver/pods/process/launch-containers.js'))}
    const launcher = createLauncher({ execPath: process.execPath, serverFile: ${JSON.stringify(serverFile)}, path: process.env.PATH })
    const one = await launcher.launch({ kind: 'built-in', directory: ${JSON.stringify(folder)}, spec: ${JSON.stringify(specOf('pause'))} })
    const command = { command: ['sleep', '600'], env: {}, args: 'ignore', exec: [] }
    const two = await launcher.launch({ kind: 'local', directory: ${JSON.stringify(folder)}, command, args: [], env: {}, address: '', root: '', stdin: false })
    setTimeout(() => console.log(one.pid, two.pid), 200)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', fleet], { stdio: ['ignore', 'pipe', 'inherit'] })
  const pids = (await new Promise<Buffer>((done) => child.stdout.once('data', done))).toString().trim().split(' ').map(Number)
  assert.equal(pids.length, 2)
  child.kill('SIGKILL')
  await Promise.all(pids.map(gone))

  const left = join(folder, 'left', 'cluster', 'pod', 'containers', 'main')
  mkdirSync(left, { recursive: true })
  const stray = createLauncher({ execPath: process.execPath, serverFile, path: process.env.PATH ?? '' })
  const container = await stray.launch({ kind: 'built-in', directory: left, spec: specOf('pause') })
  removeLeftovers(join(folder, 'left'))
  assert.equal((await container.ended).code, 137)
})

test('what a pod writes into its own files says nothing about processes', { skip: noPrograms }, async () => {
  const bystander = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
  const ended = new Promise((resolve) => bystander.once('exit', (_code, signal) => resolve(signal)))
  const pid = bystander.pid as number
  const start = readFileSync(`/proc/${pid}/stat`, 'latin1').split(' ')[21]
  const pod = join(folder, 'forged', 'cluster', 'pod')
  const outside = join(folder, 'elsewhere')
  const places = [
    join(pod, 'empty', 'volume', 'x'),
    join(pod, 'empty', 'volume'),
    join(pod, 'containers', 'main', 'root'),
    join(pod, 'containers', 'main', 'root', 'containers', 'main'),
    outside,
  ]
  for (const place of places) {
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'process'), `${pid} ${start}`)
  }
  symlinkSync(outside, join(pod, 'containers', 'linked'))
  removeLeftovers(join(folder, 'forged'))
  assert.ok(!existsSync(join(folder, 'forged')))
  assert.ok(existsSync(join(outside, 'process')))
  await new Promise((done) => setTimeout(done, 100))
  bystander.kill('SIGTERM')
  assert.equal(await ended, 'SIGTERM', 'it was left alone')
})

/** Resolves when no such process (or group, if negative) is there any more. */
async function gone(pid: number): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise((done) => setTimeout(done, 20))
  }
  assert.fail(`process ${pid} is still there`)
}
