import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { createAnswerer } from '../src/apiserver/dns/answer-message.js'
import { createClusterZone } from '../src/apiserver/dns/cluster-zone.js'
import { chain } from '../src/apiserver/dns/handler.js'
import { createSeededRandom } from '../src/base/random.js'
import { typeNumbers, writeQuestion } from '../test/support/dns/dns-ask.js'
import { type DnsServer, host, startCoreDns, started } from '../test/support/dns/dns-peers.js'
import { freePorts } from '../test/support/peers/free-ports.js'
import type { BenchResult } from './contract.js'

const services = 2000
const few = 100
const seconds = Number(process.env.FLOTILLA_DNS_SECONDS ?? 3)
const hasTaskset = spawnSync('taskset', ['-V']).status === 0

/**
 * How many questions a name server answers on one core, and the CPU that a question takes: ours, CoreDNS as kubeadm sets it up
 * and BIND, with equal names, one after the other under dnsperf. `few`: 100 names, `many`: 2,000, whose
 * answers are remembered; `spelled anew`: 10,000 spellings of them, more than are. CPU time of the server's process by its number of answers holds on a busy machine as well.
 */
export async function run(): Promise<BenchResult[]> {
  const results = answerPath()
  if (spawnSync('dnsperf', ['-h']).error !== undefined)
    return [...results, { name: 'dns: dnsperf is not installed', unit: '', measured: 0 }]
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-dns-'))
  const stops: (() => Promise<void>)[] = []
  try {
    writeFileSync(join(folder, 'few'), questionsOf(few))
    writeFileSync(join(folder, 'many'), questionsOf(services))
    writeFileSync(join(folder, 'spelled anew'), spelledAnew(questionsOf(services), 4))
    const ours = await startOurs()
    stops.push(ours.stop)
    const servers: Record<string, DnsServer | string> = {
      ours,
      CoreDNS: await startCoreDns({ port: ours.apiPort, ca: { certPem: ours.caPem } }, ['cache 30', 'loadbalance']),
      BIND: await startBind(folder),
    }
    for (const server of Object.values(servers)) if (typeof server !== 'string' && server !== ours) stops.push(server.stop)
    for (const server of Object.values(servers)) if (typeof server !== 'string') pin(server.pid!, 0)
    for (const set of ['few', 'many', 'spelled anew']) {
      const cpu: Record<string, number> = {}
      for (const [name, server] of Object.entries(servers)) {
        if (typeof server === 'string') {
          results.push({ name: `dns ${set}: ${name} skipped, ${server}`, unit: '', measured: 0 })
          continue
        }
        const measured = await drive(server, join(folder, set))
        cpu[name] = measured.cpuMicros
        results.push({
          name: `dns ${set}: ${name}, CPU of a question`,
          unit: 'µs',
          measured: measured.cpuMicros,
          note: measured.note,
        })
        results.push({ name: `dns ${set}: ${name}, as the machine was`, unit: 'queries/s', measured: measured.perSecond })
        results.push({
          name: `dns ${set}: ${name}, of a second of CPU`,
          unit: 'queries',
          measured: 1e6 / measured.cpuMicros,
          ...(name === 'ours' ? { target: { atLeast: 60_000 } } : {}),
        })
      }
      for (const [name, micros] of Object.entries(cpu)) {
        if (name !== 'ours')
          results.push({ name: `dns ${set}: CPU of ours by that of ${name}`, unit: 'x', measured: cpu['ours']! / micros })
      }
    }
    return results
  } finally {
    for (const stop of stops.reverse()) await stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What making an answer costs that is not remembered, without any socket. */
function answerPath(): BenchResult[] {
  const endpoints = Array.from({ length: 10 }, (_, index) => ({ address: `10.244.1.${index}`, hostname: undefined, ports: [] }))
  const ports = [{ name: 'http', protocol: 'TCP', port: 80 }]
  const answer = createAnswerer({
    ask: chain([
      createClusterZone({
        domain: 'cluster.local',
        serverAddress: host,
        names: {
          hasNamespace: () => true,
          service: (_namespace, name) =>
            name === 'gone'
              ? undefined
              : { kind: name === 'db' ? 'headless' : 'cluster-ip', clusterIps: ['10.96.7.1'], externalName: '', ports },
          endpoints: () => endpoints,
          owners: () => [],
        },
      }),
    ]),
  })
  const asker = { address: host, stream: false }
  const questions = {
    'one address': writeQuestion('web.default.svc.cluster.local', typeNumbers.A),
    'ten addresses': writeQuestion('db.default.svc.cluster.local', typeNumbers.A),
    'a port': writeQuestion('_http._tcp.web.default.svc.cluster.local', typeNumbers.SRV),
    'no such name': writeQuestion('gone.default.svc.cluster.local', typeNumbers.A),
  }
  return Object.entries(questions).map(([name, question]) => {
    let best = Number.POSITIVE_INFINITY
    for (let round = 0; round < 6; round++) {
      const start = performance.now()
      for (let count = 0; count < 20_000; count++) answer(question, asker)
      best = Math.min(best, performance.now() - start)
    }
    return { name: `dns: making an answer, ${name}`, unit: 'µs', measured: best / 20 }
  })
}

/** Each name in several ways to write it with letters of both cases, as resolvers do so that nobody guesses their questions. */
function spelledAnew(questions: string, times: number): string {
  const random = createSeededRandom(1)
  const mixed = (line: string) =>
    line.replace(/^\S+/, (name) => name.replace(/[a-z]/g, (letter) => (random.number() < 0.5 ? letter : letter.toUpperCase())))
  return Array.from({ length: times }, () => questions.replace(/^.+$/gm, mixed)).join('')
}

function questionsOf(count: number): string {
  const lines: string[] = []
  for (let index = 0; index < count; index++) {
    const name = `web-${index}.default.svc.cluster.local`
    lines.push(`${name} A`)
    if (index % 10 === 0) lines.push(`${name} AAAA`, `_http._tcp.${name} SRV`, `no-${name} A`)
  }
  return `${lines.join('\n')}\n`
}

async function startOurs(): Promise<DnsServer & { apiPort: number; caPem: string }> {
  const script = fileURLToPath(new URL('./dns-server.support.js', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [script, String(services)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout?.on('data', (part: Buffer) => {
    text += part.toString()
  })
  const server = await started(child, 0, () => {}, /\}\n$/)
  return { ...server, ...(JSON.parse(text) as { port: number; apiPort: number; caPem: string }) }
}

async function startBind(folder: string): Promise<DnsServer | string> {
  if (spawnSync('named', ['-v']).status !== 0) return 'BIND is not installed'
  const [port = 0] = await freePorts(1)
  const records = ['$TTL 30', '@ SOA ns.dns hostmaster 1 7200 1800 86400 30', '@ NS ns.dns', `ns.dns A ${host}`]
  for (let index = 0; index < services; index++) {
    const name = `web-${index}.default.svc`
    if (index % 10 === 9) {
      for (let each = 0; each < 10; each++) records.push(`${name} A 10.244.${index >> 4}.${(index & 15) * 16 + each}`)
    } else records.push(`${name} A 10.96.${64 + (index >> 8)}.${index & 255}`, `_http._tcp.${name} SRV 0 100 80 ${name}`)
  }
  writeFileSync(join(folder, 'zone'), `${records.join('\n')}\n`)
  const zone = `zone "cluster.local" { type primary; file "${folder}/zone"; };`
  const options = `directory "${folder}"; pid-file none; session-keyfile "${folder}/session.key"; listen-on port ${port} { ${host}; }; listen-on-v6 { none; }; recursion no; notify no; dnssec-validation no; minimal-responses no-auth;`
  writeFileSync(join(folder, 'named.conf'), `options { ${options} };\ncontrols { };\n${zone}\n`)
  const child = spawn('named', ['-g', '-n', '1', '-c', join(folder, 'named.conf')], { stdio: ['ignore', 'pipe', 'pipe'] })
  try {
    return await started(child, port, () => {}, / running\b/)
  } catch (error) {
    return String(error).split('\n').slice(-3).join(' ')
  }
}

/** Puts a process on one core, all its threads. */
function pin(pid: number, core: number): void {
  if (hasTaskset) execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' })
}

function cpuSecondsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  // In ticks of a hundredth of a second.
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function drive(server: DnsServer, questions: string): Promise<{ perSecond: number; cpuMicros: number; note: string }> {
  const dnsperf = ['dnsperf', '-s', host, '-p', String(server.port), '-d', questions, '-c', '4', '-q', '100']
  const run = (more: readonly string[]) =>
    new Promise<string>((resolve, reject) => {
      const [program = '', ...args] = [...(hasTaskset ? ['taskset', '-c', '1'] : []), ...dnsperf, ...more]
      execFile(program, args, (error, stdout, stderr) => (error ? reject(new Error(stderr || error.message)) : resolve(stdout)))
    })
  await run(['-l', '1'])
  const before = cpuSecondsOf(server.pid!)
  const text = await run(['-l', String(seconds)])
  const cpu = cpuSecondsOf(server.pid!) - before
  const read = (pattern: RegExp) => Number(pattern.exec(text)?.[1])
  const completed = read(/Queries completed:\s+(\d+)/)
  const lost = read(/Queries lost:\s+(\d+)/)
  const codes = /Response codes:\s+(.*)/.exec(text)?.[1] ?? ''
  return {
    perSecond: read(/Queries per second:\s+([\d.]+)/),
    cpuMicros: (cpu * 1e6) / completed,
    note: `${codes}${lost > 0 ? `, ${lost} lost` : ''}`,
  }
}
