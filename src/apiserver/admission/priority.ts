import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'

const classes = 'priorityclasses.scheduling.k8s.io'

/** Turns the name of a pod's priority class into its number, and knows the default class. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === 'pods' && operation === 'CREATE' && subresource === '',
  mutate(request) {
    const spec = request.object?.['spec']
    if (!isObject(spec)) return
    const wanted = spec['priorityClassName']
    const found = typeof wanted === 'string' && wanted !== '' ? named(request, wanted) : globalDefault(request)
    if (found !== undefined) spec['priorityClassName'] = found.metadata.name
    spec['priority'] = found === undefined ? 0 : Number(found['value'])
    const policy = found?.['preemptionPolicy']
    spec['preemptionPolicy'] = typeof policy === 'string' ? policy : 'PreemptLowerPriority'
  },
}

function named(request: AdmissionRequest, name: string): KubeObject {
  const found = request.storage.get(classes, name)
  if (found !== undefined) return found
  throw statusErrors.forbidden(
    { resource: 'pods', group: '', name: request.name },
    `no PriorityClass with name ${name} was found`,
  )
}

/** Of several defaults the one with the lowest value counts. */
function globalDefault({ storage }: AdmissionRequest): KubeObject | undefined {
  let lowest: KubeObject | undefined
  for (const candidate of storage.scan(classes, '')) {
    if (candidate['globalDefault'] !== true) continue
    if (lowest === undefined || Number(candidate['value']) < Number(lowest['value'])) lowest = candidate
  }
  return lowest
}
