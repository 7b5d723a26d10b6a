import { mkdirSync, rm } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../base/errors.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { parseQuantity, quantityValue } from '../../kube/object/quantity.js'
import type { ClusterChange } from '../contract.js'
import { AddressPool } from './address-pool.js'
import type { ContainerRun } from './container-run.js'
import type { PodPlace, ProcessPods, ProcessPodsOptions } from './contract.js'
import { EventRecorder } from './event-recorder.js'
import { isPathSegment } from './path-segment.js'
import { PodRun } from './pod-run.js'
import { isOver } from './pod-status.js'
import { createPodStreams } from './pod-streams.js'
import { type Container, type Pod, podKey } from './pod-types.js'
import { removeLeftovers, usageOf } from './process/process-records.js'
import { PodVolumes } from './volumes/pod-volumes.js'

const defaultMostProcesses = 64
const memoryCheckMs = 5000
const stopGraceMs = 1000
/** A fleet of thousands of clusters has no use for as many Events that say the same. */
const mostTold = 200

interface Known {
  readonly cluster: string
  readonly key: string
  readonly place: PodPlace
  /** Processes that it may have at the same time. */
  readonly weight: number
  address?: string
  run?: PodRun
  /** What ran before its node was halted, until it has ended. */
  halting?: Promise<void>
  references?: ReadonlySet<string>
}

