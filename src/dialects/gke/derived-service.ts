import type { KubeObject } from '../../kube/object/kube-object.js'
import type { KubeServicePort } from '../../services/model/kube-kinds.js'
import { multiClusterNames } from '../../services/model/multi-cluster-names.js'
import type { ServiceName } from '../../services/model/service-model.js'
import { readMultiClusterService } from './multi-cluster-service.js'

/** On derived Services: the MultiClusterService that they are made of, as JSON. */
export const parentAnnotation = 'networking.gke.io/multiclusterservice-parent'

/**
 * The headless Service that stands for a MultiClusterService in a linked cluster: its endpoints are the backends there. Its name
 * is `mci-NAME-svc-` and 16 characters, the name cut where that gets too long.
 */
export function derivedService(object: KubeObject): KubeObject {
  const { namespace = '', name } = object.metadata
  const { selector, template } = readMultiClusterService(object)
  const ports = (Array.isArray(template['ports']) ? template['ports'] : []) as KubeServicePort[]
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: derivedName({ namespace, name }),
      namespace,
      labels: { [multiClusterNames.ownerLabel]: multiClusterNames.owner },
      annotations: { [parentAnnotation]: JSON.stringify({ Namespace: namespace, Name: name }) },
    },
    spec: { clusterIP: 'None', selector, ports: ports.map(({ nodePort: _none, ...port }) => port) },
  }
}

export function derivedName({ namespace, name }: ServiceName): string {
  const suffix = `-svc-${hash(`${namespace}/${name}`)}`
  return `mci-${name.slice(0, 63 - 'mci-'.length - suffix.length)}${suffix}`
}

/** The MultiClusterService behind a derived Service. */
export function parentOf(service: KubeObject): ServiceName | undefined {
  const text = service.metadata.annotations?.[parentAnnotation]
  if (text === undefined) return undefined
  try {
    const { Namespace: namespace, Name: name } = JSON.parse(text) as Record<string, unknown>
    return typeof namespace === 'string' && typeof name === 'string' ? { namespace, name } : undefined
  } catch {
    return undefined
  }
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** 16 letters and digits: two rounds of 64-bit FNV-1a. Not a secret; it only keeps names apart. */
function hash(text: string): string {
  let found = ''
  for (const seed of [0xcbf29ce484222325n, 0x9ae16a3b2f90404fn]) {
    let state = seed
    for (const byte of new TextEncoder().encode(text)) state = BigInt.asUintN(64, (state ^ BigInt(byte)) * 0x100000001b3n)
    for (let index = 0; index < 8; index++) {
      found += alphabet[Number(state % 36n)]
      state /= 36n
    }
  }
  return found
}
