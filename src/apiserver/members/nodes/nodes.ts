import { formatMicroTime, formatTime } from '../../../base/clock.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterChange, LogicalClusters, ServerPorts } from '../../contract.js'
import type { MemberController, Work } from '../contract.js'
import { createWriter } from '../engine/writer.js'

export interface NodePoolOptions {
  /** Simulated nodes of a cluster (default 3). */
  readonly count?: number
}

/** Gives every member its simulated nodes. Nodes that a user deletes stay deleted until the process starts again. */
export function createNodePool(options: NodePoolOptions = {}): MemberController {
  const count = options.count ?? 3
  return {
    name: 'node-pool',
    manager: 'kubelet',
    watches: {
      // Namespace kube-system is the first sign of life of a cluster.
      namespaces({ object, type }: ClusterChange, queue) {
        if (object.metadata.name !== 'kube-system' || type !== 'ADDED') return
        for (let index = 1; index <= count; index++) queue.add(`node-${index}`)
      },
    },
    async reconcile(work) {
      if (work.cluster.peek('nodes', work.key) === undefined) await work.write.create(nodeObject(work))
      return undefined
    },
  }
}

const capacity = {
  cpu: '16',
  memory: '64Gi',
  'ephemeral-storage': '200Gi',
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  pods: '1000',
}

function nodeObject(work: Work): KubeObject {
  const name = work.key
  const number = Number(name.slice('node-'.length))
  const now = work.nowText()
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  })
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': work.cluster.name,
        'topology.kubernetes.io/zone': `${work.cluster.name}-${'abc'[(number - 1) % 3]}`,
      },
    },
    spec: {
      podCIDR: `10.244.${number}.0/24`,
      podCIDRs: [`10.244.${number}.0/24`],
      providerID: `flotilla://${work.cluster.name}/${name}`,
    },
    status: {
      addresses: [
        { type: 'InternalIP', address: `172.18.0.${number + 1}` },
        { type: 'Hostname', address: name },
      ],
      allocatable: capacity,
      capacity,
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        architecture: 'amd64',
        bootID: '',
        containerRuntimeVersion: 'simulated://1.0',
        kernelVersion: 'simulated',
        kubeProxyVersion: '',
        kubeletVersion: work.cluster.api.version.gitVersion,
        machineID: '',
        operatingSystem: 'linux',
        osImage: 'Flotilla simulated node',
        systemUUID: '',
      },
    },
  }
}

/**
 * Renews the Leases of all nodes of all clusters with one timer. Rare, as every renewal is a write and nothing here
 * watches them; `leaseDurationSeconds` says so to those that do. The returned function stops it.
 */
export function renewLeases(options: {
  clusters: LogicalClusters
  ports: ServerPorts
  hasNodes(cluster: string): boolean
  /** Seconds between renewals (default 300). */
  everySeconds?: number
}): () => void {
  const everySeconds = options.everySeconds ?? 300
  const { clock, log } = options.ports
  let stopped = false
  let cancel = () => {}
  const renew = async () => {
    const now = clock.now()
    for (const cluster of options.clusters.list()) {
      if (!options.hasNodes(cluster.name)) continue
      const write = createWriter(cluster, 'kubelet')
      for (const node of cluster.peekAll('nodes')) {
        if (stopped) return
        const lease = cluster.peek('leases.coordination.k8s.io', `kube-node-lease/${node.metadata.name}`)
        const spec = {
          holderIdentity: node.metadata.name,
          leaseDurationSeconds: everySeconds * 2,
          renewTime: formatMicroTime(now),
        }
        try {
          await (lease === undefined ? write.create(leaseOf(node, spec)) : write.update({ ...lease, spec }))
        } catch (error) {
          log.debug('lease not renewed', {
            cluster: cluster.name,
            node: node.metadata.name,
            at: formatTime(now),
            error: String(error),
          })
        }
      }
    }
  }
  const arm = () => {
    cancel = clock.after(everySeconds * 1000, () => void renew().then(() => stopped || arm()))
  }
  arm()
  return () => {
    stopped = true
    cancel()
  }
}

function leaseOf(node: KubeObject, spec: unknown): KubeObject {
  const { name, uid = '' } = node.metadata
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease', ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] },
    spec,
  }
}