/** Pods as processes, for all clusters of a fleet. Nothing is started before a pod asks for it. */
export function createProcessPods(options: ProcessPodsOptions): ProcessPods {
  const known = new Map<string, Known>()
  const pools = new Map<string, AddressPool>()
  /** What of pods that were dropped still ends: one of the same id starts after that. */
  const leaving = new Map<string, Promise<void>>()
  /** `cluster resource namespace/name` to the pods whose volumes or variables show it. */
  const readers = new Map<string, Set<string>>()
  const listeners: ((cluster: string, key: string) => void)[] = []
  const most = options.mostProcesses ?? defaultMostProcesses
  let weight = 0
  let told = 0
  let stopped = false
  removeLeftovers(options.directory)
  mkdirSync(options.directory, { recursive: true, mode: 0o700 })

  const idOf = (cluster: string, pod: KubeObject) => `${cluster} ${pod.metadata.uid ?? podKey(pod)}`
  const streams = createPodStreams((cluster, uid) => known.get(`${cluster} ${uid}`)?.run, options.boundPort)

  function poolOf(cluster: string): AddressPool | undefined {
    let pool = pools.get(cluster)
    if (pool === undefined) {
      const network = options.networkOf(cluster)
      if (network !== undefined) pools.set(cluster, (pool = new AddressPool(network.podRange)))
    }
    return pool
  }

  function decide(cluster: string, pod: Pod): Known {
    const halting = leaving.get(idOf(cluster, pod))
    const base = { cluster, key: podKey(pod), weight: 0, ...(halting === undefined ? {} : { halting }) }
    const { containers, initContainers = [] } = pod.spec
    const rules = [...containers, ...initContainers].map(({ image = '' }) => options.images.find(image).run)
    if (rules.includes('none')) return { ...base, place: 'none' }
    const asked = Object.keys(pod.metadata.annotations ?? {}).some((name) => name.startsWith('simulation.flotilla.dev/'))
    if (asked || rules.includes('simulated') || poolOf(cluster) === undefined || stopped) return { ...base, place: 'simulated' }
    if (!isPathSegment(pod.metadata.uid) || !isPathSegment(cluster)) return { ...base, place: 'simulated' }
    if (isOver(pod.status?.phase)) return { ...base, place: 'process' }
    const needed = containers.length + initContainers.filter((each) => each.restartPolicy === 'Always').length
    if (weight + needed > most) {
      if (told++ >= mostTold) return { ...base, place: 'simulated' }
      const recorder = new EventRecorder(() => options.clusters.get(cluster), options.clock, options.random)
      const message = `The fleet runs ${weight} of at most ${most} processes: this pod is simulated. Delete other pods, or raise mostProcesses.`
      recorder.record(pod, 'Warning', 'Simulated', message)
      return { ...base, place: 'simulated' }
    }
    weight += needed
    return { ...base, place: 'process', weight: needed }
  }

  function drop(id: string, graceMs: number): Promise<void> {
    const entry = known.get(id)
    if (entry === undefined) return Promise.resolve()
    known.delete(id)
    weight -= entry.weight
    for (const reference of entry.references ?? []) {
      const set = readers.get(`${entry.cluster} ${reference}`)
      set?.delete(id)
      if (set?.size === 0) readers.delete(`${entry.cluster} ${reference}`)
    }
    // The pool of now: a cluster that comes again has another, in which the address may be somebody's.
    const pool = pools.get(entry.cluster)
    const release = () => pool?.release(id, entry.address)
    if (entry.run === undefined && entry.halting === undefined) {
      release()
      return Promise.resolve()
    }
    const ended = (entry.run === undefined ? Promise.resolve(entry.halting) : dispose(entry.key, entry.run, graceMs)).finally(
      () => {
        release()
        if (leaving.get(id) === ended) leaving.delete(id)
      },
    )
    leaving.set(id, ended)
    return ended
  }

  function dispose(key: string, run: PodRun, graceMs: number): Promise<void> {
    return run
      .dispose(graceMs)
      .catch((error: unknown) =>
        options.log.warn('what a pod had on disk cannot be removed', { pod: key, error: messageOf(error) }),
      )
  }

  function open(
    id: string,
    entry: Known,
    cluster: NonNullable<ReturnType<typeof options.clusters.get>>,
    pod: Pod,
  ): PodRun | undefined {
    const hostAddress = pod.spec.hostNetwork
      ? nodeAddress(cluster.peek('nodes', pod.spec.nodeName ?? ''), options.networkOf(entry.cluster)?.nodeRange)
      : undefined
    const address = hostAddress ?? poolOf(entry.cluster)?.take(id, pod.status?.podIP)
    if (address === undefined) return undefined
    if (hostAddress === undefined) entry.address = address
    entry.references = referencesOf(pod)
    for (const reference of entry.references) {
      const key = `${entry.cluster} ${reference}`
      const set = readers.get(key)
      if (set === undefined) readers.set(key, new Set([id]))
      else set.add(id)
    }
    entry.run = new PodRun({
      options,
      cluster,
      pod,
      address,
      directory: join(options.directory, entry.cluster, pod.metadata.uid ?? ''),
      changed: () => {
        if (!stopped) for (const listener of listeners) listener(entry.cluster, entry.key)
      },
    })
    return entry.run
  }

  const watchMemory = () => {
    cancelWatch = options.clock.after(memoryCheckMs, watchMemory)
    for (const { run } of known.values()) {
      try {
        run?.checkMemory(exceedsLimit)
      } catch (error) {
        // A limit that is no quantity: one pod's, and no reason for the fleet to end.
        run?.report(error)
      }
    }
  }
  let cancelWatch = options.clock.after(memoryCheckMs, watchMemory)

  return {
    ...streams,
    placeOf(cluster, object) {
      // Without a network of its own no pod of the cluster is ever a process.
      if (poolOf(cluster) === undefined) return decide(cluster, object as Pod).place
      const id = idOf(cluster, object)
      let entry = known.get(id)
      if (entry === undefined) known.set(id, (entry = decide(cluster, object as Pod)))
      return entry.place
    },
    hear(change: ClusterChange) {
      const { cluster, object, groupResource, type } = change
      if (groupResource === 'pods') {
        const pod = object as Pod
        const id = idOf(cluster, pod)
        if (type === 'DELETED') {
          // One that was not started again after a restart of the fleet still has its address.
          if (known.get(id)?.address === undefined) pools.get(cluster)?.release(id, pod.status?.podIP)
          void drop(id, stopGraceMs)
        } else if (change.previous === undefined && !isOver(pod.status?.phase) && pod.status?.podIP) {
          const pool = poolOf(cluster)
          if (pool?.contains(pod.status.podIP)) pool.take(id, pod.status.podIP)
        }
        return
      }
      if (groupResource === 'persistentvolumeclaims') {
        if (type === 'DELETED' && options.claimDirectory !== undefined && isPathSegment(object.metadata.uid))
          rm(options.claimDirectory(cluster, object), { recursive: true, force: true }, () => {})
        return
      }
      const reading = readers.get(`${cluster} ${groupResource} ${podKey(object)}`)
      if (reading !== undefined) for (const id of reading) known.get(id)?.run?.refreshVolumes()
    },
    async reconcile(cluster, object, write) {
      if (stopped) return
      const pod = object as Pod
      const id = idOf(cluster.name, pod)
      const entry = known.get(id)
      if (entry === undefined) return
      await entry.halting
      // Nothing of it may have come back to life meanwhile.
      if (stopped || known.get(id) !== entry) return
      const terminating = pod.metadata.deletionTimestamp !== undefined
      if (entry.run === undefined && !terminating && !isOver(pod.status?.phase)) open(id, entry, cluster, pod)
      const { run } = entry
      if (run !== undefined) {
        run.update(pod)
        const annotations = boundPorts(pod, options)
        const metadata =
          annotations === undefined
            ? pod.metadata
            : { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } }
        const written = await write.status(pod, { ...pod, metadata, status: run.status(pod) })
        if (isOver((written as Pod).status?.phase) && run.ended && entry.weight > 0 && known.get(id) === entry) {
          // Its processes have ended for good: others may have theirs, and its address.
          weight -= entry.weight
          known.set(id, { ...entry, weight: 0 })
          pools.get(entry.cluster)?.release(id, entry.address)
        }
      }
      if (!terminating || (run !== undefined && !run.ended) || stopped) return
      // Finalizers hold it still; what runs in it has ended.
      if ((pod.metadata.deletionGracePeriodSeconds ?? 0) > 0 || !pod.metadata.finalizers?.length)
        await write.delete(pod, { gracePeriodSeconds: 0 })
    },
    onChange: (listener) => void listeners.push(listener),
    halt(cluster, node) {
      for (const entry of known.values()) {
        const { run } = entry
        if (entry.cluster !== cluster || run?.pod.spec.nodeName !== node) continue
        delete entry.run
        entry.halting = dispose(entry.key, run, 0)
      }
    },
    forget(cluster) {
      for (const [id, entry] of known) if (entry.cluster === cluster) void drop(id, 0)
      pools.delete(cluster)
    },
    usage(cluster, uid) {
      const run = known.get(`${cluster} ${uid}`)?.run
      return run?.containers.flatMap((container) => {
        const usage = container.process === undefined ? undefined : usageOf(container.process.pid)
        return usage === undefined ? [] : [{ container: container.spec.name, ...usage }]
      })
    },
    async stop() {
      if (stopped) return
      stopped = true
      cancelWatch()
      await Promise.all([...known.keys()].map((id) => drop(id, stopGraceMs)))
      await options.launcher.stop()
      removeLeftovers(options.directory)
    },
  }
}

