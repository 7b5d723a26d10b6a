import type { KubeObject } from '../../kube/object/kube-object.js'
import type { FleetCa } from '../auth/fleet-ca.js'
import type { LogicalClusters, ServerPorts } from '../contract.js'
import { createHorizontalAutoscaler } from './autoscaling/horizontal-autoscaler.js'
import { PodMeasurements } from './autoscaling/pod-measurements.js'
import { createCertificateRequests } from './certificates/certificate-requests.js'
import type { MemberController } from './contract.js'
import { MemberEngine } from './engine/engine.js'
import { createKubelet, type KubeletOptions } from './kubelet/kubelet.js'
import { type ClusterDnsOptions, createClusterDns } from './network/cluster-dns.js'
import { mirrorEndpoints } from './network/endpoints/mirror-endpoints.js'
import { createEndpoints } from './network/endpoints/service-endpoints.js'
import { createForwarding, type ForwardingOptions } from './network/forwarding/forwarding.js'
import { createInfrastructure } from './network/infrastructure.js'
import { isKubeletUp } from './nodes/chaos-state.js'
import { startHeartbeats } from './nodes/node-heartbeats.js'
import { createNodeLifecycle } from './nodes/node-lifecycle.js'
import { createNodePool, type NodePoolOptions } from './nodes/node-pool.js'
import { createPodCollection } from './nodes/pod-collection.js'
import { PodsByNode } from './nodes/pods-by-node.js'
import { createTaintEviction } from './nodes/taint-eviction.js'
import { createScheduler } from './scheduler/scheduler.js'
import { createVolumeBinder } from './storage/volume-binder.js'
import { createFlowSchemaStatus } from './upkeep/flow-schema-status.js'
import { createGarbageCollector } from './upkeep/garbage-collector.js'
import { createNamespaceDefaults } from './upkeep/namespace-defaults.js'
import { namespaces } from './upkeep/namespaces.js'
import { policyStatus } from './upkeep/policy-status.js'
import { createRoleAggregation } from './upkeep/role-aggregation.js'
import { createServiceAccountSecrets, type IssueSecretToken } from './upkeep/service-account-secrets.js'
import { storageProtection } from './upkeep/storage-protection.js'
import { cronJobs } from './workloads/cron-jobs.js'
import { createDaemonSets } from './workloads/daemon-sets.js'
import { deployments } from './workloads/deployments.js'
import { createDisruptionBudgets } from './workloads/disruption-budgets.js'
import { holdTemplates } from './workloads/hold-templates.js'
import { createJobs } from './workloads/jobs.js'
import { createReplicaSets } from './workloads/replica-sets.js'
import { createStatefulSets } from './workloads/stateful-sets.js'
import { type IsTemplate, withoutTemplates } from './workloads/templates.js'

/**
 * What a cluster is for. `bare`: an API server alone. `control`: namespaces and ownership are looked after, as the hub needs
 * it. `member`: workloads run too, on simulated nodes.
 */
export type ClusterProfile = 'bare' | 'control' | 'member'

export interface StartMembersOptions extends KubeletOptions {
  readonly clusters: LogicalClusters
  readonly ports: ServerPorts
  /** Default: `control` for a cluster named hub, `member` for all others. Must not change while a cluster lives. */
  profileOf?(cluster: string): ClusterProfile
  /** Clusters where workloads that are templates for others are not run (default: the one named hub). Asked often: be quick. */
  holdsTemplates?(cluster: string): boolean
  /** PEM of the authority that signs the server's certificate, for the ConfigMap kube-root-ca.crt (default: empty). */
  rootCertificate?(cluster: string): string
  /** For Secrets of type kubernetes.io/service-account-token; without it they stay empty. */
  readonly issueSecretToken?: IssueSecretToken
  /** Signs approved CertificateSigningRequests; without it they stay as they are. */
  readonly certify?: FleetCa['certify']
  readonly nodes?: NodePoolOptions
  /** What pods use (default: measured by `pods`). */
  readonly measurements?: PodMeasurements
  /** Seconds between renewals of the nodes' Leases (default 10; longer where there are many nodes); 0 writes none. */
  readonly renewLeasesEverySeconds?: number
  /** Networks of the clusters' own, and what this machine allows (default: no traffic flows). */
  readonly network?: Pick<ForwardingOptions, 'networkOf' | 'apiAddressOf' | 'abilities' | 'links'> &
    Pick<ClusterDnsOptions, 'forwardNamesTo' | 'dnsCompatibility' | 'handlersOf'>
  /** Workloads that are kept in a cluster and run elsewhere (default: none). */
  readonly isTemplate?: IsTemplate
  /** Stops everything when it aborts. */
  readonly signal?: AbortSignal
  /** Milliseconds that bursts of changes are gathered (default 15). */
  readonly gatherMs?: number
  /** Which Events controllers write (default: all). */
  readonly events?: 'all' | 'warnings'
}

