import type { Log } from '../../../base/log.js'
import type { Random } from '../../../base/random.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterNetwork, LogicalCluster, LogicalClusters, NetworkOf } from '../../contract.js'
import { AnswerCache } from '../../dns/answer-cache.js'
import { type AnswerMessage, createAnswerer } from '../../dns/answer-message.js'
import { createClusterZone } from '../../dns/cluster-zone.js'
import { createClusterSetZone } from '../../dns/clusterset-zone.js'
import { DnsCounts, formatDnsCounts } from '../../dns/dns-counts.js'
import { chain, type DnsHandler, type DnsRecord, type HandlerContext } from '../../dns/handler.js'
import { createLighthouseNames, type PartOfService } from '../../dns/lighthouse-names.js'
import { type NameServer, openNameServer } from '../../dns/name-server.js'
import { createRelay } from '../../dns/relay.js'
import { createReverseZone } from '../../dns/reverse-zone.js'
import type { MemberController, Work } from '../contract.js'
import { dnsServiceAddressOf, isWithin } from './address-plan.js'
import { boundPort, type LoopbackAbilities } from './bound-port.js'
import { recordBoundPorts } from './bound-ports-record.js'
import { isInCidr } from './cidr.js'
import { ClusterNamesIndex } from './cluster-names-index.js'
import { ClusterSetNamesIndex } from './clusterset-names-index.js'
import type { ForwardedService } from './forwarding/service-plan.js'

export interface ClusterDnsOptions {
  readonly networkOf: NetworkOf
  readonly abilities: LoopbackAbilities
  /** Domain of all clusters (default `cluster.local`). */
  readonly domain?: string
  /** Domain of the cluster set (default `clusterset.local`). */
  readonly setDomain?: string
  /** Where questions go that no cluster answers (default: they are refused). */
  readonly forwardNamesTo?: { readonly address: string; readonly port: number }
  /** More links of a cluster's chain, at the places that their `order` says. Asked each time that its name server is opened. */
  readonly handlersOf?: (cluster: string, context: HandlerContext) => readonly DnsHandler[]
  /** `lighthouse`: the names that Submariner has beyond the specification are answered too (default: they are not there). */
  readonly dnsCompatibility?: DnsCompatibility
  readonly clusters?: Pick<LogicalClusters, 'get'>
  readonly random: Random
  readonly log: Log
}

export type DnsCompatibility = 'lighthouse'

export interface ClusterDns {
  readonly controller: MemberController
  /** What was asked and how often, in the text format of Prometheus. */
  metrics(): string
  stop(): void
}

/** The only key: two works of one cluster would bind its address twice. */
const key = 'kube-system/kube-dns'
const tryAgainMs = 20_000

interface ClusterState {
  readonly names: ClusterNamesIndex
  readonly setNames: ClusterSetNamesIndex
  readonly answers: AnswerCache
  readonly counts: DnsCounts
  server: NameServer | undefined
  address: string
}

/**
 * The name server of every cluster, at the address of its Service kube-dns. The Service is made when a cluster is first seen
 * by this process; who deletes it, or gives it a selector to run a name server of his own, turns ours off.
 */
