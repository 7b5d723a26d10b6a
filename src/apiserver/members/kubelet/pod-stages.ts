import { controllerOf } from '../../../kube/object/owner.js'
import { isMissingImage } from '../../pods/image-table.js'
import type { Container, Pod, PodCondition, PodStatus } from '../engine/objects.js'

/** Annotations of a pod (or its template) that tell the simulated kubelet what becomes of it. */
export const simulation = {
  /** Seconds from the start until it is ready (default 0). */
  readyAfter: 'simulation.flotilla.dev/ready-after-seconds',
  /** Seconds from the start until it ends; pods of Jobs end at once without it, others never. */
  runFor: 'simulation.flotilla.dev/run-for-seconds',
  /** `fail`: ends as Failed; `crash`: CrashLoopBackOff; `image`: ImagePullBackOff; `unready`: runs, never ready. */
  outcome: 'simulation.flotilla.dev/outcome',
  /** With `fail`: what its containers exit with (default 1). */
  exitCode: 'simulation.flotilla.dev/exit-code',
  /** With `fail`, of an Indexed Job: the indexes that fail, such as `0,3` (default: all). */
  failIndexes: 'simulation.flotilla.dev/fail-indexes',
} as const

export interface PodStage {
  readonly kind: 'starting' | 'running' | 'succeeded' | 'failed' | 'crashing' | 'no-image' | 'unready'
  /** When the stage may change by itself. */
  readonly nextAt: number | undefined
}

/** Where a pod is at this time. Images of some tags cannot be pulled. */
export function stageOf(pod: Pod, now: number): PodStage {
  const annotations = pod.metadata.annotations ?? {}
  // A clock that was set back must not make what runs start again.
  const started = Math.min(Date.parse(pod.status?.startTime ?? '') || now, now)
  const outcome = annotations[simulation.outcome]
  if (outcome === 'image' || pod.spec.containers.some(({ image }) => isMissingImage(image))) return stage('no-image')
  const readyAt = started + seconds(annotations[simulation.readyAfter], 0)
  if (now < readyAt) return stage('starting', readyAt)
  if (outcome === 'crash') return stage('crashing')
  const endsAt = started + seconds(annotations[simulation.runFor], isOfJob(pod) ? 0 : Number.POSITIVE_INFINITY)
  if (now >= endsAt) return stage(outcome === 'fail' && isToFail(pod) ? 'failed' : 'succeeded')
  const nextAt = Number.isFinite(endsAt) ? endsAt : undefined
  return stage(outcome === 'unready' ? 'unready' : 'running', nextAt)
}

function isToFail({ metadata: { annotations = {} } }: Pod): boolean {
  const indexes = annotations[simulation.failIndexes]
  return indexes === undefined || indexes.split(',').includes(annotations['batch.kubernetes.io/job-completion-index'] ?? '')
}

function exitCodeOf({ metadata: { annotations = {} } }: Pod): number {
  const code = Number(annotations[simulation.exitCode] ?? 1)
  return Number.isInteger(code) && code > 0 && code < 256 ? code : 1
}

function isOfJob(pod: Pod): boolean {
  return controllerOf(pod)?.kind === 'Job'
}

function stage(kind: PodStage['kind'], nextAt?: number): PodStage {
  return { kind, nextAt }
}

function seconds(text: string | undefined, otherwise: number): number {
  const value = Number(text)
  return text === undefined || !Number.isFinite(value) || value < 0 ? otherwise * 1000 : value * 1000
}

/** The status that a kubelet would report at this stage. Times of what has not changed stay. */
export function podStatus(
  pod: Pod,
  { kind }: PodStage,
  at: { nowText: string; hostIP: string; podIP: string | undefined },
): PodStatus {
  const before = pod.status ?? {}
  const ready = kind === 'running'
  const done = kind === 'succeeded' || kind === 'failed'
  const podIP = pod.spec.hostNetwork ? at.hostIP : at.podIP
  const condition = (type: string, status: boolean, reason?: string): PodCondition => {
    const known = before.conditions?.find((candidate) => candidate.type === type)
    const text = status ? 'True' : 'False'
    return {
      type,
      status: text,
      lastProbeTime: null,
      lastTransitionTime: known?.status === text ? (known.lastTransitionTime ?? at.nowText) : at.nowText,
      ...(status || reason === undefined ? {} : { reason }),
    }
  }
  const notReady = done ? 'PodCompleted' : 'ContainersNotReady'
  const startTime = before.startTime ?? at.nowText
  return {
    ...before,
    phase: kind === 'succeeded' ? 'Succeeded' : kind === 'failed' ? 'Failed' : kind === 'no-image' ? 'Pending' : 'Running',
    conditions: [
      condition('PodReadyToStartContainers', !done),
      condition('Initialized', true),
      condition('Ready', ready, notReady),
      condition('ContainersReady', ready, notReady),
      condition('PodScheduled', true),
    ],
    hostIP: at.hostIP,
    hostIPs: [{ ip: at.hostIP }],
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
    startTime,
    ...(pod.spec.initContainers?.length
      ? { initContainerStatuses: pod.spec.initContainers.map((container) => initStatus(container, startTime)) }
      : {}),
    containerStatuses: pod.spec.containers.map((container) =>
      containerStatus(container, kind, startTime, at.nowText, exitCodeOf(pod)),
    ),
  }
}

function initStatus(container: Container, startTime: string): Record<string, unknown> {
  const always = container.restartPolicy === 'Always'
  return {
    ...identity(container),
    ready: true,
    started: always,
    restartCount: 0,
    lastState: {},
    state: always
      ? { running: { startedAt: startTime } }
      : { terminated: { exitCode: 0, reason: 'Completed', startedAt: startTime, finishedAt: startTime } },
  }
}

function containerStatus(
  container: Container,
  kind: PodStage['kind'],
  startTime: string,
  nowText: string,
  exitCode: number,
): Record<string, unknown> {
  const ended = (code: number) => ({
    terminated: {
      exitCode: code,
      reason: code === 0 ? 'Completed' : 'Error',
      startedAt: startTime,
      finishedAt: nowText,
    },
  })
  const common = { ...identity(container), restartCount: 0, lastState: {} }
  switch (kind) {
    case 'succeeded':
      return { ...common, ready: false, started: false, state: ended(0) }
    case 'failed':
      return { ...common, ready: false, started: false, state: ended(exitCode) }
    case 'crashing':
      return {
        ...common,
        ready: false,
        started: false,
        restartCount: 3,
        lastState: ended(1),
        state: { waiting: { reason: 'CrashLoopBackOff', message: `back-off restarting failed container ${container.name}` } },
      }
    case 'no-image':
      return {
        ...common,
        imageID: '',
        ready: false,
        started: false,
        state: { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${container.image ?? ''}"` } },
      }
    default:
      return { ...common, ready: kind === 'running', started: true, state: { running: { startedAt: startTime } } }
  }
}

function identity(container: Container): Record<string, unknown> {
  return {
    name: container.name,
    image: container.image ?? '',
    imageID: `simulated://${container.image ?? ''}`,
    containerID: `simulated://${container.name}`,
  }
}
