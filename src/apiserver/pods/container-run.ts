import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs'
import { join, posix } from 'node:path'
import { formatTime } from '../../base/clock.js'
import type { ContainerHost, Prepared } from './container-host.js'
import { ContainerLog } from './container-log.js'
import { ConfigProblem } from './environment.js'
import { failureText } from './failure-text.js'
import { keepLog } from './keep-log.js'
import { performAction } from './perform-action.js'
import type { Container, ContainerState, ContainerStatus } from './pod-types.js'
import { podLabel } from './pod-types.js'
import { ProbeRun } from './probe-run.js'
import type { RunningContainer } from './process/launcher.js'
import { MountProblem } from './volumes/mount-problem.js'

export type ContainerKind = 'init' | 'sidecar' | 'main' | 'ephemeral'

const firstBackoffMs = 10_000
const longestBackoffMs = 300_000
const retryConfigMs = 10_000
const mostMessage = 4096

/** One container of a pod that runs as processes, over all its restarts. */
export class ContainerRun {
  readonly kind: ContainerKind
  readonly #host: ContainerHost
  #spec: Container
  state: ContainerState = { waiting: { reason: 'ContainerCreating' } }
  lastState: ContainerState = {}
  restartCount = 0
  started = false
  ready = false
  log: ContainerLog | undefined
  previousLog: ContainerLog | undefined
  process: RunningContainer | undefined
  /** What the running process was given. */
  prepared: Prepared | undefined
  #id = ''
  #runs = 0
  #starting = false
  #startedMs = 0
  #finishedMs = 0
  #backoffMs = 0
  #retryAt = 0
  #probes: ProbeRun[] = []
  #stopping: { by: number; arm(): void } | undefined
  #outOfMemory = false

  constructor(spec: Container, kind: ContainerKind, host: ContainerHost) {
    this.#spec = spec
    this.kind = kind
    this.#host = host
    if (kind === 'init' || host.hasInit) this.state = { waiting: { reason: 'PodInitializing' } }
  }

  get spec(): Container {
    return this.#spec
  }
  get running(): boolean {
    return this.process !== undefined
  }
  get busy(): boolean {
    return this.#starting || this.process !== undefined
  }
  get exitCode(): number | undefined {
    return (
      this.state.terminated?.exitCode ??
      (this.state.waiting?.reason === 'CrashLoopBackOff' ? this.lastState.terminated?.exitCode : undefined)
    )
  }
  get hasRun(): boolean {
    return this.#runs > 0 || this.state.terminated !== undefined
  }
  get list(): string {
    return this.kind === 'ephemeral' ? 'ephemeralContainers' : this.kind === 'main' ? 'containers' : 'initContainers'
  }

  /** Takes over what an earlier fleet has written. */
  restore(status: ContainerStatus | undefined, keepTerminated: boolean): void {
    if (status === undefined || !status.containerID?.startsWith('flotilla://')) {
      this.restartCount = status?.restartCount ?? 0
      return
    }
    const { running, terminated, waiting } = status.state ?? {}
    this.restartCount = status.restartCount ?? 0
    this.#runs = 1
    if (terminated !== undefined && keepTerminated) {
      this.state = { terminated }
      this.#id = status.containerID
      return
    }
    if (running !== undefined) {
      const nowText = this.#host.nowText()
      const ended = {
        exitCode: 255,
        reason: 'Unknown',
        startedAt: running.startedAt,
        finishedAt: nowText,
        containerID: status.containerID,
      }
      this.#finishedMs = 0
      this.state = { terminated: ended }
    } else if (terminated !== undefined) this.state = { terminated }
    else if (waiting !== undefined) {
      const last = status.lastState?.terminated
      if (last !== undefined) this.state = { terminated: last }
    }
  }

