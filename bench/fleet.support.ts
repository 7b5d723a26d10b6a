import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectKubeconfigFile } from '../src/app/access/kubeconfig-files.js'
import type { FleetDescription } from '../src/app/fleet/fleet-config.js'
import { createSystemClientPorts } from '../src/app/system/system-client-ports.js'
import type { Application } from '../src/dialects/argo-cd/kinds/application.js'
import { applicationType } from '../src/dialects/argo-cd/kinds/resource-types.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'

/** A fleet in a process of its own, started as a user starts it. */
export interface BenchFleet {
  readonly directory: string
  readonly description: FleetDescription
  /** From the start of the command until it returned. */
  readonly readyMs: number
  readonly startedAt: number
  client(context: string): Promise<KubeClient>
  /** Resident memory of the fleet's process, MiB. */
  memoryMiB(): number
  stop(): void
}

export function flotilla(...args: string[]): string {
  return execFileSync(process.execPath, ['bin/flotilla.js', ...args], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

export async function startBenchFleet(...args: string[]): Promise<BenchFleet> {
  const directory = mkdtempSync(join(tmpdir(), 'flotilla-bench-'))
  const startedAt = Date.now()
  const description = await new Promise<FleetDescription>((done, fail) => {
    execFile(
      process.execPath,
      ['bin/flotilla.js', 'up', '--detach', '-o', 'json', '--pods', 'simulated', '--data-dir', directory, ...args],
      { maxBuffer: 64 << 20 },
      (error, stdout) => {
        if (error) fail(error)
        else done(JSON.parse(stdout) as FleetDescription)
      },
    )
  })
  const readyMs = Date.now() - startedAt
  const clients: KubeClient[] = []
  return {
    directory,
    description,
    readyMs,
    startedAt,
    async client(context) {
      const { client } = await connectKubeconfigFile(
        { path: description.kubeconfig, context, name: context },
        createSystemClientPorts(process.env),
      )
      clients.push(client)
      return client
    },
    memoryMiB() {
      const status = readFileSync(`/proc/${description.pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
    },
    stop() {
      for (const client of clients) client.close()
      flotilla('down', '--purge', '--data-dir', directory)
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Waits until there are at least `count` Applications and all are Synced and Healthy; returns how long after `from` that was. */
export async function untilAllHealthy(hub: KubeClient, count: number, from: number, timeoutMs: number): Promise<number> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const { items } = await hub.list<Application>(applicationType, { namespace: 'argocd' })
    const good = items.filter((app) => app.status?.sync?.status === 'Synced' && app.status?.health?.status === 'Healthy').length
    if (items.length >= count && good === items.length) return Date.now() - from
    if (Date.now() > end)
      throw new Error(`${good} of ${items.length} Applications (${count} expected) are Synced and Healthy after ${timeoutMs} ms`)
    await new Promise((done) => setTimeout(done, items.length > 200 ? 200 : 20))
  }
}
