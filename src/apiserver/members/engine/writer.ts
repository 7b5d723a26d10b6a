import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'
import { isNotFound, statusErrors } from '../../../kube/object/status-error.js'
import type { ApiTarget, LogicalCluster, RequestContext } from '../../contract.js'
import type { Writer } from '../contract.js'
import type { EventRecorder, EventSink } from './event-recorder.js'

const context: RequestContext = {
  user: { name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] },
  warn() {},
}

export interface WriterOptions {
  /** Hears of every new object. */
  readonly created?: (groupResource: string, object: KubeObject) => void
  /** Without one no Events are written. */
  readonly recorder?: EventRecorder
  /** Normal Events too, not only Warnings. */
  readonly recordsAll?: boolean
}

/** Writes to a cluster through its API, with admission and all, as one field manager. */
export function createWriter(
  cluster: LogicalCluster,
  fieldManager: string,
  { created, recorder, recordsAll }: WriterOptions = {},
): Writer {
  const options = { fieldManager }
  const writer: Writer = {
    async create(object) {
      const type = typeOf(cluster, object)
      const target = { type, namespace: object.metadata.namespace ?? '', name: '' }
      const result = await cluster.api.create(context, target, object, options)
      created?.(groupResourceOf(type), result)
      return result as typeof object
    },
    async update(object, subresource) {
      return (await cluster.api.update(context, targetOf(cluster, object, subresource), object, options)).object as typeof object
    },
    async status(before, after) {
      const same =
        equalJson(before['status'], after['status']) && equalJson(before.metadata.annotations, after.metadata.annotations)
      if (same) return before
      return (await cluster.api.update(context, targetOf(cluster, after, 'status'), after, options)).object as typeof after
    },
    readScale: (type, namespace, name) => cluster.api.get(context, { type, namespace, name, subresource: 'scale' }),
    async writeScale(type, scale) {
      const { name, namespace = '' } = scale.metadata
      await cluster.api.update(context, { type, namespace, name, subresource: 'scale' }, scale, options)
    },
    async bind(pod, node) {
      const { name, namespace = '', uid } = pod.metadata
      const binding = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, ...(uid === undefined ? {} : { uid }) },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      }
      await cluster.api.create(context, targetOf(cluster, pod, 'binding'), binding, options)
    },
    async record(about, event, nowText) {
      if (recorder === undefined || (!recordsAll && event.type !== 'Warning')) return
      try {
        await recorder.record(sink, about, event, event.component ?? fieldManager, nowText)
      } catch {
        // A namespace that goes away takes no more records.
      }
    },
    warn: (about, reason, message, nowText) => writer.record(about, { type: 'Warning', reason, message }, nowText),
    async delete(object, deletion = {}) {
      const { uid } = object.metadata
      try {
        await cluster.api.delete(context, targetOf(cluster, object), {
          ...deletion,
          ...(uid === undefined ? {} : { preconditions: { uid } }),
        })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    },
  }
  const sink: EventSink = {
    cluster: cluster.name,
    peek: (key) => cluster.peek('events', key),
    create: writer.create,
    update: writer.update,
  }
  return writer
}

function targetOf(cluster: LogicalCluster, object: KubeObject, subresource?: string): ApiTarget {
  return {
    type: typeOf(cluster, object),
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    ...(subresource === undefined ? {} : { subresource }),
  }
}

function typeOf(cluster: LogicalCluster, object: KubeObject): ResourceType {
  const type = cluster.api.catalogue().forKind(object.apiVersion, object.kind)
  if (type === undefined) throw statusErrors.pathNotFound()
  return type
}
