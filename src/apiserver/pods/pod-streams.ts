import { connect } from 'node:net'
import { type Duplex, PassThrough, Readable, Writable } from 'node:stream'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'
import type { AttachOptions, ContainerSession, ExecOptions, PodAccess, PodLogOptions } from '../pod-access.js'
import type { ContainerRun } from './container-run.js'
import { dialFailure } from './perform-action.js'
import type { PodRun } from './pod-run.js'
import { readContainerLog } from './read-container-log.js'

/** What `simulation.flotilla.dev/log` says is the log of a simulated pod's containers. */
const logAnnotation = 'simulation.flotilla.dev/log'

/** Of one stream of one client who has attached. */
const mostWaiting = 16 * 1024 * 1024

/** Reaches into pods: those that run as processes by their run, all others as the simulation has it. */
export function createPodStreams(
  find: (cluster: string, uid: string) => PodRun | undefined,
  boundPort: (port: number) => number,
): PodAccess {
  const runOf = (cluster: string, pod: KubeObject) => find(cluster, pod.metadata.uid ?? '')

  function live(cluster: string, pod: KubeObject, container: string, what: string): ContainerRun {
    const run = runOf(cluster, pod)
    if (run === undefined) throw notReal(pod, what)
    const phase = (pod['status'] as { phase?: string } | undefined)?.phase
    if (phase === 'Succeeded' || phase === 'Failed')
      throw statusErrors.badRequest(`cannot ${what} into a container in a completed pod; current phase is ${phase}`)
    const found = run.container(container)
    if (found?.process === undefined) throw statusErrors.internal(`container not found (${JSON.stringify(container)})`)
    return found
  }

  return {
    async log(cluster, pod, options) {
      const run = runOf(cluster, pod)
      if (run === undefined && isLost(pod)) throw nobodyThere(pod)
      if (run === undefined) return simulatedLog(pod, options)
      return readContainerLog(logOf(run.container(options.container), pod, options), options)
    },
    async exec(cluster, pod, options: ExecOptions) {
      const { process } = live(cluster, pod, options.container, 'exec')
      const command = process!.exec(options.command, { stdin: options.stdin, tty: options.tty })
      return {
        ...(command.stdin === undefined ? {} : { stdin: command.stdin }),
        ...(options.stdout ? { stdout: command.stdout } : {}),
        ...(options.stderr && !options.tty ? { stderr: command.stderr } : {}),
        resize: (size) => command.resize(size),
        ended: command.ended,
        close: () => command.cancel(),
      }
    },
    async attach(cluster, pod, options) {
      return attachTo(live(cluster, pod, options.container, 'attach'), options)
    },
    async connect(cluster, pod, port) {
      const run = runOf(cluster, pod)
      if (run === undefined) throw notReal(pod, 'connect')
      return dial(run.address, port, boundPort(port))
    },
  }
}

/** It is a process by its address, and none runs: its node is without power. */
function isLost(pod: KubeObject): boolean {
  const status = pod['status'] as { podIP?: string; phase?: string } | undefined
  return status?.phase === 'Running' && (status.podIP?.startsWith('127.') ?? false)
}

/** As upstream says it of a kubelet that is not there. */
function nobodyThere(pod: KubeObject) {
  const { hostIP } = (pod['status'] ?? {}) as { hostIP?: string }
  return statusErrors.internal(`error dialing backend: dial tcp ${hostIP ?? 'node'}:10250: connect: no route to host`)
}

function notReal(pod: KubeObject, what: string) {
  if (isLost(pod)) return nobodyThere(pod)
  return statusErrors.badRequest(
    `pod ${JSON.stringify(pod.metadata.name)} is simulated: there is no process behind its containers to ${what} to. ` +
      'Pods of images that the fleet knows run as processes (flotilla up --pods auto); see docs/reference/pods.md',
  )
}

function logOf(container: ContainerRun | undefined, pod: KubeObject, options: PodLogOptions) {
  const { name } = pod.metadata
  const log = options.previous ? container?.previousLog : container?.log
  if (log !== undefined) return log
  if (options.previous)
    throw statusErrors.badRequest(
      `previous terminated container ${JSON.stringify(options.container)} in pod ${JSON.stringify(name)} not found`,
    )
  const reason = container?.state.waiting?.reason ?? 'ContainerCreating'
  if (container?.state.terminated !== undefined)
    throw statusErrors.badRequest(
      `unable to retrieve container logs for ${container.state.terminated.containerID ?? options.container}`,
    )
  throw statusErrors.badRequest(
    `container ${JSON.stringify(options.container)} in pod ${JSON.stringify(name)} is waiting to start: ${reason}`,
  )
}

function simulatedLog(pod: KubeObject, options: PodLogOptions): Readable {
  const text = options.previous ? '' : (pod.metadata.annotations?.[logAnnotation] ?? '')
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  const { tailLines } = options
  const chosen = tailLines === undefined ? lines : tailLines === 0 ? [] : lines.slice(-tailLines)
  const startTime = (pod['status'] as { startTime?: string } | undefined)?.startTime ?? '1970-01-01T00:00:00Z'
  const shown = options.stream === 'Stderr' ? [] : chosen
  const whole = shown.map((line) => `${options.timestamps ? `${startTime.replace('Z', '.000000000Z')} ` : ''}${line}\n`).join('')
  return Readable.from([Buffer.from(whole).subarray(0, options.limitBytes ?? whole.length * 4)])
}

/** Its output from now on; leaving it does nothing to it. */
function attachTo(run: ContainerRun, options: AttachOptions): ContainerSession {
  const { process } = run
  const stdout = options.stdout ? new PassThrough() : undefined
  const stderr = options.stderr && !options.tty ? new PassThrough() : undefined
  // The process goes on whoever reads: a reader who is too far behind is sent away.
  const give = (to: PassThrough | undefined, data: Buffer) => {
    to?.write(data)
    if (to !== undefined && to.writableLength + to.readableLength > mostWaiting) close()
  }
  const toOut = (data: Buffer) => give(stdout, data)
  const toErr = (data: Buffer) => give(options.tty ? stdout : stderr, data)
  process!.stdout.on('data', toOut)
  process!.stderr.on('data', toErr)
  let leave: (result: { code: number }) => void = () => {}
  const left = new Promise<{ code: number }>((resolve) => (leave = resolve))
  const close = () => {
    process!.stdout.off('data', toOut)
    process!.stderr.off('data', toErr)
    stdout?.end()
    stderr?.end()
    leave({ code: 0 })
  }
  const ended = Promise.race([process!.ended.then(({ code }) => ({ code })), left])
  void process!.ended.then(close)
  return {
    ...(options.stdin && process!.stdin !== undefined ? { stdin: inputOf(process!.stdin, run.spec.stdinOnce === true) } : {}),
    ...(stdout === undefined ? {} : { stdout }),
    ...(stderr === undefined ? {} : { stderr }),
    resize: (size) => process!.resize(size),
    ended,
    close,
  }
}

/** The input of the main process: it ends with the first reader that leaves only where the container says `stdinOnce`. */
function inputOf(stdin: Writable, once: boolean): Writable {
  return new Writable({
    write: (chunk: Uint8Array, _encoding, done) => void stdin.write(chunk, () => done()),
    final(done) {
      if (once) stdin.end()
      done()
    },
  })
}

function dial(address: string, port: number, bound: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: bound })
    socket.once('connect', () => resolve(socket))
    socket.once('error', (error: NodeJS.ErrnoException) =>
      reject(statusErrors.serviceUnavailable(dialFailure(address, port, error))),
    )
  })
}