export function createClusterDns(options: ClusterDnsOptions): ClusterDns {
  const states = new Map<string, ClusterState>()
  /** Clusters that have just come, whose Service is to be made. */
  const fresh = new Set<string>()
  let stopped = false
  const networkOf = (cluster: string) => (options.abilities.addresses ? options.networkOf(cluster) : undefined)
  const forget = (cluster: string) => {
    states.get(cluster)?.server?.close()
    states.delete(cluster)
    fresh.delete(cluster)
  }

  async function reconcile(work: Work): Promise<number | undefined> {
    const { cluster } = work
    const network = networkOf(cluster.name)
    if (network === undefined || stopped) return undefined
    let service = cluster.peek('services', key) as ForwardedService | undefined
    if (service === undefined && fresh.has(cluster.name)) {
      service = (await work.write.create(kubeDns(dnsServiceAddressOf(network)))) as ForwardedService
    }
    fresh.delete(cluster.name)
    const address = service === undefined ? '' : addressToServe(service, network)
    let state = states.get(cluster.name)
    if (state?.server !== undefined && state.address !== address) {
      state.server.close()
      state.server = undefined
    }
    if (service === undefined || address === '' || state?.server !== undefined) return undefined
    if (state === undefined) {
      state = {
        names: new ClusterNamesIndex(cluster),
        setNames: new ClusterSetNamesIndex(cluster),
        answers: new AnswerCache(() => options.random.number()),
        counts: new DnsCounts(),
        server: undefined,
        address,
      }
      states.set(cluster.name, state)
    }
    state.address = address
    const port = boundPort(53, options.abilities)
    try {
      const server = await openNameServer({ address, port }, answererOf(cluster, network, state, address))
      // The end, or the end of the cluster, came between.
      if (stopped || states.get(cluster.name) !== state) server.close()
      else state.server = server
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      options.log.warn('the name server of a cluster cannot be started', {
        cluster: cluster.name,
        at: `${address}:${port}`,
        error: message,
      })
      const why = code === 'EADDRINUSE' ? 'another program listens there' : message
      await work.write.warn(service, 'PortNotBound', `no name server at ${address}:${port}: ${why}`, work.nowText())
      return tryAgainMs
    }
    await recordBoundPorts(work, service, port === 53 ? {} : { 53: port })
    return undefined
  }

  function answererOf(
    cluster: LogicalCluster,
    network: ClusterNetwork,
    state: ClusterState,
    serverAddress: string,
  ): AnswerMessage {
    const { names, setNames, answers, counts } = state
    const { domain = 'cluster.local', setDomain = 'clusterset.local', forwardNamesTo } = options
    const ranges = [network.serviceRange, network.podRange, network.nodeRange, network.loadBalancerRange, '10.244.0.0/16']
    const mix = (records: DnsRecord[]) => shuffle(records, options.random)
    const ask = chain([
      createClusterZone({ names, domain, serverAddress, shuffle: mix }),
      createClusterSetZone({ names: setNames, domain: setDomain, serverAddress, shuffle: mix }),
      createReverseZone({ names, domain, isOwn: (address) => ranges.some((range) => isInCidr(range, address)) }),
      ...(options.dnsCompatibility === 'lighthouse'
        ? [createLighthouseNames({ names: setNames, domain: setDomain, cluster: cluster.name, serviceIn })]
        : []),
      ...(options.handlersOf?.(cluster.name, { changed: () => answers.forget() }) ?? []),
    ])
    const elsewhere = forwardNamesTo && createRelay(forwardNamesTo)
    return createAnswerer({ ask, answers, counts, ...(elsewhere ? { elsewhere } : {}) })
  }

  /** Ids of clusters are their names here, with the name of a registry after a dot where the fleet has one. */
  function serviceIn(id: string, namespace: string, name: string): PartOfService | undefined {
    const cluster = options.clusters?.get(id) ?? options.clusters?.get(id.split('.')[0]!)
    if (cluster === undefined) return undefined
    const service = new ClusterNamesIndex(cluster).service(namespace, name)
    return service === undefined ? undefined : { addresses: service.clusterIps, ports: service.ports }
  }

  return {
    controller: {
      name: 'cluster-dns',
      watches: {
        // Namespace kube-system is the first sign of life of a cluster.
        namespaces({ cluster, object, type }, queue) {
          states.get(cluster)?.answers.forget()
          if (object.metadata.name !== 'kube-system' || type !== 'ADDED' || networkOf(cluster) === undefined) return
          fresh.add(cluster)
          queue.add(key)
        },
        services(change, queue) {
          const state = states.get(change.cluster)
          state?.names.hear(change)
          state?.answers.forget()
          const { name, namespace } = change.object.metadata
          if (name === 'kube-dns' && namespace === 'kube-system') queue.add(key)
        },
        'endpointslices.discovery.k8s.io'(change) {
          const state = states.get(change.cluster)
          state?.names.hear(change)
          state?.setNames.hear(change)
          state?.answers.forget()
        },
        'serviceimports.multicluster.x-k8s.io'(change) {
          const state = states.get(change.cluster)
          state?.setNames.hear(change)
          state?.answers.forget()
        },
      },
      reconcile,
      forget,
    },
    metrics: () => formatDnsCounts([...states].map(([cluster, { counts }]) => [cluster, counts])),
    stop() {
      stopped = true
      for (const cluster of [...states.keys()]) forget(cluster)
    },
  }
}

/** Empty: not for us to serve. */
function addressToServe({ metadata, spec }: ForwardedService & { spec: { selector?: object } }, network: ClusterNetwork): string {
  const hasSelector = Object.keys(spec.selector ?? {}).length > 0
  if (metadata.deletionTimestamp !== undefined || hasSelector) return ''
  return spec.clusterIP !== undefined && isWithin(network.serviceRange, spec.clusterIP) ? spec.clusterIP : ''
}

function kubeDns(clusterIP: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns',
      namespace: 'kube-system',
      labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
    },
    spec: {
      clusterIP,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
      ],
    },
  }
}

function shuffle(records: DnsRecord[], random: Random): DnsRecord[] {
  const mixed = [...records]
  for (let index = mixed.length - 1; index > 0; index--) {
    const other = Math.floor(random.number() * (index + 1))
    ;[mixed[index], mixed[other]] = [mixed[other]!, mixed[index]!]
  }
  return mixed
}
