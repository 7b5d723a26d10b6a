import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { createFleetCa, type FleetCa } from '../src/apiserver/auth/fleet-ca.js'
import { issueGatewayTls } from '../src/app/gateway/gateway-authority.js'
import { systemClock } from '../src/app/system/system-ports.js'
import { silentLog } from '../src/base/log.js'
import type { Place } from '../src/services/gateway/dial.js'
import { createEgressGateway } from '../src/services/gateway/egress-gateway.js'
import { startHaproxyGateway } from '../src/services/gateway/haproxy/haproxy-gateway.js'
import { formatSni } from '../src/services/gateway/sni-name.js'
import type { BenchResult } from './contract.js'
import type { PeerTask } from './gateway-peer.support.js'
import { measureEnvoyFailover } from './gateway-xds.support.js'

const host = 'api.shop.svc.clusterset.local'
const connections = 6_000
const atATime = 32
const megabytes = 1_024
const rounds = 12

interface Peer {
  readonly child: ChildProcess
  readonly port: number
}

async function startPeer(task: PeerTask): Promise<Peer> {
  const script = fileURLToPath(new URL('./gateway-peer.support.js', import.meta.url))
  const child = spawn(process.execPath, [script, JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout!, 'data')) as [Buffer]
  return { child, port: Number(String(line)) }
}

/** The first message of a real TLS client, which both engines read; what follows is for the endpoint. */
async function helloFor(servername: string): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = connectTls({ host: '127.0.0.1', port: (server.address() as { port: number }).port, servername })
  client.on('error', () => {})
  const [socket] = await accepted
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  server.close()
  return bytes
}

/** Processor time of a process so far, in µs; its threads count. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

interface Measured {
  readonly perSecond: number
  readonly cpuPerConnection: number
  readonly megabytesPerSecond: number
  readonly cpuPerMegabyte: number
}

async function measure(place: Place, pid: number, hello: Buffer): Promise<Measured> {
  const short = Buffer.concat([hello, Buffer.from('e')])
  const one = () =>
    new Promise<void>((done, failed) => {
      const socket = connect({ host: place.address, port: place.port, noDelay: true })
      socket.on('error', failed)
      socket.once('data', () => {
        socket.end()
        done()
      })
      socket.write(short)
    })
  const many = async (count: number) => {
    let left = count
    await Promise.all(
      Array.from({ length: atATime }, async () => {
        while (left-- > 0) await one()
      }),
    )
  }
  await many(500)
  let [cpu, begun] = [cpuOf(pid), performance.now()]
  await many(connections)
  const perSecond = connections / ((performance.now() - begun) / 1000)
  const cpuPerConnection = (cpuOf(pid) - cpu) / connections
  ;[cpu, begun] = [cpuOf(pid), performance.now()]
  await new Promise<void>((done, failed) => {
    const block = Buffer.alloc(256 * 1024)
    const socket = connect({ host: place.address, port: place.port, noDelay: true })
    socket.on('error', failed)
    socket.once('data', () => done(void socket.destroy()))
    let sent = 0
    const more = () => {
      while (sent < megabytes * 1e6) {
        sent += block.length
        if (!socket.write(block)) return
      }
      socket.end()
    }
    socket.on('drain', more)
    socket.write(Buffer.concat([hello, Buffer.from('s')]))
    setTimeout(more, 50)
  })
  const seconds = (performance.now() - begun - 50) / 1000
  return { perSecond, cpuPerConnection, megabytesPerSecond: megabytes / seconds, cpuPerMegabyte: (cpuOf(pid) - cpu) / megabytes }
}

async function compareEngines(ca: FleetCa): Promise<BenchResult[]> {
  const tls = await issueGatewayTls(ca, 'us-east')
  const endpoint = await startPeer({ role: 'endpoint', address: '127.0.0.1' })
  const backend = { address: '127.0.0.1', port: endpoint.port }
  const hello = await helloFor(formatSni({ mode: 'passthrough', port: 443, host }))
  const own = await startPeer({ role: 'gateway', tls, backend, address: '127.0.0.1' })
  const found = spawnSync('haproxy', ['-v'], { encoding: 'utf8' })
  try {
    const ours: Measured[] = []
    const theirs: Measured[] = []
    const free = createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const listen = { address: '127.0.0.1', port: (free.address() as { port: number }).port }
    await new Promise((done) => free.close(done))
    const settings = { listen, clock: systemClock, log: silentLog }
    const haproxy = found.status === 0 ? await startHaproxyGateway(settings, [{ host, port: 443, places: [backend] }]) : undefined
    // In turns, so that a busy moment of the machine hits both.
    for (let turn = 0; turn < 2; turn++) {
      ours.push(await measure({ address: '127.0.0.1', port: own.port }, own.child.pid!, hello))
      if (haproxy !== undefined) theirs.push(await measure(listen, await haproxy.worker(), hello))
    }
    await haproxy?.drain(1000)
    return tellEngines(best(ours), theirs.length === 0 ? undefined : best(theirs), found.stdout?.split('\n')[0] ?? '')
  } finally {
    own.child.kill('SIGKILL')
    endpoint.child.kill('SIGKILL')
  }
}

function best(turns: readonly Measured[]): Measured {
  const most = (of: (each: Measured) => number) => Math.max(...turns.map(of))
  const least = (of: (each: Measured) => number) => Math.min(...turns.map(of))
  return {
    perSecond: most((each) => each.perSecond),
    cpuPerConnection: least((each) => each.cpuPerConnection),
    megabytesPerSecond: most((each) => each.megabytesPerSecond),
    cpuPerMegabyte: least((each) => each.cpuPerMegabyte),
  }
}

function tellEngines(ours: Measured, theirs: Measured | undefined, version: string): BenchResult[] {
  const rows = [
    ['connections through the gateway (TLS that goes through)', '/s', 'perSecond'],
    ['processor time of the gateway for a connection', 'µs', 'cpuPerConnection'],
    ['one connection through the gateway', 'MB/s', 'megabytesPerSecond'],
    ['processor time of the gateway for a megabyte', 'µs', 'cpuPerMegabyte'],
  ] as const
  return rows.map(([name, unit, field]) => ({
    name,
    unit,
    measured: ours[field],
    note:
      theirs === undefined
        ? 'no haproxy on the path to compare with'
        : `${version}: ${theirs[field].toFixed(field === 'cpuPerMegabyte' ? 0 : 1)} ${unit}; ours / HAProxy ${(ours[field] / theirs[field]).toFixed(2)}`,
  }))
}

/** One request over a connection of its own: who answered, or the failure. */
function ask(place: Place): Promise<{ from?: string; error?: string; ms: number }> {
  const begun = performance.now()
  return new Promise((done) => {
    const end = (rest: { from?: string; error?: string }) => done({ ...rest, ms: performance.now() - begun })
    get({ host: place.address, port: place.port, agent: false, timeout: 5000, headers: { host: 'api.shop' } }, (response) => {
      let text = ''
      response.on('data', (part) => (text += part))
      response.on('end', () => end(response.statusCode === 200 ? { from: text } : { error: `HTTP ${response.statusCode}` }))
      response.on('error', (error) => end({ error: error.message }))
    })
      .on('timeout', function (this: { destroy(error: Error): void }) {
        this.destroy(new Error('timeout'))
      })
      .on('error', (error: NodeJS.ErrnoException) => end({ error: error.code ?? error.message }))
  })
}

