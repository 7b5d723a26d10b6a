import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { after, test } from 'node:test'
import { VirtualClock } from '../../../base/virtual-clock.js'
import { ContainerLog } from '../container-log.js'
import type { Pod } from '../pod-types.js'
import { readContainerLog } from '../read-container-log.js'
import { serviceVariables } from '../service-variables.js'
import { expandVariables } from '../variables.js'
import { PodVolumes } from './pod-volumes.js'
import { type Payload, volumePayload } from './volume-payload.js'
import { writeAtomically } from './write-atomically.js'

const folder = mkdtempSync(join(tmpdir(), 'flotilla-volumes-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const payload = (files: Record<string, string>, mode = 0o644): Payload =>
  new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode }]))

test('a volume changes as a whole, through a link', () => {
  const volume = join(folder, 'v')
  assert.ok(writeAtomically(volume, payload({ a: '1', 'sub/b': '2' }, 0o640), 's1'))
  assert.deepEqual(readdirSync(volume).sort(), ['..data', '..s1', 'a', 'sub'])
  assert.equal(statSync(join(volume, 'a')).mode & 0o777, 0o640)
  assert.ok(!writeAtomically(volume, payload({ a: '1', 'sub/b': '2' }, 0o640), 's2'), 'the same again changes nothing')
  assert.ok(writeAtomically(volume, payload({ a: '3', c: '4' }), 's2'))
  assert.deepEqual(readdirSync(volume).sort(), ['..data', '..s2', 'a', 'c'])
  assert.equal(readFileSync(join(volume, 'a'), 'utf8'), '3')
  assert.ok(!existsSync(join(volume, 'sub')))
})

test('links in a volume lead to nothing that is made or removed', async () => {
  const outside = join(folder, 'outside')
  mkdirSync(join(outside, 'kept'), { recursive: true })
  const shown = join(folder, 'w')
  mkdirSync(shown)
  symlinkSync('../outside/kept', join(shown, '..data'))
  assert.ok(writeAtomically(shown, payload({ a: '1' }), 's1'))
  assert.ok(existsSync(join(outside, 'kept')))

  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u' },
    spec: { containers: [], volumes: [{ name: 'scratch', emptyDir: {} }] },
  } as unknown as Pod
  const ports = {
    read: () => undefined,
    issue: async () => ({ token: '', expiresAtMs: 0 }),
    nodesDirectory: join(folder, 'nodes'),
    stamp: () => 's',
  }
  const volumes = new PodVolumes(join(folder, 'pod'), ports)
  await volumes.refresh({ pod, podIP: '', hostIP: '', allocatable: {} }, 0)
  const scratch = join(folder, 'pod', 'empty', 'scratch')
  symlinkSync(outside, join(scratch, 'out'))
  symlinkSync(join(folder, 'nowhere'), join(scratch, 'dangling'))
  mkdirSync(join(scratch, 'real'))
  symlinkSync('real', join(scratch, 'in'))
  const mountOf = (subPath: string) =>
    volumes.mounts({ name: 'c', volumeMounts: [{ name: 'scratch', mountPath: '/m', subPath }] } as never, {})[0]
  assert.throws(() => mountOf('out/made'), /leads out of its volume/)
  assert.ok(!existsSync(join(outside, 'made')))
  assert.throws(() => mountOf('dangling/made'), /cannot be made: ENOENT: no such file or directory$/)
  assert.ok(!existsSync(join(folder, 'nowhere')))
  assert.equal(mountOf('in/side')?.directory, join(realpathSync(scratch), 'real', 'side'))
})

test('nothing is written for a pod that has gone meanwhile', async () => {
  const sources = [{ serviceAccountToken: { path: 'token' } }]
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u' },
    spec: { containers: [], volumes: [{ name: 'account', projected: { sources } }] },
  } as unknown as Pod
  let issued: (token: { token: string; expiresAtMs: number }) => void = () => {}
  const directory = join(folder, 'gone')
  const volumes = new PodVolumes(directory, {
    nodesDirectory: join(folder, 'nodes'),
    read: () => undefined,
    issue: () => new Promise((resolve) => (issued = resolve)),
    stamp: () => 's',
  })
  const refreshed = volumes.refresh({ pod, podIP: '', hostIP: '', allocatable: {} }, 0)
  volumes.close()
  issued({ token: 'secret', expiresAtMs: 0 })
  await assert.rejects(refreshed, /the pod is gone/)
  assert.ok(!existsSync(directory))
})

