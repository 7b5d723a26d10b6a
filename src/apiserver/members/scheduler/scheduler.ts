import { findCondition } from '../../../kube/object/condition.js'
import { isConflict, isNotFound } from '../../../kube/object/status-error.js'
import type { ClusterChange } from '../../contract.js'
import type { ClusterQueue, MemberController, Work } from '../contract.js'
import type { Node, Pod } from '../engine/objects.js'
import { disrupt } from '../nodes/disrupt.js'
import { annotations } from '../storage/storage-objects.js'
import { isFinished, isTerminating } from '../workloads/pods.js'
import { keyIn } from '../workloads/replica-sets.js'
import { type Choice, type Cycle, chooseNode, Filters } from './choose-node.js'
import { ClassViews } from './class-view.js'
import { ClusterState } from './cluster-state.js'
import { misfitMessage, noNodes } from './fit-message.js'
import { Nominations } from './nominations.js'
import type { PodClass } from './pod-class.js'
import { writePodCondition } from './pod-condition.js'
import { findVictims, type Victims } from './preemption.js'
import { type Cause, SchedulingQueue, type Waiting } from './scheduling-queue.js'
import type { Plugin } from './spec.js'
import { VolumeFilter } from './volumes.js'

/** What the scheduler remembers of one cluster. */
interface Room {
  readonly state: ClusterState
  readonly queue: SchedulingQueue
  readonly views: ClassViews
  readonly nominations: Nominations
}

const schedulerName = 'default-scheduler'
/** Pods tried in one go, so that their bindings become durable together; and the time it may take. */
const mostAtOnce = 250
const mostMs = 25

const cycleKey = 'cycle'
const gatePrefix = 'gate/'

/**
 * Gives pods their nodes, as kube-scheduler does with its default plugins: filters, scores, preemption. It follows every cluster
 * by the feed and decides without waiting; only bindings and reports are written.
 */
export function createScheduler(): MemberController {
  const rooms = new Map<string, Room>()
  const roomOf = (cluster: string): Room => {
    let room = rooms.get(cluster)
    if (room === undefined) {
      room = { state: new ClusterState(), queue: new SchedulingQueue(), views: new ClassViews(), nominations: new Nominations() }
      rooms.set(cluster, room)
    }
    return room
  }
  const note = (cause: Cause) => (change: ClusterChange, queue: ClusterQueue) => {
    if (rooms.get(change.cluster)?.queue.note(cause)) queue.addSoon(cycleKey)
  }
  return {
    name: 'kube-scheduler',
    watches: {
      pods: (change, queue) => hearPod(roomOf(change.cluster), change, queue),
      nodes(change, queue) {
        const room = roomOf(change.cluster)
        if (change.type === 'DELETED') room.state.removeNode(change.object.metadata.name)
        else if (room.state.setNode(change.object as Node) && room.queue.note('node')) queue.addSoon(cycleKey)
      },
      namespaces: note('namespace'),
      persistentvolumes: note('storage'),
      persistentvolumeclaims: note('storage'),
      'storageclasses.storage.k8s.io': note('storage'),
    },
    async reconcile(work) {
      if (work.key.startsWith(gatePrefix)) await reportGates(work, work.key.slice(gatePrefix.length))
      else return runCycle(work, roomOf(work.cluster.name))
      return undefined
    },
    forget: (cluster) => void rooms.delete(cluster),
  }
}