  /** When it may be started (again): now or earlier means at once. */
  dueAt(): number {
    if (this.#retryAt > 0) return this.#retryAt
    return this.state.terminated === undefined && this.state.waiting?.reason !== 'CrashLoopBackOff'
      ? 0
      : this.#finishedMs + this.#backoffMs
  }

  /** It is to run, but has crashed too often lately. */
  holdBack(): void {
    if (this.state.waiting?.reason === 'CrashLoopBackOff' || this.state.terminated === undefined) return
    const seconds = this.#backoffMs / 1000
    const text = seconds >= 60 ? `${Math.floor(seconds / 60)}m${seconds % 60}s` : `${seconds}s`
    this.lastState = { terminated: this.state.terminated }
    this.state = {
      waiting: {
        reason: 'CrashLoopBackOff',
        message: `back-off ${text} restarting failed container=${this.#spec.name} pod=${podLabel(this.#host.pod)}`,
      },
    }
    this.#record(
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${this.#spec.name} in pod ${podLabel(this.#host.pod)}`,
    )
    this.#host.changed()
  }

  /** Starts it in the background; the pod is poked once that is done. */
  start(spec: Container = this.#spec): void {
    if (this.busy) return
    this.#spec = spec
    this.#starting = true
    void this.#start()
      .catch((error: unknown) => {
        this.#retryAt = this.#host.clock.now() + retryConfigMs
        this.#host.report(error)
      })
      .finally(() => {
        this.#starting = false
        this.#host.poke()
      })
  }

  async #start(): Promise<void> {
    const again = this.#runs > 0
    if (this.state.terminated !== undefined) this.lastState = { terminated: this.state.terminated }
    try {
      this.prepared = await this.#host.prepare(this.#spec)
      this.#retryAt = 0
    } catch (error) {
      if (!(error instanceof ConfigProblem || error instanceof MountProblem)) this.#host.report(error)
      const message = failureText(error)
      this.#retryAt = this.#host.clock.now() + retryConfigMs
      this.state = { waiting: { reason: 'CreateContainerConfigError', message } }
      this.#record('Warning', 'Failed', `Error: ${message}`)
      this.#host.changed()
      return
    }
    this.#record('Normal', 'Pulled', `Container image ${JSON.stringify(this.#spec.image ?? '')} already present on machine`)
    this.#record('Normal', 'Created', `Created container: ${this.#spec.name}`)
    if (again) {
      this.restartCount++
      this.#backoffMs = Math.min(this.#backoffMs === 0 ? firstBackoffMs : this.#backoffMs * 2, longestBackoffMs)
      this.previousLog?.remove()
      this.previousLog = this.log
    }
    this.#runs++
    this.#id = `flotilla://${Buffer.from(this.#host.random.bytes(32)).toString('hex')}`
    this.log = new ContainerLog(join(this.#host.directory, 'logs', this.#spec.name, `${this.restartCount}.log`), this.#host.clock)
    let process: RunningContainer
    try {
      process = await this.#host.launcher.launch(this.prepared.wish)
    } catch (error) {
      const message = `failed to start container: ${failureText(error)}`
      this.#record('Warning', 'Failed', `Error: ${message}`)
      this.#ended({ exitCode: 128, reason: 'StartError', message, startedAt: formatTime(0) }, this.log)
      return
    }
    this.#begun(process, this.log)
  }

  #begun(process: RunningContainer, log: ContainerLog): void {
    if (this.#host.disposed) process.kill('SIGKILL')
    this.process = process
    this.#startedMs = this.#host.clock.now()
    this.state = { running: { startedAt: this.#host.nowText() } }
    this.#outOfMemory = false
    keepLog(process, log, this.#host.clock)
    this.#record('Normal', 'Started', `Started container ${this.#spec.name}`)
    const startedAt = this.#host.nowText()
    void process.ended.then(({ code }) => {
      if (this.process !== process) return
      // What stands there without a line end is part of its last words.
      log.end()
      const reason = this.#outOfMemory ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error'
      this.#ended({ exitCode: code, reason, startedAt, ...this.#lastWords(code, log) }, log)
      this.#host.poke()
    })
    void this.#afterStart(process)
    this.#host.changed()
  }

  async #afterStart(process: RunningContainer): Promise<void> {
    const hook = this.#spec.lifecycle?.postStart
    if (hook !== undefined) {
      const result = await performAction(hook, longestBackoffMs, this.#ports(process))
      if (this.process !== process) return
      if (!result.ok) {
        this.#record('Warning', 'FailedPostStartHook', 'PostStartHook failed')
        await this.stop(this.#host.graceSeconds, 'FailedPostStartHook')
        return
      }
    }
    const { startupProbe } = this.#spec
    if (startupProbe === undefined) this.#isStarted(process)
    else {
      this.#probes.push(
        this.#watch('Startup', startupProbe, process, (ok, probe) => {
          if (!ok) return void this.#kill('startup', startupProbe)
          probe.stop()
          if (!this.started) this.#isStarted(process)
        }),
      )
    }
    this.#host.poke()
  }

  /** Now liveness and readiness count. */
  #isStarted(process: RunningContainer): void {
    this.started = true
    const { livenessProbe, readinessProbe } = this.#spec
    if (livenessProbe) {
      const watch = this.#watch('Liveness', livenessProbe, process, (ok) => {
        if (!ok) void this.#kill('liveness', livenessProbe)
      })
      this.#probes.push(watch)
    }
    if (readinessProbe === undefined) this.ready = true
    else {
      const watch = this.#watch('Readiness', readinessProbe, process, (ok) => {
        if (this.ready === ok) return
        this.ready = ok
        this.#host.changed()
      })
      this.#probes.push(watch)
    }
    this.#host.changed()
    this.#host.poke()
  }

  #watch(
    type: 'Startup' | 'Liveness' | 'Readiness',
    action: NonNullable<Container['livenessProbe']>,
    process: RunningContainer,
    decided: (ok: boolean, probe: ProbeRun) => void,
  ): ProbeRun {
    const probe: ProbeRun = new ProbeRun(
      action,
      this.#host.clock,
      (timeoutMs) => performAction(action, timeoutMs, this.#ports(process)),
      (result) => {
        if (this.process !== process || this.#stopping !== undefined) return
        if (result.warning !== undefined) this.#record('Warning', 'ProbeWarning', `${type} probe warning: ${result.warning}`)
        if (!result.ok) this.#record('Warning', 'Unhealthy', `${type} probe failed: ${result.output}`)
        if (result.decided) decided(result.ok, probe)
      },
    )
    return probe
  }

  #kill(why: 'liveness' | 'startup', probe: NonNullable<Container['livenessProbe']>): Promise<void> {
    const message = `Container ${this.#spec.name} failed ${why} probe, will be restarted`
    return this.stop(Number(probe.terminationGracePeriodSeconds ?? this.#host.graceSeconds), message)
  }

  /** Ends the process: preStop, TERM, and KILL once the grace period is over. A shorter period while it stops takes effect. */
  async stop(graceSeconds: number, message = `Stopping container ${this.#spec.name}`): Promise<void> {
    const { process } = this
    if (process === undefined) return
    const { clock } = this.#host
    const by = clock.now() + graceSeconds * 1000
    if (this.#stopping !== undefined) {
      if (by < this.#stopping.by) {
        this.#stopping.by = by
        this.#stopping.arm()
      }
      await process.ended
      return
    }
    let cancel = () => {}
    const stopping = {
      by,
      arm: () => {
        cancel()
        cancel = clock.after(Math.max(stopping.by - clock.now(), 0), () => process.kill('SIGKILL'))
      },
    }
    this.#stopping = stopping
    this.#stopProbes()
    this.#record('Normal', 'Killing', message)
    const hook = this.#spec.lifecycle?.preStop
    if (hook !== undefined && graceSeconds > 0) {
      const result = await performAction(hook, graceSeconds * 1000, this.#ports(process))
      if (!result.ok && this.process === process) this.#record('Warning', 'FailedPreStopHook', 'PreStopHook failed')
      // After the hook there are two seconds left at least, as upstream has it.
      stopping.by = Math.max(stopping.by, clock.now() + 2000)
    }
    stopping.arm()
    process.kill('SIGTERM')
    await process.ended
    cancel()
  }

  /** Its memory is more than its limit. */
  outOfMemory(): void {
    this.#outOfMemory = true
    this.process?.kill('SIGKILL')
  }

  #ended(how: { exitCode: number; reason: string; message?: string; startedAt: string | null }, log: ContainerLog): void {
    this.#stopProbes()
    log.end()
    this.process = undefined
    this.#stopping = undefined
    this.started = false
    this.ready = false
    const now = this.#host.clock.now()
    // Whoever has run for long starts afresh.
    if (this.#startedMs > 0 && now - this.#startedMs > 2 * longestBackoffMs) this.#backoffMs = 0
    this.#finishedMs = now
    this.state = { terminated: { ...how, finishedAt: formatTime(now), containerID: this.#id } }
    this.#host.changed()
  }

  #stopProbes(): void {
    for (const probe of this.#probes.splice(0)) probe.stop()
  }

  #ports(process: RunningContainer) {
    return {
      clock: this.#host.clock,
      container: this.#spec,
      process,
      address: this.#host.address,
      boundPort: this.#host.boundPort,
    }
  }

  /** The termination message: what the container wrote to its file, or the end of its log. */
  #lastWords(code: number, log: ContainerLog): { message?: string } {
    const root = this.prepared?.root
    const path = posix.resolve('/', this.#spec.terminationMessagePath ?? '/dev/termination-log')
    if (root !== undefined) {
      try {
        const text = endOfFile(root, path)
        if (text !== '') return { message: text }
      } catch {
        // It wrote none.
      }
    }
    if (code === 0 || this.#spec.terminationMessagePolicy !== 'FallbackToLogsOnError') return {}
    const text = log
      .lastLines()
      .slice(-80)
      .map((line) => line.text)
      .join('\n')
      .slice(-2048)
    return text === '' ? {} : { message: text }
  }

  #record(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#host.record(type, reason, message, { name: this.#spec.name, list: this.list })
  }

  status(): ContainerStatus & Record<string, unknown> {
    return {
      name: this.#spec.name,
      image: this.#spec.image ?? '',
      imageID: this.#id === '' ? '' : `flotilla://${this.#spec.image ?? ''}`,
      ...(this.#id === '' ? {} : { containerID: this.#id }),
      restartCount: this.restartCount,
      state: this.state,
      lastState: this.lastState,
      ready: this.kind === 'init' ? this.state.terminated?.exitCode === 0 : this.kind === 'ephemeral' ? false : this.ready,
      ...(this.kind === 'ephemeral' ? {} : { started: this.started }),
      ...this.#mounts(),
    }
  }

  #mounts(): { volumeMounts?: unknown[] } {
    const mounts = this.#spec.volumeMounts ?? []
    if (mounts.length === 0) return {}
    return {
      volumeMounts: mounts.map(({ name, mountPath, readOnly }) => ({
        name,
        mountPath,
        ...(readOnly ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
      })),
    }
  }
}

/** The last bytes of a file that the container wrote; neither links nor mounts are followed out of its root. */
function endOfFile(root: string, path: string): string {
  const folder = realpathSync(join(root, posix.dirname(path)))
  const top = realpathSync(root)
  if (folder !== top && !folder.startsWith(`${top}/`)) return ''
  // Not waiting: a named pipe without a writer would hold up the fleet.
  const file = openSync(join(folder, posix.basename(path)), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile()) return ''
    const bytes = Buffer.alloc(Math.min(stats.size, mostMessage))
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, stats.size - bytes.length))
  } finally {
    closeSync(file)
  }
}
