import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'node:test'
import type { Clock } from '../../../base/clock.js'
import { silentLog } from '../../../base/log.js'
import { createSeededRandom } from '../../../base/random.js'
import type { LogicalClusters } from '../../contract.js'
import type { ProcessPods } from '../../pods/contract.js'
import { createFakeLauncher, type FakeLauncher } from '../../pods/fake-launcher.js'
import { createImageTable, type ImageRule } from '../../pods/image-table.js'
import { createProcessPods } from '../../pods/process-pods.js'
import type { Storage } from '../../storage/contract.js'
import { createMemberFixture, type MemberFixture } from '../member-fixture.js'

/** A member whose pods are processes of a launcher that starts none, under virtual time. */
export interface ProcessBench {
  readonly member: MemberFixture
  readonly launcher: FakeLauncher
  readonly pods: ProcessPods
  readonly directory: string
  pod(name?: string): Status
  reasons(): string[]
}

export interface Status {
  phase: string
  reason?: string
  podIP: string
  conditions: { type: string; status: string; reason?: string; message?: string }[]
  containerStatuses: ContainerStatus[]
  initContainerStatuses?: ContainerStatus[]
}
export interface ContainerStatus {
  name: string
  ready: boolean
  started: boolean
  restartCount: number
  state: {
    waiting?: { reason: string; message: string }
    running?: object
    terminated?: { exitCode: number; reason: string; message?: string }
  }
  lastState: ContainerStatus['state']
}

const open: ProcessBench[] = []
afterEach(async () => {
  for (const bench of [...open]) {
    bench.launcher.obedient = true
    await endProcessBench(bench)
  }
})

/** Before the end of the test, for one that goes on with another. */
export async function endProcessBench(bench: ProcessBench): Promise<void> {
  open.splice(open.indexOf(bench), 1)
  await bench.pods.stop()
  bench.member.stop()
  rmSync(bench.directory, { recursive: true, force: true })
}

/** Ends by itself after the test. */
export async function startProcessBench(
  options: { mostProcesses?: number; rules?: ImageRule[]; storage?: Storage } = {},
): Promise<ProcessBench> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'flotilla-pods-')))
  const launcher = createFakeLauncher()
  // The fixture makes clock and clusters, the pods need them: they are looked up when they are used.
  let member: MemberFixture | undefined
  const early: (() => void)[] = []
  const clock: Clock = {
    now: () => member?.clock.now() ?? 0,
    after: (delayMs, run) => {
      if (member !== undefined) return member.clock.after(delayMs, run)
      early.push(() => member?.clock.after(delayMs, run))
      return () => {}
    },
  }
  const pods = createProcessPods({
    clusters: { get: (name: string) => member?.clusters.get(name) } as LogicalClusters,
    clock,
    random: createSeededRandom(7),
    log: silentLog,
    images: createImageTable(options.rules ?? []),
    networkOf: () => ({
      serviceRange: '127.9.0.0/21',
      podRange: '127.9.16.0/20',
      nodeRange: '127.9.8.0/23',
      loadBalancerRange: '127.9.10.0/23',
    }),
    launcher,
    directory: join(directory, 'pods'),
    claimDirectory: (cluster, claim) => join(directory, 'volumes', cluster, claim.metadata.name),
    boundPort: (port) => (port < 1024 ? port + 10_000 : port),
    boundPortsAnnotation: 'network.flotilla.dev/bound-ports',
    ...(options.mostProcesses === undefined ? {} : { mostProcesses: options.mostProcesses }),
  })
  member = await createMemberFixture({ pods, ...(options.storage === undefined ? {} : { storage: options.storage }) })
  for (const each of early) each()
  const fixture = member
  const bench: ProcessBench = {
    member: fixture,
    launcher,
    pods,
    directory,
    pod: (name = 'p') => (fixture.peek('pods', `default/${name}`) as unknown as { status: Status }).status,
    reasons: () =>
      fixture
        .all('events')
        .filter((event) => String(event['reportingComponent']) === 'kubelet')
        .map((event) => `${event['reason']}: ${event['message']}`),
  }
  open.push(bench)
  return bench
}

export function podOf(spec: Record<string, unknown>, metadata: Record<string, unknown> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', ...metadata },
    spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'busybox' }], ...spec },
  }
}
/** Time second by second, with turns for what waits for the disk between. */
export async function inSteps(member: MemberFixture, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await member.settle(1)
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
}