function hearPod({ state, queue, nominations }: Room, change: ClusterChange, engine: ClusterQueue): void {
  const pod = change.object as Pod
  const key = keyIn(change)
  const wake = (cause: Cause) => {
    if (queue.note(cause)) engine.addSoon(cycleKey)
  }
  if (change.type === 'DELETED' || isFinished(pod)) {
    queue.remove(key)
    nominations.remove(key)
    if (state.removePod(key)) wake('pod-gone')
  } else if (pod.spec.nodeName) {
    queue.remove(key)
    nominations.remove(key)
    if (state.setPod(key, pod)) wake('pod-placed')
  } else if (state.isAssumed(key)) {
    return
  } else if (isTerminating(pod)) {
    queue.remove(key)
    nominations.remove(key)
  } else if ((pod.spec['schedulerName'] ?? schedulerName) === schedulerName) {
    if ((pod.spec.schedulingGates?.length ?? 0) > 0) engine.add(`${gatePrefix}${key}`)
    else {
      const previous = change.previous as Pod | undefined
      const fresh = previous !== undefined && (previous.spec !== pod.spec || previous.metadata.labels !== pod.metadata.labels)
      const priority = Number(pod.spec['priority'] ?? 0)
      queue.add(key, priority, fresh && changed(previous, pod))
      // Room that was made for it before a restart.
      const node = pod.status?.['nominatedNodeName'] as string | undefined
      if (node && previous === undefined) nominations.set({ key, node, class: state.classOf(pod), priority })
      engine.add(cycleKey)
    }
  }
}

function changed(a: Pod, b: Pod): boolean {
  return JSON.stringify([a.spec, a.metadata.labels]) !== JSON.stringify([b.spec, b.metadata.labels])
}

async function reportGates(work: Work, key: string): Promise<void> {
  const pod = work.cluster.peek('pods', key) as Pod | undefined
  if (pod === undefined || pod.spec.nodeName || isTerminating(pod) || !pod.spec.schedulingGates?.length) return
  if (findCondition(pod.status?.conditions, 'PodScheduled')?.reason === 'SchedulingGated') return
  await writePodCondition(work, pod, {
    type: 'PodScheduled',
    status: 'False',
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  })
}

async function runCycle(work: Work, room: Room): Promise<number | undefined> {
  const started = work.now()
  const writes: Promise<void>[] = []
  for (let count = 0; count < mostAtOnce && work.now() - started <= mostMs; count++) {
    const waiting = room.queue.take(work.now())
    if (waiting === undefined) break
    const pod = work.cluster.peek('pods', waiting.key) as Pod | undefined
    if (pod === undefined || pod.spec.nodeName || isFinished(pod) || isTerminating(pod)) room.queue.remove(waiting.key)
    else writes.push(attempt(work, room, waiting, pod))
  }
  await Promise.all(writes)
  return room.queue.dueIn(work.now())
}

async function attempt(work: Work, room: Room, waiting: Waiting, pod: Pod): Promise<void> {
  const { state, queue, views, nominations } = room
  const { key, priority } = waiting
  const view = views.of(state, state.classOf(pod))
  const cycle: Cycle = { cluster: work.cluster, state, view, nominations, key, priority }
  const choice: Choice = nominatedNode(cycle, pod) ?? chooseNode(cycle, work.random)
  if (choice.node === undefined) {
    await turnAway(work, room, waiting, { pod, cycle, choice })
    return
  }
  const node = choice.node.name
  // Not one of the same name that was made meanwhile, and waits by itself.
  const leave = () => {
    if (queue.get(key) !== waiting) return
    queue.remove(key)
    nominations.remove(key)
  }
  state.assume(key, pod, node, view.class)
  queue.note('pod-placed')
  try {
    await chooseForClaims(work, view.class, node)
    await work.write.bind(pod, node)
    leave()
    void recordScheduled(work, pod, node)
  } catch (error) {
    state.unassume(key)
    if (isNotFound(error) || work.cluster.peek('pods', key)?.metadata.uid !== pod.metadata.uid) leave()
    else queue.retry(waiting, work.now())
    work.log.debug('pod not bound', { cluster: work.cluster.name, pod: key, node, error: String(error) })
  }
}

/** Claims that have waited for their first pod learn where it goes, and get their volume there. */
async function chooseForClaims(work: Work, podClass: PodClass, node: string): Promise<void> {
  if (podClass.claims.length === 0) return
  for (const claim of new VolumeFilter(work.cluster, podClass).open) {
    const { metadata } = claim
    if (metadata.annotations?.[annotations.selectedNode] === node) continue
    const chosen = { ...metadata.annotations, [annotations.selectedNode]: node }
    await work.write.update({ ...claim, metadata: { ...metadata, annotations: chosen } })
  }
}