export interface Members {
  /** True when nothing is at work and nothing is due now. */
  readonly idle: boolean
  /** A cluster without power: nothing looks after it, its processes are killed and its listeners closed. What it has stored stays. */
  halt(cluster: string): void
  /** The power is back: everything is looked at as after a restart of the process. */
  resume(cluster: string): void
  /** What the clusters' parts have counted, in the text format of Prometheus. */
  metrics(): string
  stop(): void
}

/** Starts what makes the logical clusters behave. One set of controllers serves all of them, however many there are. */
export function startMembers(options: StartMembersOptions): Members {
  const { clusters, ports } = options
  const profileOf = (cluster: string) => options.profileOf?.(cluster) ?? (cluster === 'hub' ? 'control' : 'member')
  const peekAll = (cluster: string, resource: string, namespace?: string): Iterable<KubeObject> =>
    clusters.get(cluster)?.peekAll(resource, namespace) ?? []
  const measurements = options.measurements ?? new PodMeasurements(ports, (cluster, uid) => options.pods?.usage(cluster, uid))
  const podsByNode = new PodsByNode()
  const forwarding = options.network && createForwarding({ ...ports, clusters, ...options.network })
  const names = options.network && createClusterDns({ ...ports, clusters, ...options.network })
  const control: MemberController[] = [
    namespaces,
    createNamespaceDefaults(options.rootCertificate ?? (() => '')),
    createGarbageCollector(),
    createRoleAggregation(peekAll),
    ...(options.issueSecretToken
      ? [createServiceAccountSecrets(options.rootCertificate ?? (() => ''), options.issueSecretToken, peekAll)]
      : []),
    ...(options.certify ? [createCertificateRequests(options.certify)] : []),
    storageProtection,
    policyStatus,
    createFlowSchemaStatus(peekAll),
  ]
  const member: MemberController[] = [
    ...control,
    createNodePool({ ...options.nodes, ...(options.network ? { networkOf: options.network.networkOf } : {}) }),
    createNodeLifecycle(podsByNode),
    createTaintEviction(podsByNode),
    createPodCollection(podsByNode),
    createScheduler(),
    createKubelet(options, { isUp: isKubeletUp, podsOn: (cluster, node) => podsByNode.on(cluster, node) }),
    withoutTemplates(deployments, 'deployments.apps', options.isTemplate),
    withoutTemplates(createReplicaSets(peekAll, 'ReplicaSet'), 'replicasets.apps', options.isTemplate),
    createReplicaSets(peekAll, 'ReplicationController'),
    withoutTemplates(createStatefulSets(peekAll), 'statefulsets.apps', options.isTemplate),
    withoutTemplates(createDaemonSets(peekAll), 'daemonsets.apps', options.isTemplate),
    withoutTemplates(createJobs(peekAll), 'jobs.batch', options.isTemplate),
    withoutTemplates(cronJobs, 'cronjobs.batch', options.isTemplate),
    createEndpoints(),
    mirrorEndpoints,
    createDisruptionBudgets(peekAll),
    createInfrastructure(options.network?.networkOf),
    withoutTemplates(createHorizontalAutoscaler(measurements), 'horizontalpodautoscalers.autoscaling', options.isTemplate),
    createVolumeBinder(),
    ...(forwarding ? [forwarding.controller] : []),
    ...(names ? [names.controller] : []),
  ]
  const holds = (cluster: string) => options.holdsTemplates?.(cluster) ?? cluster === 'hub'
  const sets: Record<ClusterProfile, readonly MemberController[]> = {
    bare: [],
    control,
    member: member.map((controller) => holdTemplates(controller, holds)),
  }
  const engine = new MemberEngine({
    clusters,
    ports,
    controllersOf: (cluster) => sets[profileOf(cluster)],
    ...(options.gatherMs === undefined ? {} : { gatherMs: options.gatherMs }),
    ...(options.events === undefined ? {} : { events: options.events }),
  })
  const everySeconds = options.renewLeasesEverySeconds ?? 10
  const stopRenewing =
    everySeconds === 0
      ? () => {}
      : startHeartbeats({
          clusters,
          ports,
          everySeconds,
          hasNodes: (cluster) => profileOf(cluster) === 'member' && !engine.isHalted(cluster),
        })
  const stop = () => {
    stopRenewing()
    engine.stop()
    forwarding?.stop()
    names?.stop()
  }
  options.signal?.addEventListener('abort', stop, { once: true })
  return {
    get idle() {
      return engine.idle
    },
    halt: (cluster) => engine.halt(cluster),
    resume: (cluster) => engine.resume(cluster),
    metrics: () => names?.metrics() ?? '',
    stop,
  }
}