test('projected volumes gather their sources; paths that leave the volume are refused', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', labels: { b: '2', a: 'x"y' } },
    spec: { containers: [] },
  } as unknown as Pod
  const facts = { pod, podIP: '1.2.3.4', hostIP: '5.6.7.8', allocatable: {} }
  const read = (resource: string, key: string) =>
    key === 'n/there'
      ? {
          apiVersion: 'v1',
          kind: resource,
          metadata: { name: 'there' },
          data: { k: resource === 'secrets' ? Buffer.from('hidden').toString('base64') : 'shown' },
        }
      : undefined
  const issue = async () => ({ token: 'jwt', expiresAtMs: 3_600_000 })
  const volume = {
    name: 'v',
    projected: {
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
        { configMap: { name: 'there' } },
        { secret: { name: 'there', items: [{ key: 'k', path: 's/k' }] } },
        { configMap: { name: 'none', optional: true } },
        { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
      ],
    },
  }
  const result = await volumePayload(volume, facts, read, issue)
  const texts = Object.fromEntries([...(result?.files ?? [])].map(([path, { data }]) => [path, data.toString()]))
  assert.deepEqual(texts, { token: 'jwt', k: 'shown', 's/k': 'hidden', labels: 'a="x\\"y"\nb="2"' })
  assert.equal(result?.renewAtMs, 3_600_000 - 720_000)
  for (const path of ['../x', 'a/../../x', '/x', '', '..data', 'a//b', 'a/.']) {
    const bad = { name: 'v', configMap: { name: 'there', items: [{ key: 'k', path }] } }
    await assert.rejects(volumePayload(bad, facts, read, issue), /must stay inside/, path)
  }
  await assert.rejects(
    volumePayload({ name: 'v', secret: { secretName: 'none' } }, facts, read, issue),
    /secret "none" not found/,
  )
  assert.equal(await volumePayload({ name: 'v', nfs: {} }, facts, read, issue), undefined)
})

test('a token is renewed once 80 % of its time has passed', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u' },
    spec: {
      containers: [],
      volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 1000 } }] } }],
    },
  } as unknown as Pod
  const facts = { pod, podIP: '', hostIP: '', allocatable: {} }
  let now = 0
  let issued = 0
  const issue = async () => ({ token: `jwt-${++issued}`, expiresAtMs: now + 1_000_000 })
  const volumes = new PodVolumes(join(folder, 'tokens'), {
    read: () => undefined,
    issue,
    nodesDirectory: join(folder, 'nodes'),
    stamp: () => `s${now}`,
  })
  const token = () => readFileSync(join(folder, 'tokens', 'shown', 'v', 'token'), 'utf8')
  await volumes.refresh(facts, now)
  assert.equal(volumes.nextRenewal, 800_000)
  now = 799_999
  assert.ok(!volumes.isDue(now))
  await volumes.refresh(facts, now)
  assert.equal(token(), 'jwt-1')
  now = 800_000
  assert.ok(volumes.isDue(now))
  await volumes.refresh(facts, now)
  assert.equal(token(), 'jwt-2')
  assert.equal(volumes.nextRenewal, 1_600_000)
})

