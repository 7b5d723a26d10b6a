import { cloneJson, equalJson, isObject } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { StatusError } from '../../kube/object/status-error.js'
import type { AdmissionPlugin, AdmissionRequest } from './contract.js'
import { admissionForbidden } from './forbidden.js'

type Members = Record<string, unknown>

/** Pods take over the overhead, the node selector and the tolerations of their RuntimeClass, which must be there. */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  handles: ({ groupResource, operation, subresource }) =>
    groupResource === 'pods' && operation === 'CREATE' && subresource === '',
  mutate(request) {
    const spec = request.object?.['spec']
    if (!isObject(spec)) return
    const found = classOf(request, spec)
    if (found === undefined) return
    const overhead = overheadOf(found)
    if (overhead !== undefined) {
      if (isObject(spec['overhead']) && !equalJson(spec['overhead'], overhead)) throw mismatch(request)
      spec['overhead'] = cloneJson(overhead)
    }
    if (isObject(found['scheduling'])) schedule(request, spec, found['scheduling'])
  },
  validate(request) {
    const spec = request.object?.['spec']
    if (!isObject(spec)) return
    const found = classOf(request, spec)
    const overhead = found && overheadOf(found)
    if (overhead !== undefined) {
      if (!equalJson(spec['overhead'], overhead)) throw mismatch(request)
    } else if (spec['overhead'] !== undefined) {
      throw admissionForbidden(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead')
    }
  },
}

function classOf(request: AdmissionRequest, spec: Members): KubeObject | undefined {
  const name = spec['runtimeClassName']
  if (typeof name !== 'string') return undefined
  // The client of upstream's plugin refuses to ask for it.
  if (name === '') throw nameless()
  const found = request.storage.get('runtimeclasses.node.k8s.io', name)
  if (found !== undefined) return found
  throw admissionForbidden(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
}

function nameless(): StatusError {
  const message = 'resource name may not be empty'
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}

function overheadOf(found: KubeObject): Members | undefined {
  const overhead = found['overhead']
  if (!isObject(overhead)) return undefined
  return isObject(overhead['podFixed']) ? overhead['podFixed'] : undefined
}

function mismatch(request: AdmissionRequest) {
  return admissionForbidden(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
}

function schedule(request: AdmissionRequest, spec: Members, scheduling: Members): void {
  const wanted = isObject(scheduling['nodeSelector']) ? scheduling['nodeSelector'] : {}
  const own = isObject(spec['nodeSelector']) ? spec['nodeSelector'] : {}
  for (const [key, value] of Object.entries(wanted)) {
    if (!Object.hasOwn(own, key) || own[key] === value) continue
    throw admissionForbidden(
      request,
      `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${String(value)}; pod.spec.nodeSelector[${key}] = ${String(own[key])}`,
    )
  }
  if (Object.keys(wanted).length > 0) spec['nodeSelector'] = { ...own, ...wanted }
  const tolerations = Array.isArray(scheduling['tolerations']) ? scheduling['tolerations'] : []
  const present: unknown[] = Array.isArray(spec['tolerations']) ? spec['tolerations'] : []
  const missing = tolerations.filter((toleration) => !present.some((other) => equalJson(other, toleration)))
  if (missing.length > 0) spec['tolerations'] = [...present, ...missing.map(cloneJson)]
}
