import { equalJson, isObject } from '../../base/json.js'
import type { AdmissionRequest } from './contract.js'
import { admissionForbidden } from './forbidden.js'

type Labels = Readonly<Record<string, string>>

/** A node may write its own Node only, and neither taint nor label itself as it likes: that would steer pods to it. */
export function checkNodeObject(request: AdmissionRequest, node: string): void {
  const who = `node ${JSON.stringify(node)}`
  if (request.name !== node) {
    throw admissionForbidden(request, `${who} is not allowed to modify node ${JSON.stringify(request.name)}`)
  }
  const { operation, object, previous } = request
  if (object === undefined) return
  const labels = forbiddenLabels(object.metadata.labels ?? {}, previous?.metadata.labels ?? {})
  if (operation === 'CREATE') {
    if (specOf(object)['configSource'] !== undefined) {
      throw admissionForbidden(request, `${who} is not allowed to create pods with a non-nil configSource`)
    }
    if (labels.length > 0) {
      throw admissionForbidden(request, `${who} is not allowed to set the following labels: ${labels.join(', ')}`)
    }
    return
  }
  if (operation !== 'UPDATE') return
  const after = specOf(object)
  const before = specOf(previous)
  if (after['configSource'] !== undefined && !equalJson(after['configSource'], before['configSource'])) {
    throw admissionForbidden(request, `${who} is not allowed to update configSource to a new non-nil configSource`)
  }
  if (!equalJson(after['taints'] ?? [], before['taints'] ?? [])) {
    throw admissionForbidden(request, `${who} is not allowed to modify taints`)
  }
  if (!equalJson(object.metadata.ownerReferences ?? [], previous?.metadata.ownerReferences ?? [])) {
    throw admissionForbidden(request, `${who} is not allowed to modify ownerReferences`)
  }
  if (labels.length > 0) throw admissionForbidden(request, `is not allowed to modify labels: ${labels.join(', ')}`)
}

function specOf(object: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  return isObject(object?.['spec']) ? object['spec'] : {}
}

const kubeletLabels: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])

/** Labels that differ, and that a kubelet must not set. */
function forbiddenLabels(after: Labels, before: Labels): string[] {
  const changed = new Set([...Object.keys(after), ...Object.keys(before)].filter((key) => after[key] !== before[key]))
  return [...changed].filter(isForbidden).sort()
}

function isForbidden(key: string): boolean {
  const slash = key.indexOf('/')
  const namespace = slash < 0 ? '' : key.slice(0, slash)
  const within = (domain: string) => namespace === domain || namespace.endsWith(`.${domain}`)
  if (within('node-restriction.kubernetes.io')) return true
  if (!within('kubernetes.io') && !within('k8s.io')) return false
  return !kubeletLabels.has(key) && !within('kubelet.kubernetes.io') && !within('node.kubernetes.io')
}
