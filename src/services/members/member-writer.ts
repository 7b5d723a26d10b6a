import type { KubeClient, Target } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound } from '../../kube/object/status-error.js'
import type { ClusterView } from '../catalogue/cluster-view.js'
import { type EndpointSlice, endpointSliceType, type KubeService, serviceType } from '../model/kube-kinds.js'
import { type ServiceExport, type ServiceImport, serviceExportType, serviceImportType } from '../model/multi-cluster-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import type { ServiceName } from '../model/service-model.js'
import { serviceKey } from '../model/service-name.js'
import type { WrittenObjects } from './written-objects.js'

const fieldManager = 'flotilla-services'

/** One service in one cluster: how things stand there by what was read and written, and the ways to change them. */
export class MemberWriter {
  readonly view: ClusterView
  readonly service: ServiceName
  readonly #client: KubeClient
  readonly #written: WrittenObjects
  readonly #signal: AbortSignal
  writes = 0

  constructor(options: {
    view: ClusterView
    service: ServiceName
    client: KubeClient
    written: WrittenObjects
    signal: AbortSignal
  }) {
    this.view = options.view
    this.service = options.service
    this.#client = options.client
    this.#written = options.written
    this.#signal = options.signal
  }

  /** Whether the cluster has ServiceImports. */
  get servesImports(): boolean {
    return this.view.caches.of(serviceImportType) !== undefined
  }

  found(): ServiceImport | undefined {
    return this.#one<ServiceImport>(serviceImportType, this.service.name)
  }

  exported(): ServiceExport | undefined {
    return this.#one<ServiceExport>(serviceExportType, this.service.name)
  }

  kubeService(name: string): KubeService | undefined {
    return this.#one<KubeService>(serviceType, name)
  }

  /** The slices that the catalogue has written for the service and that `belongs` picks. */
  slices(belongs: (slice: KubeObject) => boolean): EndpointSlice[] {
    return this.#written
      .slices(serviceKey(this.service), this.view.writtenSlices(this.service))
      .filter(belongs) as EndpointSlice[]
  }

  /** The names of the clusters that a status lists by id: slices tell where the two differ, also of clusters not read yet. */
  namesOf(clusters: readonly { cluster: string }[] = []): string[] {
    const names = new Map<string, string>()
    for (const { metadata } of this.slices(() => true)) {
      const id = metadata.labels?.[multiClusterNames.sourceClusterLabel]
      const name = metadata.annotations?.[multiClusterNames.sourceNameAnnotation]
      if (id !== undefined && name !== undefined) names.set(id, name)
    }
    return clusters.map(({ cluster }) => names.get(cluster) ?? cluster)
  }

  async create<T extends KubeObject>(type: ResourceType, object: T): Promise<T> {
    return this.#note(this.#client.create<T>(this.#served(type), object, { fieldManager, signal: this.#signal }))
  }

  /** A merge patch that holds for the object as it was seen. */
  async patch<T extends KubeObject>(
    type: ResourceType,
    seen: T,
    body: Record<string, unknown>,
    subresource?: string,
  ): Promise<T> {
    const { namespace, name, resourceVersion } = seen.metadata
    const asked = JSON.stringify(body)
    if (subresource === undefined && this.#written.isInVain(seen, asked)) return seen
    const served = this.#served(type)
    const target: Target = {
      type: served,
      namespace: namespace ?? '',
      name,
      ...(subresource === undefined ? {} : { subresource }),
    }
    const metadata = { ...(body['metadata'] as object | undefined), resourceVersion }
    const patch = { kind: 'merge', body: { ...body, metadata } } as const
    const result = await this.#note(this.#client.patch<T>(target, patch, { fieldManager, signal: this.#signal }))
    if (subresource === undefined) this.#written.notePatch(result, asked)
    return result
  }

  async remove(type: ResourceType, object: KubeObject): Promise<void> {
    const { namespace, name, uid } = object.metadata
    this.writes++
    const target = { type: this.#served(type), namespace: namespace ?? '', name }
    await this.#client
      .delete(target, { ...(uid === undefined ? {} : { preconditions: { uid } }), signal: this.#signal })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    this.#written.noteDeleted(object)
  }

  async #note<T extends KubeObject>(write: Promise<T>): Promise<T> {
    this.writes++
    const object = await write
    this.#written.note(object)
    return object
  }

  #one<T extends KubeObject>(type: ResourceType, name: string): T | undefined {
    const { namespace } = this.service
    const [cached] = this.view.objects(type, { namespace, name })
    return this.#written.one(type.kind, `${namespace}/${name}`, cached) as T | undefined
  }

  /** The version of a kind that the cluster serves is the one that was read. */
  #served(type: ResourceType): ResourceType {
    return type.kind === endpointSliceType.kind || type.kind === serviceType.kind
      ? type
      : (this.view.caches.servedAs(type) ?? type)
  }
}
