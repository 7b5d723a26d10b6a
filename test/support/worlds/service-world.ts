import type { KubeObject } from '../../../src/kube/object/kube-object.js'
import type { ResourceType } from '../../../src/kube/object/resource-type.js'
import { isNotFound } from '../../../src/kube/object/status-error.js'
import {
  type EndpointSlice,
  endpointSliceType,
  type KubeService,
  namespaceType,
  serviceType,
} from '../../../src/services/model/kube-kinds.js'
import {
  type ServiceExport,
  type ServiceImport,
  serviceExportType,
  serviceImportType,
} from '../../../src/services/model/multi-cluster-kinds.js'
import { multiClusterNames } from '../../../src/services/model/multi-cluster-names.js'
import { createWorld, type World } from './world.js'

export const shop = 'shop'

/** A fleet in memory whose members have services; what runs behind them are slices that a test writes by hand. */
export interface ServiceWorld extends World {
  /** Namespace, Service without a selector, and a slice with these endpoints. */
  deploy(cluster: string, options?: Deployed): Promise<void>
  /** Replaces the endpoints of a deployed Service. */
  endpoints(cluster: string, addresses: readonly string[], options?: { name?: string; ready?: boolean }): Promise<void>
  exportService(cluster: string, more?: Partial<KubeObject> & { spec?: object }): Promise<void>
  unexport(cluster: string, name?: string): Promise<void>
  exported(cluster: string, name?: string): Promise<ServiceExport>
  imported(cluster: string, name?: string): Promise<ServiceImport | undefined>
  /** Slices that the catalogue wrote, by name. */
  slices(cluster: string): Promise<EndpointSlice[]>
  /** `source active|standby N: addresses`, sorted. */
  traffic(cluster: string): Promise<string[]>
  find<T extends KubeObject>(cluster: string, type: ResourceType, namespace: string, name: string): Promise<T | undefined>
}

export interface Deployed {
  readonly name?: string
  readonly endpoints?: readonly string[]
  readonly spec?: NonNullable<KubeService['spec']> & { externalName?: string }
}

const http = { name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }

export async function createServiceWorld(
  members: Readonly<Record<string, Readonly<Record<string, string>>>>,
  seed = 1,
  more: { leases?: boolean } = {},
): Promise<ServiceWorld> {
  const world = await createWorld({ members, seed, ...more })
  const find = async <T extends KubeObject>(cluster: string, type: ResourceType, namespace: string, name: string) =>
    world
      .client(cluster)
      .get<T>({ type, namespace, name })
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined
        throw error
      })
  const sliceOf = (name: string, addresses: readonly string[], ready = true): EndpointSlice => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-own`, namespace: shop, labels: { [multiClusterNames.kubeServiceLabel]: name } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready } })),
  })
  const slices = async (cluster: string) => {
    const labelSelector = `${multiClusterNames.managedByLabel}=${multiClusterNames.sliceManager}`
    return (await world.client(cluster).list<EndpointSlice>(endpointSliceType, { namespace: shop, labelSelector })).items
  }
  return {
    ...world,
    find,
    slices,
    async deploy(cluster, { name = 'api', endpoints = [], spec = {} } = {}) {
      const client = world.client(cluster)
      if ((await find(cluster, namespaceType, '', shop)) === undefined)
        await client.create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
      await client.create(serviceType, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: shop },
        spec: { ports: [http], ...spec },
      })
      await client.create(endpointSliceType, sliceOf(name, endpoints))
    },
    async endpoints(cluster, addresses, { name = 'api', ready } = {}) {
      const { endpoints } = sliceOf(name, addresses, ready)
      const target = { type: endpointSliceType, namespace: shop, name: `${name}-own` }
      await world.client(cluster).patch(target, { kind: 'merge', body: { endpoints } })
    },
    async exportService(cluster, more = {}) {
      await world.client(cluster).create(serviceExportType, {
        apiVersion: 'multicluster.x-k8s.io/v1beta1',
        kind: 'ServiceExport',
        ...more,
        metadata: { name: 'api', namespace: shop, ...more.metadata },
      })
    },
    unexport: (cluster, name = 'api') => world.client(cluster).delete({ type: serviceExportType, namespace: shop, name }),
    async exported(cluster, name = 'api') {
      return (await find<ServiceExport>(cluster, serviceExportType, shop, name))!
    },
    imported: (cluster, name = 'api') => find<ServiceImport>(cluster, serviceImportType, shop, name),
    async traffic(cluster) {
      const rows = (await slices(cluster)).map(({ metadata, endpoints }) => {
        const source = metadata.labels?.[multiClusterNames.sourceClusterLabel]
        const active = metadata.labels?.[multiClusterNames.kubeServiceLabel] !== undefined
        const priority = metadata.annotations?.[multiClusterNames.priorityAnnotation]
        return `${source} ${active ? 'active' : `standby ${priority}`}: ${(endpoints ?? []).map((each) => each.addresses[0]).join(' ')}`
      })
      return rows.sort()
    },
  }
}

/** `Valid=True/Valid` of each condition, sorted by type. */
export function conditionTexts(
  object: { status?: { conditions?: { type: string; status: string; reason: string }[] } } | undefined,
): string[] {
  return (object?.status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status}/${reason}`).sort()
}
