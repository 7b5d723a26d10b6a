import { at, listAt, numberAt, orElse, textAt } from './fields.js'
import { ageOf } from './human-duration.js'
import { definePrinter, type RowCondition, type TablePrinter } from './printer.js'

const podRow = definePrinter('Name|Ready|Status|Restarts|Age|IP+|Node+|Nominated Node+|Readiness Gates+', (pod, now) => {
  const { ready, total, reason, restarts, lastRestart } = summarize(pod)
  const gates = listAt(pod, 'spec', 'readinessGates')
  const open = gates.filter((gate) => conditionStatus(pod, textAt(gate, 'conditionType')) === 'True')
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    reason,
    restarts > 0 && lastRestart !== '' ? `${restarts} (${ageOf(lastRestart, now)} ago)` : String(restarts),
    ageOf(pod.metadata.creationTimestamp, now),
    orElse(textAt(listAt(pod, 'status', 'podIPs')[0], 'ip') || textAt(pod, 'status', 'podIP'), '<none>'),
    orElse(textAt(pod, 'spec', 'nodeName'), '<none>'),
    orElse(textAt(pod, 'status', 'nominatedNodeName'), '<none>'),
    gates.length === 0 ? '<none>' : `${open.length}/${gates.length}`,
  ]
})

/** Pods that have ended are marked, so that clients may hide them. */
const ended: Readonly<Record<string, readonly RowCondition[]>> = {
  Succeeded: [{ type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' }],
  Failed: [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }],
}

export const podPrinter: TablePrinter = { ...podRow, conditions: (pod) => ended[textAt(pod, 'status', 'phase')] }

interface Summary {
  readonly ready: number
  readonly total: number
  readonly reason: string
  readonly restarts: number
  /** RFC 3339 or ''. */
  readonly lastRestart: string
}

/** What a row says of a pod: upstream's order of precedence over phase, init containers, containers and deletion. */
function summarize(pod: unknown): Summary {
  const phase = textAt(pod, 'status', 'phase')
  let reason = textAt(pod, 'status', 'reason') || phase
  const scheduled = listAt(pod, 'status', 'conditions').find((condition) => textAt(condition, 'type') === 'PodScheduled')
  if (textAt(scheduled, 'reason') === 'SchedulingGated') reason = 'SchedulingGated'

  const initContainers = listAt(pod, 'spec', 'initContainers')
  const sidecars = new Set(
    initContainers
      .filter((container) => textAt(container, 'restartPolicy') === 'Always')
      .map((container) => textAt(container, 'name')),
  )
  const total = listAt(pod, 'spec', 'containers').length + sidecars.size
  let ready = 0
  const initRestarts = new Restarts()
  const sidecarRestarts = new Restarts()
  let initializing = false
  for (const [index, status] of listAt(pod, 'status', 'initContainerStatuses').entries()) {
    const sidecar = sidecars.has(textAt(status, 'name'))
    initRestarts.add(status)
    if (sidecar) sidecarRestarts.add(status)
    const waiting = textAt(status, 'state', 'waiting', 'reason')
    const ended = at(status, 'state', 'terminated')
    if (ended !== undefined && numberAt(ended, 'exitCode') === 0) continue
    if (sidecar && at(status, 'started') === true) {
      if (at(status, 'ready') === true) ready++
      continue
    }
    if (ended !== undefined) reason = `Init:${endReason(ended)}`
    else if (waiting !== '' && waiting !== 'PodInitializing') reason = `Init:${waiting}`
    else reason = `Init:${index}/${initContainers.length}`
    initializing = true
    break
  }

  let restarts = initRestarts
  if (!initializing || conditionStatus(pod, 'Initialized') === 'True') {
    restarts = sidecarRestarts
    let running = false
    for (const status of listAt(pod, 'status', 'containerStatuses').toReversed()) {
      restarts.add(status)
      const waiting = textAt(status, 'state', 'waiting', 'reason')
      const ended = at(status, 'state', 'terminated')
      if (waiting !== '') reason = waiting
      else if (ended !== undefined) reason = endReason(ended)
      else if (at(status, 'ready') === true && at(status, 'state', 'running') !== undefined) {
        running = true
        ready++
      }
    }
    // Some containers may end while others go on.
    if (reason === 'Completed' && running) reason = conditionStatus(pod, 'Ready') === 'True' ? 'Running' : 'NotReady'
  }

  if (at(pod, 'metadata', 'deletionTimestamp') !== undefined) {
    if (textAt(pod, 'status', 'reason') === 'NodeLost') reason = 'Unknown'
    else if (phase !== 'Succeeded' && phase !== 'Failed') reason = 'Terminating'
  }
  return { ready, total, reason, restarts: restarts.count, lastRestart: restarts.last }
}

class Restarts {
  count = 0
  last = ''
  add(status: unknown): void {
    this.count += numberAt(status, 'restartCount')
    const ended = textAt(status, 'lastState', 'terminated', 'finishedAt')
    if (ended > this.last) this.last = ended
  }
}

function endReason(ended: unknown): string {
  const reason = textAt(ended, 'reason')
  if (reason !== '') return reason
  const signal = numberAt(ended, 'signal')
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${numberAt(ended, 'exitCode')}`
}

function conditionStatus(object: unknown, type: string): string {
  const condition = listAt(object, 'status', 'conditions').find((candidate) => textAt(candidate, 'type') === type)
  return textAt(condition, 'status')
}
