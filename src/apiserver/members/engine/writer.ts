import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'
import { isNotFound, statusErrors } from '../../../kube/object/status-error.js'
import type { ApiTarget, LogicalCluster, RequestContext } from '../../contract.js'
import type { Writer } from '../contract.js'
import { hashOf } from '../workloads/pods.js'

const context: RequestContext = {
  user: { name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] },
  warn() {},
}

/** Writes to a cluster through its API, with admission and all, as one field manager. `created` hears of every new object. */
export function createWriter(
  cluster: LogicalCluster,
  fieldManager: string,
  created?: (groupResource: string, object: KubeObject) => void,
): Writer {
  const options = { fieldManager }
  return {
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
    async warn(about, reason, message, nowText) {
      try {
        await this.create(warningOf(about, { reason, message, nowText, component: fieldManager }))
      } catch {
        // A namespace that goes away takes no more records.
      }
    },
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
}

function warningOf(
  { apiVersion, kind, metadata }: KubeObject,
  { reason, message, nowText, component }: { reason: string; message: string; nowText: string; component: string },
): KubeObject {
  const { name, namespace = 'default', uid = '', resourceVersion = '' } = metadata
  return {
    apiVersion: 'v1',
    kind: 'Event',
    // The same trouble in the same second has the same name: it is recorded once.
    metadata: { name: `${name}.${hashOf(`${uid} ${reason} ${nowText}`)}`, namespace },
    involvedObject: { apiVersion, kind, name, namespace, uid, resourceVersion },
    type: 'Warning',
    reason,
    message,
    count: 1,
    firstTimestamp: nowText,
    lastTimestamp: nowText,
    source: { component },
    reportingComponent: component,
    reportingInstance: '',
  }
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
