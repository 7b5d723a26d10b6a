import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from '../test/support/peers/free-ports.js'
import { startRealApiServer, untilReady } from '../test/support/peers/real-apiserver.js'
import { rssOf } from './api-servers.support.js'
import type { BenchResult } from './contract.js'

const rounds = 5
/** When a server that is ready has come to rest. */
const restMs = 2_000

interface Start {
  /** From the start of the processes to /readyz and a list of namespaces, over TLS with a bearer token. */
  readonly readyMs: number
  /** What its processes computed until then. */
  readonly cpuMs: number
  /** Resident memory of all its processes, at rest. */
  readonly rss: number
}

interface Starts {
  readonly fresh: Start[]
  readonly kept: Start[]
}

/**
 * The start of `flotilla apiserver`, the program as it is shipped, against kube-apiserver with etcd: turn by turn, each first in an
 * empty directory, then on what that start left behind. Both wait for the disk.
 */
export async function run(): Promise<BenchResult[]> {
  const root = mkdtempSync(join(tmpdir(), 'flotilla-start-'))
  try {
    const ours: Starts = { fresh: [], kept: [] }
    const theirs: Starts = { fresh: [], kept: [] }
    const first = await startOurs(join(root, 'first'), { NODE_DISABLE_COMPILE_CACHE: '1' })
    // What a start compiles is kept when it ends (docs/adr/0012).
    await startOurs(join(root, 'warm'))
    for (let round = 0; round < rounds; round++) {
      for (const state of ['fresh', 'kept'] as const) {
        ours[state].push(await startOurs(join(root, `ours-${round}`)))
        const real = await startTheirs(join(root, `theirs-${round}`))
        if (typeof real === 'string') return [{ name: `start against kube-apiserver: skipped, ${real}`, unit: '', measured: 0 }]
        theirs[state].push(real)
      }
    }
    const bare: number[] = []
    for (let round = 0; round < rounds; round++) bare.push(await bareNode())
    const note = `node alone ${median(bare).toFixed(0)} ms; without compiled code of before ${first.readyMs.toFixed(0)} ms`
    return [
      compare('start to ready on existing data', ours.kept, theirs.kept, note),
      compare('start to ready in an empty directory', ours.fresh, theirs.fresh),
      {
        name: 'memory of the whole process of an empty cluster, part of kube-apiserver + etcd',
        unit: 'x',
        measured: median(ours.fresh.map(({ rss }) => rss)) / median(theirs.fresh.map(({ rss }) => rss)),
        note: `${mib(ours.fresh)}; kube-apiserver and etcd ${mib(theirs.fresh)}`,
      },
    ]
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

function compare(name: string, ours: readonly Start[], theirs: readonly Start[], note?: string): BenchResult {
  const [a, b] = [median(ours.map(({ readyMs }) => readyMs)), median(theirs.map(({ readyMs }) => readyMs))]
  const best = Math.min(...ours.map(({ readyMs }) => readyMs))
  const cpu = (starts: readonly Start[]) => `${median(starts.map(({ cpuMs }) => cpuMs)).toFixed(0)} ms of CPU`
  return {
    name: `${name}, part of kube-apiserver + etcd`,
    unit: 'x',
    measured: a / b,
    target: { atMost: 1 / 20 },
    note: `median ${a.toFixed(0)} ms, best ${best.toFixed(0)} ms, ${cpu(ours)}; kube-apiserver ${b.toFixed(0)} ms, ${cpu(theirs)}${note === undefined ? '' : `; ${note}`}`,
  }
}

async function startOurs(directory: string, env: Record<string, string> = {}): Promise<Start> {
  const [port] = await freePorts(1)
  const args = ['bin/flotilla.js', 'apiserver', '--data-dir', directory]
  // It keeps its port.
  const kept = readPort(directory)
  const begin = performance.now()
  const child = spawn(process.execPath, [...args, ...(kept === undefined ? ['--port', String(port)] : [])], {
    stdio: 'ignore',
    env: { ...process.env, ...env },
  })
  const ended = new Promise((done) => child.once('exit', done))
  const token = () => read(join(directory, 'pki/hub.token'))
  if (!(await untilReady(`https://127.0.0.1:${kept ?? port}`, token, { ended: () => child.exitCode !== null })))
    throw new Error(`the API server ended with ${child.exitCode}`)
  const readyMs = performance.now() - begin
  const cpuMs = cpuOf(child.pid!)
  await new Promise((done) => setTimeout(done, restMs))
  const rss = rssOf(child.pid!)
  child.kill('SIGTERM')
  await ended
  return { readyMs, cpuMs, rss }
}

async function startTheirs(directory: string): Promise<Start | string> {
  mkdirSync(directory, { recursive: true })
  const real = await startRealApiServer({ durable: true, directory })
  if (typeof real === 'string') return real
  const cpuMs = real.pids.reduce((sum, pid) => sum + cpuOf(pid), 0)
  await new Promise((done) => setTimeout(done, restMs))
  const rss = real.pids.reduce((sum, pid) => sum + rssOf(pid), 0)
  await real.stop()
  return { readyMs: real.startMs, cpuMs, rss }
}

/** Time of processors that a process has had (Linux: in hundredths of a second). */
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}

function bareNode(): Promise<number> {
  const begin = performance.now()
  const child = spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' })
  return new Promise((done) => child.once('exit', () => done(performance.now() - begin)))
}

function readPort(directory: string): number | undefined {
  const text = read(join(directory, 'apiserver.json'))
  return text === '' ? undefined : (JSON.parse(text) as { port: number }).port
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}

function mib(starts: readonly Start[]): string {
  return `${(median(starts.map(({ rss }) => rss)) / 1024 / 1024).toFixed(0)} MiB`
}
