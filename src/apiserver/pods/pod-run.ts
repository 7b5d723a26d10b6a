import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { formatTime } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { LogicalCluster } from '../contract.js'
import { AddressPool } from './address-pool.js'
import type { ContainerHost, Prepared } from './container-host.js'
import { ContainerRun } from './container-run.js'
import type { ProcessPodsOptions } from './contract.js'
import type { ReadObject } from './environment.js'
import { EventRecorder } from './event-recorder.js'
import { failureText } from './failure-text.js'
import type { PodFacts } from './field-values.js'
import { hostPortsOf, openHostPorts } from './host-ports.js'
import { initialized, isOver, isThrough, type PodState, phaseOf, podStatus } from './pod-status.js'
import type { Container, Pod, PodStatus } from './pod-types.js'
import { prepareContainer } from './prepare-container.js'
import { issueToken } from './volumes/issue-token.js'
import { MountProblem } from './volumes/mount-problem.js'
import { PodVolumes } from './volumes/pod-volumes.js'

export interface PodRunWish {
  readonly options: ProcessPodsOptions
  readonly cluster: LogicalCluster
  readonly pod: Pod
  readonly directory: string
  readonly address: string
  /** The status has to be written. */
  readonly changed: () => void
}

const mountRetryMs = 2000
const longestMountRetryMs = 60_000

/** One pod as processes: looks at what its containers do, and starts, holds back or ends what the spec wants. */
export class PodRun implements ContainerHost {
  readonly #wish: PodRunWish
  readonly #events: EventRecorder
  readonly #volumes: PodVolumes
  readonly #init: ContainerRun[]
  readonly #main: ContainerRun[]
  readonly #ephemeral: ContainerRun[] = []
  readonly #startTime: string
  pod: Pod
  #failure: PodState['failure']
  #ending = false
  #ended = false
  #volumesReady = false
  #volumesDirty = true
  #mountRetryAt = 0
  #mountRetryMs = mountRetryMs
  #looking = false
  #again = false
  #cancelTimer: () => void = () => {}
  #closePorts: (() => void) | undefined
  #disposed = false