/** From the loss until a request that begins after it is answered by the other cluster, under a load of requests. */
async function untilMoved(
  place: Place,
  other: string,
  lose: () => void,
  /** Ends what hangs, so that it is counted now. */
  settle?: () => void,
): Promise<{ ms: number; errors: number; requests: number }> {
  let [errors, requests] = [0, 0]
  let moved: number | undefined
  let lostAt = Number.POSITIVE_INFINITY
  const sent: Promise<void>[] = []
  const send = async () => {
    const from = performance.now()
    requests++
    const { from: name, error } = await ask(place)
    if (error !== undefined) errors++
    if (name === other && from > lostAt) moved ??= performance.now() - lostAt
  }
  // New clients keep coming, however long the others wait.
  const timer = setInterval(() => sent.push(send()), 10)
  await new Promise((done) => setTimeout(done, 150))
  lose()
  lostAt = performance.now()
  for (let wait = 0; moved === undefined && wait < 2000; wait++) await new Promise((done) => setTimeout(done, 5))
  await new Promise((done) => setTimeout(done, 150))
  clearInterval(timer)
  settle?.()
  await Promise.all(sent)
  return { ms: moved ?? 10_000, errors, requests }
}

async function measureGatewayFailover(ca: FleetCa, how: 'SIGKILL' | 'SIGSTOP', times: number): Promise<BenchResult> {
  const egress = createEgressGateway({ tls: await issueGatewayTls(ca, 'us-west'), clock: systemClock, dialMs: 400 })
  const start = async (name: string, address: string, port = 0) =>
    startPeer({ role: 'cluster', tls: await issueGatewayTls(ca, name), name, address, port })
  const west = await start('eu-west', '127.0.0.3')
  let east = await start('us-east', '127.0.0.2')
  const gateways = () => [
    { cluster: 'us-east', address: '127.0.0.2', port: east.port },
    { cluster: 'eu-west', address: '127.0.0.3', port: west.port },
  ]
  const port = await egress.open({ address: '127.0.0.1', port: 0 }, { host, port: 80, gateways })
  const results: { ms: number; errors: number; requests: number }[] = []
  try {
    for (let round = 0; round < times; round++) {
      const result = await untilMoved(
        { address: '127.0.0.1', port },
        'eu-west',
        () => east.child.kill(how),
        () => {
          if (how === 'SIGSTOP') east.child.kill('SIGKILL')
        },
      )
      results.push(result)
      if (east.child.exitCode === null && east.child.signalCode === null) await once(east.child, 'exit')
      east = await start('us-east', '127.0.0.2')
    }
  } finally {
    east.child.kill('SIGKILL')
    west.child.kill('SIGKILL')
    await egress.drain(0)
  }
  const what = how === 'SIGKILL' ? 'killed' : 'that stops answering'
  return tellFailover(`failover after a cluster ${what}, by the gateways: p99`, results)
}

function tellFailover(name: string, results: readonly { ms: number; errors: number; requests: number }[]): BenchResult {
  const sorted = results.map(({ ms }) => ms).sort((a, b) => a - b)
  const sum = (of: 'errors' | 'requests') => results.reduce((total, each) => total + each[of], 0)
  return {
    name,
    unit: 'ms',
    measured: sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))]!,
    target: { atMost: 1000 },
    note: `${results.length} losses, median ${sorted[Math.floor(sorted.length / 2)]!.toFixed(0)} ms; ${sum('errors')} of ${sum('requests')} requests failed`,
  }
}

/** The built-in gateway beside HAProxy in one run, and how soon traffic moves on when a cluster is lost. */
export async function run(): Promise<BenchResult[]> {
  const ca = await createFleetCa({ clock: systemClock, name: 'gateways' })
  return [
    ...(process.platform === 'linux' ? await compareEngines(ca) : []),
    await measureGatewayFailover(ca, 'SIGKILL', rounds),
    await measureGatewayFailover(ca, 'SIGSTOP', rounds / 2),
    await measureEnvoyFailover(rounds, { untilMoved, tellFailover, ask }),
  ]
}
