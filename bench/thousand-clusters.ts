import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ask as askHttp } from '../test/concurrency/ask.js'
import { rssOf } from './api-servers.support.js'
import type { BenchResult } from './contract.js'
import type { DensityOrder } from './serve-density.support.js'

const clusters = Number(process.env['FLOTILLA_BENCH_CLUSTERS'] ?? 1_000)
const here = dirname(fileURLToPath(import.meta.url))

/** A thousand clusters in one process, each with a port of its own that answers: bare API servers, then members with nodes. */
export async function run(): Promise<BenchResult[]> {
  return [...(await measure('bare')), ...(await measure('member'))]
}

async function measure(profile: 'bare' | 'member'): Promise<BenchResult[]> {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-bench-'))
  const child = fork(join(here, 'serve-density.support.js'), { execArgv: ['--expose-gc'] })
  const ask = <T>(order: DensityOrder): Promise<T> =>
    new Promise((done, fail) => {
      child.once('message', (answer: T & { error?: string }) => (answer.error ? fail(new Error(answer.error)) : done(answer)))
      child.send(order)
    })
  try {
    const { token } = await ask<{ token: string }>({ kind: 'start', directory, members: profile === 'member' })
    await ask({ kind: 'clusters', from: 0, to: 10 })
    await ask({ kind: 'settle' })
    const before = rssOf(child.pid!)
    const { ms, ports } = await ask<{ ms: number; ports: number[] }>({ kind: 'clusters', from: 10, to: clusters })
    await ask({ kind: 'settle' })
    const after = rssOf(child.pid!)
    const times: number[] = []
    for (const port of ports) {
      const start = performance.now()
      const answer = await askHttp({ port, token }, 'GET', '/api/v1/nodes')
      times.push(performance.now() - start)
      const nodes = (answer.json?.items as unknown[] | undefined)?.length
      if (answer.code !== 200 || nodes !== (profile === 'member' ? 3 : 0))
        throw new Error(`port ${port}: ${answer.code}, ${nodes} nodes`)
    }
    times.sort((a, b) => a - b)
    const end = rssOf(child.pid!)
    const more = clusters - 10
    const at = (part: number) => times[Math.floor((times.length - 1) * part)]!.toFixed(1)
    return [
      {
        name: `${clusters} ${profile} clusters: memory of the process`,
        unit: 'MiB',
        measured: Math.max(after, end) / 1048576,
        target: { atMost: 2048 },
        note: `one more: ${((after - before) / 1024 / more).toFixed(1)} KiB`,
      },
      {
        name: `${clusters} ${profile} clusters: one more, with its port`,
        unit: 'ms',
        measured: ms / more,
        note: `all in ${(ms / 1000).toFixed(1)} s; each answers over a new TLS connection in p50 ${at(0.5)}, p99 ${at(0.99)} ms`,
      },
    ]
  } finally {
    child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true })
  }
}
