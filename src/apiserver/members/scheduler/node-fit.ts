import type { Node } from '../engine/objects.js'
import type { NodeUsage } from './cluster-state.js'
import { matchesRequired } from './node-affinity.js'
import type { HostPort, PodClass } from './pod-class.js'
import { type Rejection, taintsOf, unschedulableTaint } from './spec.js'
import { tolerates, untoleratedTaint } from './tolerations.js'

/** What depends on the node alone, not on the pods there. */
export function rejectByNode(
  node: Node,
  pod: Pick<PodClass, 'tolerations' | 'nodeSelector' | 'affinity'>,
): Rejection | undefined {
  const cordoned = node.spec?.unschedulable === true
  if (cordoned && !tolerates(pod.tolerations, { key: unschedulableTaint, effect: 'NoSchedule' })) return rejections.unschedulable
  const taint = untoleratedTaint(taintsOf(node), pod.tolerations)
  if (taint !== undefined) {
    const reason = `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`
    return { reasons: [reason], plugin: 'TaintToleration', unresolvable: true }
  }
  return matchesRequired(node, pod) ? undefined : rejections.affinity
}

const rejections = {
  unschedulable: { reasons: ['node(s) were unschedulable'], plugin: 'NodeUnschedulable', unresolvable: true },
  affinity: {
    reasons: ["node(s) didn't match Pod's node affinity/selector"],
    plugin: 'NodeAffinity',
    unresolvable: true,
  },
  ports: {
    reasons: ["node(s) didn't have free ports for the requested pod ports"],
    plugin: 'NodePorts',
    unresolvable: false,
  },
} satisfies Record<string, Rejection>

/** Ports and resources: what the pods on the node leave. */
export function rejectByUsage(usage: NodeUsage, pod: PodClass): Rejection | undefined {
  if (pod.hostPorts.length > 0 && !portsFree(usage, pod.hostPorts)) return rejections.ports
  if (fits(usage, pod)) return undefined
  return { reasons: shortages(usage, pod), plugin: 'NodeResourcesFit', unresolvable: false }
}

function fits(usage: NodeUsage, { requests }: PodClass): boolean {
  const { allocatable, used } = usage
  if (usage.pods.size + 1 > usage.mostPods) return false
  if (requests.cpu > 0 && requests.cpu > allocatable.cpu - used.cpu) return false
  if (requests.memory > 0 && requests.memory > allocatable.memory - used.memory) return false
  if (requests.storage > 0 && requests.storage > allocatable.storage - used.storage) return false
  return requests.others === undefined || shortOthers(usage, requests.others).length === 0
}

function shortages(usage: NodeUsage, { requests }: PodClass): string[] {
  const { allocatable, used } = usage
  const reasons: string[] = []
  if (usage.pods.size + 1 > usage.mostPods) reasons.push('Too many pods')
  if (requests.cpu > 0 && requests.cpu > allocatable.cpu - used.cpu) reasons.push('Insufficient cpu')
  if (requests.memory > 0 && requests.memory > allocatable.memory - used.memory) reasons.push('Insufficient memory')
  if (requests.storage > 0 && requests.storage > allocatable.storage - used.storage) {
    reasons.push('Insufficient ephemeral-storage')
  }
  if (requests.others !== undefined) reasons.push(...shortOthers(usage, requests.others))
  return reasons
}

function shortOthers({ allocatable, used }: NodeUsage, wanted: ReadonlyMap<string, number>): string[] {
  const reasons: string[] = []
  for (const [name, amount] of wanted) {
    if (amount > 0 && amount > (allocatable.others?.get(name) ?? 0) - (used.others?.get(name) ?? 0)) {
      reasons.push(`Insufficient ${name}`)
    }
  }
  return reasons
}

function portsFree(usage: NodeUsage, wanted: readonly HostPort[]): boolean {
  for (const placed of usage.pods.values()) {
    for (const taken of placed.class.hostPorts) if (wanted.some((port) => hostPortsClash(port, taken))) return false
  }
  return true
}

/** All addresses of a node together stand against each one of them. */
export function hostPortsClash(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false
  return a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0'
}