  constructor(wish: PodRunWish) {
    const { options, pod, cluster } = wish
    this.#wish = wish
    this.pod = pod
    this.#events = new EventRecorder(() => options.clusters.get(cluster.name), options.clock, options.random)
    const { claimDirectory } = options
    let states = 0
    this.#volumes = new PodVolumes(wish.directory, {
      read: this.#read,
      issue: (audience, seconds) => issueToken(cluster, this.pod, audience, seconds),
      ...(claimDirectory === undefined ? {} : { claimDirectory: (claim) => claimDirectory(cluster.name, claim) }),
      nodesDirectory: join(options.directory, '.nodes', cluster.name),
      stamp: () => `${formatTime(options.clock.now()).replace(/[-:TZ]/g, '_')}.${++states}`,
    })
    this.#startTime = pod.status?.startTime ?? this.nowText()
    this.#init = (pod.spec.initContainers ?? []).map(
      (each) => new ContainerRun(each, each.restartPolicy === 'Always' ? 'sidecar' : 'init', this),
    )
    this.#main = pod.spec.containers.map((each) => new ContainerRun(each, 'main', this))
    this.#restore()
    mkdirSync(wish.directory, { recursive: true, mode: 0o700 })
  }

  get clock() {
    return this.#wish.options.clock
  }
  get random() {
    return this.#wish.options.random
  }
  get launcher() {
    return this.#wish.options.launcher
  }
  get directory(): string {
    return this.#wish.directory
  }
  get address(): string {
    return this.#wish.address
  }
  get boundPort() {
    return this.#wish.options.boundPort
  }
  get hasInit(): boolean {
    return (this.pod.spec.initContainers ?? []).length > 0
  }
  get graceSeconds(): number {
    return Number(this.pod.metadata.deletionGracePeriodSeconds ?? this.pod.spec.terminationGracePeriodSeconds ?? 30)
  }
  get disposed(): boolean {
    return this.#disposed
  }
  /** Its deletion may be confirmed: nothing of it runs. */
  get ended(): boolean {
    return this.#ended
  }
  get processes(): number {
    return this.containers.filter((run) => run.busy).length
  }
  get containers(): readonly ContainerRun[] {
    return [...this.#init, ...this.#main, ...this.#ephemeral]
  }

  nowText(): string {
    return formatTime(this.clock.now())
  }

  container(name: string): ContainerRun | undefined {
    return this.containers.find((run) => run.spec.name === name)
  }

  /** The pod's newest state; looks whether there is something to do. */
  update(pod: Pod): void {
    if (pod === this.pod && this.#volumesReady) return
    const before = this.pod
    this.pod = pod
    for (const each of pod.spec.ephemeralContainers ?? []) {
      if (!this.#ephemeral.some((run) => run.spec.name === each.name))
        this.#ephemeral.push(new ContainerRun(each, 'ephemeral', this))
    }
    // The downward API shows labels and annotations as they are now.
    if (before.metadata.labels !== pod.metadata.labels || before.metadata.annotations !== pod.metadata.annotations)
      this.#volumesDirty = true
    this.poke()
  }

  /** A ConfigMap or Secret that it uses has changed. */
  refreshVolumes(): void {
    this.#volumesDirty = true
    this.#mountRetryAt = 0
    this.poke()
  }

  poke(): void {
    if (this.#looking) {
      this.#again = true
      return
    }
    this.#looking = true
    void this.#lookUntilQuiet()
  }

  changed(): void {
    if (!this.#disposed) this.#wish.changed()
  }

  record(type: 'Normal' | 'Warning', reason: string, message: string, container?: { name: string; list: string }): void {
    if (!this.#disposed) this.#events.record(this.pod, type, reason, message, container)
  }

  report(error: unknown): void {
    if (this.#disposed) return
    const text = error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
    this.#wish.options.log.warn('a pod that runs as processes failed', {
      cluster: this.#wish.cluster.name,
      pod: this.pod.metadata.name,
      error: text,
    })
  }

  status(pod: Pod): PodStatus {
    return podStatus(pod, this.#state(), this.nowText())
  }

  prepare(container: Container): Promise<Prepared> {
    return Promise.resolve().then(() =>
      prepareContainer(container, {
        options: this.#wish.options,
        cluster: this.#wish.cluster,
        facts: this.#facts(),
        volumes: this.#volumes,
        read: this.#read,
        directory: this.directory,
      }),
    )
  }

  /** The pod is gone, or the fleet stops: ends what runs and removes its files. Nothing is written any more. */
  async dispose(graceMs: number): Promise<void> {
    this.#disposed = true
    this.#volumes.close()
    this.#cancelTimer()
    this.#closePorts?.()
    const running = this.containers.flatMap((run) => (run.process === undefined ? [] : [run.process]))
    for (const process of running) process.kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL')
    const cancel = this.clock.after(graceMs, () => {
      for (const process of running) process.kill('SIGKILL')
    })
    await Promise.all(running.map((process) => process.ended))
    cancel()
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** Ends local commands that use more memory than their limit. */
  checkMemory(exceeds: (run: ContainerRun) => boolean): void {
    for (const run of this.containers) if (run.process !== undefined && exceeds(run)) run.outOfMemory()
  }

  async #lookUntilQuiet(): Promise<void> {
    try {
      do {
        this.#again = false
        if (!this.#disposed) await this.#look()
      } while (this.#again)
    } catch (error) {
      this.report(error)
    } finally {
      this.#looking = false
    }
  }

  async #look(): Promise<void> {
    this.#cancelTimer()
    const now = this.clock.now()
    const deadline = this.pod.spec.activeDeadlineSeconds
    const deadlineAt = deadline === undefined ? Number.POSITIVE_INFINITY : Date.parse(this.#startTime) + deadline * 1000
    if (now >= deadlineAt && this.#failure === undefined && !isOver(phaseOf(this.pod, this.#state()))) {
      this.#failure = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' }
      this.record('Normal', 'DeadlineExceeded', this.#failure.message)
    }
    if (this.pod.metadata.deletionTimestamp !== undefined || this.#failure !== undefined) {
      this.#end()
      return
    }
    if (!(await this.#prepareVolumes(now))) return
    const due = this.#ending ? [] : this.#advance()
    const times = [...due, deadlineAt, this.#volumes.nextRenewal].filter((at) => Number.isFinite(at))
    if (times.length > 0) this.#lookAt(Math.min(...times))
  }

  #lookAt(at: number): void {
    this.#cancelTimer()
    this.#cancelTimer = this.clock.after(Math.max(at - this.clock.now(), 1), () => this.poke())
  }

  async #prepareVolumes(now: number): Promise<boolean> {
    if (!this.#volumesDirty && !this.#volumes.isDue(now)) return true
    if (now < this.#mountRetryAt) {
      this.#lookAt(this.#mountRetryAt)
      return this.#volumesReady
    }
    try {
      this.#volumesDirty = false
      await this.#volumes.refresh(this.#facts(), now)
      if (!this.#volumesReady) this.changed()
      this.#volumesReady = true
      this.#mountRetryMs = mountRetryMs
    } catch (error) {
      this.#volumesDirty = true
      this.#mountRetryAt = now + this.#mountRetryMs
      this.#mountRetryMs = Math.min(this.#mountRetryMs * 2, longestMountRetryMs)
      if (!(error instanceof MountProblem)) this.report(error)
      this.record('Warning', 'FailedMount', failureText(error))
      if (!this.#volumesReady) this.changed()
      this.#lookAt(this.#mountRetryAt)
    }
    return this.#volumesReady
  }

  /** Starts what is to run now; the times at which something else becomes due. */
  #advance(): number[] {
    const due: number[] = []
    const { restartPolicy = 'Always' } = this.pod.spec
    const ensure = (run: ContainerRun) => {
      if (run.busy) return
      const at = run.dueAt()
      if (at > this.clock.now()) {
        run.holdBack()
        due.push(at)
      } else run.start()
    }
    for (const run of this.#init) {
      if (run.kind === 'sidecar') ensure(run)
      else if (run.state.terminated?.exitCode !== 0) {
        if (run.exitCode !== undefined && restartPolicy === 'Never') {
          this.#ending = true
          this.#end()
          return due
        }
        ensure(run)
      }
      if (!isThrough(run)) return due
    }
    for (const run of this.#main) {
      const code = run.exitCode
      const again = code === undefined || restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && code !== 0)
      if (again) ensure(run)
    }
    for (const run of this.#ephemeral) if (!run.hasRun) ensure(run)
    if (this.#closePorts === undefined && this.#main.some((run) => run.running)) this.#openPorts()
    if (initialized(this.#init) && isOver(phaseOf(this.pod, this.#state()))) {
      this.#ending = true
      this.#end()
    }
    return due
  }

  /** Main containers end first, then sidecars, the last one first. */
  #end(): void {
    const grace = this.graceSeconds
    this.#ending = true
    const first = [...this.#main, ...this.#ephemeral, ...this.#init.filter((run) => run.kind === 'init')]
    const sidecars = this.#init.filter((run) => run.kind === 'sidecar').reverse()
    const stage = first.some((run) => run.busy) ? first : sidecars.filter((run) => run.busy).slice(0, 1)
    for (const run of stage) {
      if (run.process !== undefined) void run.stop(grace)
    }
    if (stage.length > 0) return
    if (!this.#ended) {
      this.#closePorts?.()
      this.#closePorts = () => {}
      this.#ended = true
      this.changed()
    }
  }

  /** Ports of the node, where its address is one of the cluster's own. */
  #openPorts(): void {
    const { options, cluster } = this.#wish
    const { nodeRange } = options.networkOf(cluster.name) ?? {}
    const { hostIP } = this.#facts()
    const isOurs = nodeRange !== undefined && new AddressPool(nodeRange).contains(hostIP)
    this.#closePorts = openHostPorts({
      ports: isOurs ? hostPortsOf(this.pod, hostIP) : [],
      from: hostIP,
      to: this.address,
      boundPort: this.boundPort,
      clock: this.clock,
      failed: ({ hostPort, protocol }, error) =>
        this.record('Warning', 'HostPort', `port ${hostPort}/${protocol} of the node is not open: ${failureText(error)}`),
    })
  }

  #state(): PodState {
    return {
      init: this.#init,
      main: this.#main,
      ephemeral: this.#ephemeral,
      ending: this.#ending,
      failure: this.#failure,
      podIP: this.address,
      hostIP: this.#facts().hostIP,
      volumesReady: this.#volumesReady,
      startTime: this.#startTime,
    }
  }

  /** After a restart of the fleet: counts go on, what ran has ended with it. */
  #restore(): void {
    const { status, spec } = this.pod
    if (status === undefined) return
    const { restartPolicy = 'Always' } = spec
    const find = (list: PodStatus['containerStatuses'], name: string) => list?.find((each) => each.name === name)
    for (const run of this.#init) run.restore(find(status.initContainerStatuses, run.spec.name), false)
    for (const run of this.#main) {
      const known = find(status.containerStatuses, run.spec.name)
      run.restore(known, restartPolicy === 'Never' || (restartPolicy === 'OnFailure' && known?.state?.terminated?.exitCode === 0))
    }
    // Init containers run anew, since the pod's files are new.
    for (const run of this.#init) if (run.state.terminated?.exitCode === 0) run.state = { waiting: { reason: 'PodInitializing' } }
  }

  #facts(): PodFacts {
    const { cluster, address } = this.#wish
    const node = cluster.peek('nodes', this.pod.spec.nodeName ?? '') as
      | (KubeObject & { status?: { addresses?: { type: string; address: string }[]; allocatable?: Record<string, string> } })
      | undefined
    const hostIP = node?.status?.addresses?.find((each) => each.type === 'InternalIP')?.address ?? '127.0.0.1'
    return { pod: this.pod, podIP: address, hostIP, allocatable: node?.status?.allocatable ?? {} }
  }

  readonly #read: ReadObject = (resource, key) => this.#wish.cluster.peek(resource, key)
}
