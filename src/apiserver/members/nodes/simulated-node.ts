import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterNetwork, LogicalCluster } from '../../contract.js'
import type { Node } from '../engine/objects.js'
import { nodeAddress } from '../network/address-plan.js'
import { capacityOf, defaultInstanceType, type InstanceType, instanceType } from './instance-types.js'

/** `simulated` on a Node makes it one that Flotilla plays the kubelet of. */
export const kubeletAnnotation = 'simulation.flotilla.dev/kubelet'
const providerPrefix = 'flotilla://'

/** Nodes of the pool, those that ask for it, and those made for KWOK. All others have a kubelet somewhere else. */
export function isSimulated({ metadata, ...node }: KubeObject): boolean {
  const provider = (node['spec'] as { providerID?: string } | undefined)?.providerID
  if (provider?.startsWith(providerPrefix)) return true
  const { annotations = {}, labels = {} } = metadata
  if (annotations[kubeletAnnotation] === 'simulated' || labels[kubeletAnnotation] === 'simulated') return true
  return annotations['kwok.x-k8s.io/node'] === 'fake'
}

/**
 * The n-th node (from 1) of a cluster's pool, before its kubelet has said anything. Nodes stand in three zones of the region
 * (`us-east-1a`); without one, the cluster is a region of its own.
 */
export function poolNode(cluster: string, n: number, type: InstanceType, region?: string): KubeObject {
  const name = `node-${n}`
  const letter = 'abc'[(n - 1) % 3]
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { [kubeletAnnotation]: 'simulated' },
      labels: {
        'beta.kubernetes.io/arch': type.arch,
        'beta.kubernetes.io/instance-type': type.name,
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': type.arch,
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'node.kubernetes.io/instance-type': type.name,
        'topology.kubernetes.io/region': region ?? cluster,
        'topology.kubernetes.io/zone': region === undefined ? `${cluster}-${letter}` : `${region}${letter}`,
      },
    },
    spec: { ...podRangeOf(n), providerID: `${providerPrefix}${cluster}/${name}` },
  }
}

/** There are 255 ranges of pods; simulated pods take their addresses from all of 10.244.0.0/16 anyway. */
export function podRangeOf(n: number): { podCIDR?: string; podCIDRs?: string[] } {
  return n < 1 || n > 255 ? {} : { podCIDR: `10.244.${n}.0/24`, podCIDRs: [`10.244.${n}.0/24`] }
}

const conditionTexts = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
] as const

export interface NodeCondition {
  type: string
  status: string
  reason?: string
  message?: string
  lastHeartbeatTime?: string | null
  lastTransitionTime?: string | null
}

/** What a kubelet that is well reports. What the node has already (a capacity that its maker chose) stays. */
export function reportedStatus(
  node: Node,
  at: { nowText: string; number: number; network: ClusterNetwork | undefined; cluster: LogicalCluster },
): Node['status'] {
  const before = (node.status ?? {}) as Record<string, unknown> & { conditions?: NodeCondition[] }
  const labels = node.metadata.labels ?? {}
  const type = instanceType(labels['node.kubernetes.io/instance-type']) ?? defaultInstanceType
  const given = (name: string) => {
    const amounts = before[name] as Record<string, string> | undefined
    return amounts && Object.keys(amounts).length > 0 ? amounts : undefined
  }
  const capacity = given('capacity') ?? given('allocatable') ?? capacityOf(type)
  const conditions = conditionTexts.map(([name, status, reason, message]) => {
    const known = before.conditions?.find((condition) => condition.type === name)
    const lastTransitionTime = known?.status === status ? (known.lastTransitionTime ?? at.nowText) : at.nowText
    return { type: name, status, reason, message, lastHeartbeatTime: at.nowText, lastTransitionTime }
  })
  const others = (before.conditions ?? []).filter(({ type: name }) => !conditionTexts.some(([own]) => own === name))
  const addresses = (before['addresses'] as { type: string; address: string }[] | undefined) ?? []
  const version = at.cluster.api.version.gitVersion
  return {
    ...before,
    addresses:
      addresses.length > 0
        ? addresses
        : [
            { type: 'InternalIP', address: internalAddress(at.number, at.network) },
            { type: 'Hostname', address: labels['kubernetes.io/hostname'] ?? node.metadata.name },
          ],
    allocatable: given('allocatable') ?? capacity,
    capacity,
    conditions: [...others, ...conditions],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      architecture: labels['kubernetes.io/arch'] ?? type.arch,
      bootID: '',
      containerRuntimeVersion: 'simulated://1.0',
      kernelVersion: 'simulated',
      kubeProxyVersion: '',
      kubeletVersion: version,
      machineID: '',
      operatingSystem: labels['kubernetes.io/os'] ?? 'linux',
      osImage: 'Flotilla simulated node',
      systemUUID: '',
    },
  } as Node['status']
}

function internalAddress(number: number, network: ClusterNetwork | undefined): string {
  return network === undefined ? `172.18.${(number + 1) >> 8}.${(number + 1) & 255}` : nodeAddress(network, number)
}

/** Whether a kubelet that is well would have anything new to report, apart from the time. */
export function isReported(node: Node): boolean {
  const status = node.status as { conditions?: NodeCondition[]; allocatable?: object; nodeInfo?: object; addresses?: unknown[] }
  if (!status?.allocatable || !status.nodeInfo || !status.addresses?.length) return false
  return conditionTexts.every(([type, wanted, reason]) =>
    status.conditions?.some((known) => known.type === type && equalJson([known.status, known.reason], [wanted, reason])),
  )
}