test('logs: lines with times, parts of long lines, tail, since, limits, followers', async () => {
  const clock = new VirtualClock({ startMs: 1_767_225_600_000, idle: async () => {} })
  const log = new ContainerLog(join(folder, 'log', '0.log'), clock)
  log.append('stdout', Buffer.from('one\ntw'))
  await clock.advance(1000)
  log.append('stdout', Buffer.from('o\n'))
  log.append('stderr', Buffer.from('bad\n'))
  const all = { container: 'c', follow: false, previous: false, timestamps: false, stream: 'All' as const }
  const text = async (options: object) => {
    let found = ''
    for await (const chunk of readContainerLog(log, { ...all, ...options })) found += chunk
    return found
  }
  assert.equal(await text({}), 'one\ntwo\nbad\n')
  assert.equal(await text({ tailLines: 2 }), 'two\nbad\n')
  assert.equal(await text({ tailLines: 0 }), '')
  assert.equal(await text({ stream: 'Stderr' }), 'bad\n')
  assert.equal(await text({ sinceMs: 1_767_225_601_000 }), 'two\nbad\n')
  assert.equal(await text({ limitBytes: 5 }), 'one\nt')
  assert.equal(await text({ timestamps: true, tailLines: 1 }), '2026-01-01T00:00:01.000000000Z bad\n')
  const following = text({ follow: true, tailLines: 1 })
  log.append('stdout', Buffer.from('x'.repeat(40_000)))
  log.end()
  assert.equal(await following, `bad\n${'x'.repeat(40_000)}`)
  assert.equal(log.lastLines().filter((line) => !line.full).length, 3)
})

test('a long log is read a piece at a time; who follows misses nothing and hears nothing twice', async () => {
  const clock = new VirtualClock({ startMs: 1_767_225_600_000, idle: async () => {} })
  const log = new ContainerLog(join(folder, 'long', '0.log'), clock)
  const line = (number: number) => `${String(number).padStart(7, '0')} ${'x'.repeat(100)}\n`
  const write = (from: number, to: number) =>
    log.append('stdout', Buffer.from(Array.from({ length: to - from }, (_, index) => line(from + index)).join('')))
  // More than one file, so that one is set aside.
  for (let at = 0; at < 100_000; at += 5000) write(at, at + 5000)
  const all = { container: 'c', follow: true, previous: false, timestamps: false, stream: 'All' as const }
  const numbers = async (options: object) => {
    const found: number[] = []
    let rest = ''
    for await (const chunk of readContainerLog(log, { ...all, ...options })) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const each of lines) found.push(Number(each.slice(0, 7)))
    }
    return found
  }
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  const reading = [numbers({}), numbers({ tailLines: 70_000 }), numbers({ limitBytes: 109 * 50 }), numbers({ follow: false })]
  for (let at = 100_000; at < 100_050; at++) {
    await new Promise((turn) => setImmediate(turn))
    write(at, at + 1)
  }
  log.end()
  const [whole = [], tail = [], limited = [], past = []] = await Promise.all(reading)
  delays.disable()
  assert.equal(whole.at(-1), 100_049)
  for (const found of [whole, tail, limited, past])
    assert.ok(
      found.every((number, index) => index === 0 || number === found[index - 1]! + 1),
      'in order, without gaps',
    )
  assert.equal(past.at(-1), 99_999)
  assert.equal(tail.length, 70_050)
  assert.equal(limited.length, 50)
  assert.ok(delays.max / 1e6 < 400, `the event loop was held up for ${(delays.max / 1e6).toFixed(0)} ms`)
  const left = readContainerLog(log, { ...all, follow: false })
  left.destroy()
  log.remove()
  assert.deepEqual(await numbers({}), [])
})

test('variables of services and their expansion', () => {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'my-db' },
    spec: { clusterIP: '10.0.0.9', ports: [{ name: 'p-q', port: 5432 }] },
  }
  assert.deepEqual(serviceVariables([service], undefined, true), {
    MY_DB_SERVICE_HOST: '10.0.0.9',
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_SERVICE_PORT_P_Q: '5432',
    MY_DB_PORT: 'tcp://10.0.0.9:5432',
    MY_DB_PORT_5432_TCP: 'tcp://10.0.0.9:5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432',
    MY_DB_PORT_5432_TCP_ADDR: '10.0.0.9',
  })
  assert.deepEqual(serviceVariables([service], undefined, false), {})
  const cases = [
    ['$(A)', '1'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$1'],
    ['$(B)', '$(B)'],
    ['$', '$'],
    ['$(A', '$(A'],
    ['$x', '$x'],
    ['a$(A)b$(A)', 'a1b1'],
  ]
  for (const [from = '', to] of cases)
    assert.equal(
      expandVariables(from, (name) => (name === 'A' ? '1' : undefined)),
      to,
      from,
    )
})
