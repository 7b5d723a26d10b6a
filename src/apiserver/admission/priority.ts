import { isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'
import { admissionForbidden } from './forbidden.js'

const classes = 'priorityclasses.scheduling.k8s.io'

/** Turns the name of a pod's priority class into its number, and knows the default class. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === 'pods' && (operation === 'CREATE' || operation === 'UPDATE') && subresource === '',
  mutate(request) {
    const spec = request.object?.['spec']
    if (!isObject(spec)) return
    if (request.operation === 'UPDATE') return keep(spec, request.previous?.['spec'])
    const wanted = spec['priorityClassName']
    const found = typeof wanted === 'string' && wanted !== '' ? named(request, wanted) : globalDefault(request)
    if (found !== undefined) spec['priorityClassName'] = found.metadata.name
    const priority = found === undefined ? 0 : Number(found['value'])
    const given = spec['priority']
    if (typeof given === 'number' && given !== priority) throw computed(request, 'integer value of priority', given, priority)
    spec['priority'] = priority
    const policy = found?.['preemptionPolicy']
    const preemption = typeof policy === 'string' ? policy : 'PreemptLowerPriority'
    const wish = spec['preemptionPolicy']
    if (typeof wish === 'string' && wish !== preemption) {
      throw computed(request, 'string value of PreemptionPolicy', wish, preemption)
    }
    spec['preemptionPolicy'] = preemption
  },
}

/** What was computed when the pod was made stays when a writer leaves it out. */
function keep(spec: Record<string, unknown>, before: unknown): void {
  if (!isObject(before)) return
  for (const field of ['priority', 'preemptionPolicy']) {
    if (spec[field] === undefined && before[field] !== undefined) spec[field] = before[field]
  }
}

/** Of all classes one may be the default. */
export const priorityClasses: AdmissionPlugin = {
  name: 'Priority',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === classes && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  validate(request) {
    if (request.object?.['globalDefault'] !== true) return
    const present = globalDefault(request)
    if (present === undefined || (request.operation === 'UPDATE' && present.metadata.name === request.name)) return
    throw admissionForbidden(
      request,
      `PriorityClass ${present.metadata.name} is already marked as default. Only one default can exist`,
    )
  },
}

function computed(request: AdmissionRequest, what: string, given: string | number, own: string | number) {
  return admissionForbidden(
    request,
    `the ${what} (${given}) must not be provided in pod spec; priority admission controller computed ${own} from the given PriorityClass name`,
  )
}

function named(request: AdmissionRequest, name: string): KubeObject {
  const found = request.storage.get(classes, name)
  if (found !== undefined) return found
  throw admissionForbidden(request, `no PriorityClass with name ${name} was found`)
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
