import type { ContainerRun } from './container-run.js'
import type { Pod, PodCondition, PodStatus } from './pod-types.js'

export interface PodState {
  readonly init: readonly ContainerRun[]
  readonly main: readonly ContainerRun[]
  readonly ephemeral: readonly ContainerRun[]
  /** Everything is to end, or has: nothing is started any more. */
  readonly ending: boolean
  /** Why the pod as a whole has failed, such as DeadlineExceeded. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined
  readonly podIP: string | undefined
  readonly hostIP: string
  readonly volumesReady: boolean
  readonly startTime: string
}

/** Whether init containers are through: run to their end, or, those that stay, started. */
export function initialized(init: readonly ContainerRun[]): boolean {
  return init.every(isThrough)
}

export function isThrough(run: ContainerRun): boolean {
  return run.kind === 'sidecar' ? run.started || (run.hasRun && run.restartCount > 0) : run.state.terminated?.exitCode === 0
}

/** The phase as a kubelet tells it from the states of containers. */
export function phaseOf(pod: Pod, state: PodState): string {
  const { restartPolicy = 'Always' } = pod.spec
  if (state.failure !== undefined) return state.main.some((run) => run.busy) ? 'Running' : 'Failed'
  const initFailed = state.init.some((run) => run.kind === 'init' && (run.state.terminated?.exitCode ?? 0) !== 0)
  if (!initialized(state.init)) {
    if (initFailed && (restartPolicy === 'Never' || state.ending)) return 'Failed'
    if (!state.main.some((run) => run.hasRun)) return state.ending && state.init.every((run) => !run.busy) ? 'Failed' : 'Pending'
  }
  const running = state.main.filter((run) => run.state.running !== undefined).length
  const stopped = state.main.filter(
    (run) => run.state.terminated !== undefined || (run.state.waiting !== undefined && run.lastState.terminated !== undefined),
  )
  const waiting = state.main.length - running - stopped.length
  if (waiting > 0) return state.ending && running === 0 ? 'Failed' : 'Pending'
  if (running > 0) return 'Running'
  const succeeded = stopped.every((run) => run.exitCode === 0)
  if (state.ending) return succeeded ? 'Succeeded' : 'Failed'
  if (restartPolicy === 'Always') return 'Running'
  if (succeeded) return 'Succeeded'
  return restartPolicy === 'OnFailure' ? 'Running' : 'Failed'
}

/** The status as a kubelet writes it. Times of conditions that have not changed stay. */
export function podStatus(pod: Pod, state: PodState, nowText: string): PodStatus {
  const before = pod.status ?? {}
  const phase = isOver(before.phase) ? (before.phase as string) : phaseOf(pod, state)
  const over = isOver(phase)
  const condition = (type: string, status: boolean, reason = '', message = ''): PodCondition => {
    const known = before.conditions?.find((candidate) => candidate.type === type)
    const text = status ? 'True' : 'False'
    return {
      type,
      status: text,
      lastProbeTime: null,
      lastTransitionTime: known?.status === text ? (known.lastTransitionTime ?? nowText) : nowText,
      ...(reason === '' ? {} : { reason }),
      ...(message === '' ? {} : { message }),
    }
  }
  const own = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']
  const others = (before.conditions ?? []).filter((each) => !own.includes(each.type))
  const incomplete = state.init.filter((run) => !isThrough(run)).map((run) => run.spec.name)
  const sidecars = state.init.filter((run) => run.kind === 'sidecar')
  const unready = [...sidecars, ...state.main].filter((run) => !run.ready).map((run) => run.spec.name)
  const done = phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed'
  const containersReady = over
    ? condition('ContainersReady', false, done)
    : unready.length === 0
      ? condition('ContainersReady', true)
      : condition('ContainersReady', false, 'ContainersNotReady', `containers with unready status: [${unready.join(' ')}]`)
  const gates = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = others.find((each) => each.type === conditionType)
    if (found === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    return found.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`]
  })
  const ready =
    containersReady.status !== 'True'
      ? condition('Ready', false, containersReady.reason, containersReady.message)
      : gates.length > 0
        ? condition('Ready', false, 'ReadinessGatesNotReady', gates.join(', '))
        : condition('Ready', true)
  return {
    ...before,
    phase,
    ...(state.failure === undefined ? {} : state.failure),
    conditions: [
      condition('PodReadyToStartContainers', state.volumesReady && state.podIP !== undefined && !over),
      phase === 'Succeeded'
        ? condition('Initialized', true, 'PodCompleted')
        : incomplete.length === 0
          ? condition('Initialized', true)
          : condition(
              'Initialized',
              false,
              'ContainersNotInitialized',
              `containers with incomplete status: [${incomplete.join(' ')}]`,
            ),
      ready,
      containersReady,
      condition('PodScheduled', true),
      ...others,
    ],
    hostIP: state.hostIP,
    hostIPs: [{ ip: state.hostIP }],
    ...(state.podIP === undefined ? {} : { podIP: state.podIP, podIPs: [{ ip: state.podIP }] }),
    startTime: state.startTime,
    ...(state.init.length === 0 ? {} : { initContainerStatuses: state.init.map((run) => run.status()) }),
    containerStatuses: state.main.map((run) => run.status()),
    ...(state.ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: state.ephemeral.map((run) => run.status()) }),
  }
}

export function isOver(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}
