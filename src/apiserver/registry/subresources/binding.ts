import { formatTime } from '../../../base/clock.js'
import { isObject } from '../../../base/json.js'
import type { Condition, KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError, statusErrors } from '../../../kube/object/status-error.js'
import { admitWhole, subresourceBody } from '../admission.js'
import { valueAt } from '../lifecycles/strategy.js'
import { commit } from '../writes/commit.js'
import { anotherUid } from '../writes/storage-conflict.js'
import type { WriteRequest } from '../writes/write-request.js'
import { parentOf } from './parent.js'
import type { Subresource } from './subresource.js'

/** pods/binding: gives a pod its node, once. */
export const binding: Subresource = {
  create: bindPod,
}

export async function bindPod(request: WriteRequest, body: KubeObject): Promise<KubeObject> {
  const { scope, resource, name } = request
  const admitting = admitWhole(request, 'CREATE', subresourceBody(request, body, 'v1', 'Binding'))
  if (admitting !== undefined) await admitting
  if (body.metadata?.name !== name) throw statusErrors.badRequest('name in URL does not match name in Binding object')
  const pod = parentOf(request)
  const target = isObject(body['target']) ? body['target'] : {}
  const node = target['name']
  const { kind } = target
  if (kind !== undefined && kind !== '' && kind !== 'Node') {
    throw plain(`target.kind: Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`)
  }
  if (typeof node !== 'string' || node === '') throw plain('target.name: Required value')
  const refuse = (why: string) =>
    statusErrors.conflict({ resource: `${resource.type.plural}/binding`, group: resource.type.group, name }, why)
  const { uid, resourceVersion } = body.metadata ?? {}
  if (uid && uid !== pod.metadata.uid) {
    throw anotherUid(request, uid, pod.metadata.uid ?? '')
  }
  if (resourceVersion && resourceVersion !== pod.metadata.resourceVersion) {
    throw refuse('the object has been modified; please apply your changes to the latest version and try again')
  }
  if (pod.metadata.deletionTimestamp) throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`)
  const present = valueAt(pod, 'spec.nodeName')
  if (present) throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(present)}`)
  const gates = valueAt(pod, 'spec.schedulingGates')
  if (Array.isArray(gates) && gates.length > 0) throw refuse(`pod ${name} has non-empty .spec.schedulingGates`)
  if (!request.options.dryRun) await commit(scope, resource, bound(request, pod, node, body), pod)
  return success(201)
}

/** Upstream passes the field's error on as it is. */
function plain(message: string): StatusError {
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}

function bound(request: WriteRequest, pod: KubeObject, nodeName: string, body: KubeObject): KubeObject {
  const status = isObject(pod['status']) ? pod['status'] : {}
  const conditions = (status['conditions'] ?? []) as Condition[]
  const scheduled: Partial<Condition> & { lastProbeTime: null } = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: formatTime(request.scope.ports.clock.now()),
  }
  const annotations = body.metadata?.annotations
  return {
    ...pod,
    metadata: annotations ? { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } } : pod.metadata,
    spec: { ...(pod['spec'] as object), nodeName },
    status: { ...status, conditions: [...conditions.filter(({ type }) => type !== 'PodScheduled'), scheduled] },
  }
}

/** The answer of writes that have no object to show. */
export function success(code: number): KubeObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {} as KubeObject['metadata'], status: 'Success', code }
}
