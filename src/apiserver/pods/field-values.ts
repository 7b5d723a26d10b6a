import { parseQuantity, quantityMilliValue, quantityValue } from '../../kube/object/quantity.js'
import type { FieldReference, Pod, ResourceReference } from './pod-types.js'

/** What a downward reference says of a pod while it runs. */
export interface PodFacts {
  readonly pod: Pod
  readonly podIP: string
  readonly hostIP: string
  /** Allocatable of the node, which limits what has no limit of its own. */
  readonly allocatable: Readonly<Record<string, string>>
}

/** The value of a `fieldRef`; undefined for paths that there are not. */
export function fieldValue({ fieldPath }: FieldReference, facts: PodFacts): string | undefined {
  const { pod } = facts
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath)
  if (keyed !== null) return (keyed[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[keyed[2] as string] ?? ''
  switch (fieldPath) {
    case 'metadata.name':
      return pod.metadata.name
    case 'metadata.namespace':
      return pod.metadata.namespace ?? ''
    case 'metadata.uid':
      return pod.metadata.uid ?? ''
    case 'metadata.labels':
      return formatMap(pod.metadata.labels)
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations)
    case 'spec.nodeName':
      return pod.spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? ''
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIP
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIP
    default:
      return undefined
  }
}

function formatMap(map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map)
    .sort()
    .map((key) => `${key}=${JSON.stringify(map[key])}`)
    .join('\n')
}

/** The value of a `resourceFieldRef`, in units of its divisor, rounded up. */
export function resourceValue(reference: ResourceReference, containerName: string, facts: PodFacts): string | undefined {
  const { spec } = facts.pod
  const name = reference.containerName || containerName
  const container = [...spec.containers, ...(spec.initContainers ?? [])].find((each) => each.name === name)
  const [, kind = '', resource = ''] = /^(limits|requests)\.(.+)$/.exec(reference.resource) ?? []
  if (container === undefined || resource === '') return undefined
  const { limits = {}, requests = {} } = container.resources ?? {}
  const whole = kind === 'limits' ? (limits[resource] ?? facts.allocatable[resource] ?? '0') : (requests[resource] ?? '0')
  const divisor = reference.divisor === undefined || String(reference.divisor) === '0' ? '1' : reference.divisor
  const quantity = parseQuantity(whole)
  const by = parseQuantity(divisor)
  if (resource === 'cpu') return String(Math.ceil(quantityMilliValue(quantity) / quantityMilliValue(by)))
  return String(Math.ceil(quantityValue(quantity) / quantityValue(by)))
}