/** The ports below 1024 that the pod names, when others are bound for them. */
function boundPorts(pod: Pod, options: ProcessPodsOptions): Record<string, string> | undefined {
  const moved: Record<string, number> = {}
  for (const { ports = [] } of pod.spec.containers)
    for (const { containerPort } of ports)
      if (options.boundPort(containerPort) !== containerPort) moved[containerPort] = options.boundPort(containerPort)
  return Object.keys(moved).length === 0 ? undefined : { [options.boundPortsAnnotation]: JSON.stringify(moved) }
}

/** ConfigMaps and Secrets that volumes show, or that a container waits for. */
function referencesOf(pod: Pod): Set<string> {
  const found = PodVolumes.references(pod)
  const namespace = pod.metadata.namespace ?? ''
  const { containers, initContainers = [] } = pod.spec
  for (const container of [...containers, ...initContainers] as Container[]) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      if (configMapRef) found.add(`configmaps ${namespace}/${configMapRef.name}`)
      if (secretRef) found.add(`secrets ${namespace}/${secretRef.name}`)
    }
    for (const { valueFrom } of container.env ?? []) {
      if (valueFrom?.configMapKeyRef) found.add(`configmaps ${namespace}/${valueFrom.configMapKeyRef.name}`)
      if (valueFrom?.secretKeyRef) found.add(`secrets ${namespace}/${valueFrom.secretKeyRef.name}`)
    }
  }
  return found
}

/** Local commands only: a built-in server alone is larger than the limits that small images are given. */
function exceedsLimit(run: ContainerRun): boolean {
  const limit = run.spec.resources?.limits?.['memory']
  if (limit === undefined || run.process === undefined || run.prepared?.wish.kind !== 'local') return false
  const usage = usageOf(run.process.pid)
  return usage !== undefined && usage.memoryBytes > quantityValue(parseQuantity(limit))
}

/** Whoever may write a node's status says what its address is: pods are only where the cluster's nodes may be. */
function nodeAddress(node: KubeObject | undefined, range: string | undefined): string | undefined {
  const status = node?.['status'] as { addresses?: { type: string; address: string }[] } | undefined
  const address = status?.addresses?.find((each) => each.type === 'InternalIP')?.address
  return address !== undefined && range !== undefined && new AddressPool(range).contains(address) ? address : undefined
}