function recordScheduled(work: Work, pod: Pod, node: string): Promise<void> {
  const { namespace, name } = pod.metadata
  return work.write.record(
    pod,
    {
      reason: 'Scheduled',
      action: 'Binding',
      message: `Successfully assigned ${namespace}/${name} to ${node}`,
      component: schedulerName,
    },
    work.nowText(),
  )
}

/** The node where room was made for the pod is looked at before all others. */
function nominatedNode(cycle: Cycle, pod: Pod): Choice | undefined {
  const name = pod.status?.['nominatedNodeName'] as string | undefined
  if (!name) return undefined
  const { nodes } = cycle.state
  const index = nodes.findIndex((usage) => usage.name === name)
  const node = nodes[index]
  if (node === undefined) return undefined
  const filters = new Filters(cycle)
  return filters.refusal === undefined && filters.reject(node, index) === undefined ? { node } : undefined
}

interface Failure {
  readonly pod: Pod
  readonly cycle: Cycle
  readonly choice: Choice & { node: undefined }
}

async function turnAway(work: Work, room: Room, waiting: Waiting, { pod, cycle, choice }: Failure): Promise<void> {
  const nodes = room.state.nodes.length
  const plugins = new Set<Plugin>()
  if (choice.refusal !== undefined) plugins.add('Volumes')
  else if (nodes === 0) plugins.add('NoNodes')
  for (const { plugin } of choice.rejections.values()) plugins.add(plugin)
  const found = nodes === 0 ? undefined : findVictims({ cycle, pod, rejections: choice.rejections, random: work.random })
  const victims = typeof found === 'object' ? found : undefined
  const message =
    nodes === 0
      ? noNodes
      : misfitMessage({
          nodes,
          rejections: choice.rejections.values(),
          refusal: choice.refusal,
          preemption: typeof found === 'string' ? found : undefined,
        })
  room.queue.failed(waiting, plugins, work.now())
  if (victims !== undefined) {
    const { key, priority } = waiting
    room.nominations.set({ key, node: victims.node.name, class: cycle.view.class, priority })
    plugins.add('NodeResourcesFit')
  } else if (typeof found === 'string' && !found.startsWith('not eligible due to a terminating'))
    room.nominations.remove(waiting.key)
  const kept = typeof found === 'string' && found.startsWith('not eligible due to a terminating')
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message } as const
  try {
    const nominatedNodeName = victims?.node.name ?? (kept ? (pod.status?.['nominatedNodeName'] as string | undefined) : undefined)
    await writePodCondition(work, pod, condition, { nominatedNodeName })
    void work.write.record(
      pod,
      { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', message, component: schedulerName },
      work.nowText(),
    )
    if (victims !== undefined) await preempt(work, room, pod, victims)
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error
    room.queue.retry(waiting, work.now())
  }
}

async function preempt(work: Work, { nominations }: Room, pod: Pod, { node, pods }: Victims): Promise<void> {
  const priority = Number(pod.spec['priority'] ?? 0)
  const key = `${pod.metadata.namespace}/${pod.metadata.name}`
  await Promise.all(
    pods.map(async (placed) => {
      if (placed.terminating) return
      const victim = (work.cluster.peek('pods', placed.key) as Pod | undefined) ?? placed.pod
      await disrupt(work, victim, {
        reason: 'PreemptionByScheduler',
        message: `${schedulerName}: preempting to accommodate a higher priority pod`,
      })
      void work.write.record(
        victim,
        {
          reason: 'Preempted',
          action: 'Preempting',
          message: `Preempted by pod ${pod.metadata.uid} on node ${node.name}`,
          component: schedulerName,
          related: pod,
        },
        work.nowText(),
      )
    }),
  )
  // Less important pods that were to come to this node look for another one.
  for (const nominated of [...nominations.on(node.name)]) {
    if (nominated.key === key || nominated.priority >= priority) continue
    nominations.remove(nominated.key)
    const other = work.cluster.peek('pods', nominated.key) as Pod | undefined
    if (other?.status?.['nominatedNodeName']) await clearNomination(work, other)
  }
}

async function clearNomination({ write }: Work, pod: Pod): Promise<void> {
  const status = { ...pod.status }
  delete status['nominatedNodeName']
  await write.status(pod, { ...pod, status })
}
