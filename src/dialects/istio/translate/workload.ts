import type { Condition, KubeObject } from '../../../kube/object/kube-object.js'
import { parseLocality } from '../../../services/model/rank/locality-text.js'
import type { Endpoint, EndpointPort } from '../../../services/model/service-model.js'
import { type Fields, fieldsOf, labelsOf, numberOf, textOf } from '../validation/read-json.js'
import { isSomeIp } from '../validation/validate-workload-entry.js'

export interface EntryPort {
  readonly name: string
  readonly number: number
  readonly targetPort: number
  readonly protocol: EndpointPort['protocol']
}

/** The endpoint that an entry of a ServiceEntry or a WorkloadEntry is; undefined when its address is no address. */
export function endpointOf(
  workload: Fields,
  ports: readonly EntryPort[],
  more: { isReady: boolean; labels?: Readonly<Record<string, string>>; network: string },
): Endpoint | undefined {
  const address = textOf(workload['address'])
  if (!isSomeIp(address)) return undefined
  const own = fieldsOf(workload['ports']) ?? {}
  return {
    addresses: [address],
    ports: ports.map(
      (port): EndpointPort => ({
        name: port.name,
        protocol: port.protocol,
        port: numberOf(own[port.name]) || port.targetPort || port.number,
      }),
    ),
    ready: more.isReady,
    serving: more.isReady,
    terminating: false,
    locality: parseLocality(textOf(workload['locality'])),
    labels: { ...more.labels, ...labelsOf(workload['labels']) },
    weight: Math.max(1, numberOf(workload['weight'])),
    network: textOf(workload['network']) || more.network,
  }
}

/** Health counts only for entries that are annotated to have it checked; these are healthy once their condition says so. */
export function isHealthy(entry: KubeObject): boolean {
  if (entry.metadata.annotations?.['proxy.istio.io/health-checks-enabled'] !== 'true') return true
  const status = entry['status'] as { conditions?: Condition[] } | undefined
  return (status?.conditions ?? []).some(({ type, status: value }) => type === 'Healthy' && value === 'True')
}
