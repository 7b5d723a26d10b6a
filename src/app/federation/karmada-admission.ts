import type { AdmissionPlugin, AdmissionRequest } from '../../apiserver/admission/contract.js'
import { denial } from '../../apiserver/admission/webhooks/call-failure.js'
import { isObject } from '../../base/json.js'
import { uuid } from '../../base/random.js'
import { decidePolicy } from '../../delivery/placement/policy/decide-policy.js'
import { fieldsOf, objectsAt } from '../../dialects/karmada/fields.js'
import { annotations, labels } from '../../dialects/karmada/names.js'
import { checkOverrideSpec, checkPropagationSpec, formatFault } from '../../dialects/karmada/policy/check-policy.js'
import { defaultPropagationSpec, defaultSelectors } from '../../dialects/karmada/policy/default-policy.js'
import { apportionmentOf } from '../../dialects/karmada/policy/read-placement.js'
import { readPropagationPolicy } from '../../dialects/karmada/policy/read-propagation-policy.js'
import { checkQuotaSpec } from '../../dialects/karmada/quota/check-quota.js'
import { claimOf, claimPatch } from '../../dialects/karmada/template/claim.js'
import { mayBeTemplate } from '../../dialects/karmada/template/eligible.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

const propagation = new Map([
  ['propagationpolicies.policy.karmada.io', 'propagationpolicy.karmada.io'],
  ['clusterpropagationpolicies.policy.karmada.io', 'clusterpropagationpolicy.karmada.io'],
])
const overriding = new Map([
  ['overridepolicies.policy.karmada.io', 'overridepolicy.karmada.io'],
  ['clusteroverridepolicies.policy.karmada.io', 'clusteroverridepolicy.karmada.io'],
])
const quotas = 'federatedresourcequotas.policy.karmada.io'
const checks = new Map([
  ...[...propagation].map(([resource, webhook]) => [resource, { webhook, faults: checkPropagationSpec }] as const),
  ...[...overriding].map(([resource, webhook]) => [resource, { webhook, faults: checkOverrideSpec }] as const),
  [quotas, { webhook: 'federatedresourcequota.karmada.io', faults: checkQuotaSpec }],
])

/**
 * What Karmada's webhooks do on its control plane, on the hub: policies get their defaults and permanent ids, and are refused where
 * they contradict themselves; protected objects are not deleted. And what a policy selects is claimed before it is stored, so that
 * nothing of it ever runs on the hub.
 */
export function createKarmadaAdmission(hub: string): AdmissionPlugin {
  return {
    name: 'KarmadaPolicies',
    handles: ({ operation, subresource, storage }) => storage.cluster === hub && subresource === '' && operation !== 'CONNECT',
    mutate(request) {
      const { object, groupResource, namespace, operation } = request
      if (object === undefined || operation === 'DELETE' || object.metadata.deletionTimestamp !== undefined) return
      const spec = object['spec']
      if (propagation.has(groupResource)) {
        if (isObject(spec)) defaultPropagationSpec(spec, namespace)
        const id = namespace === '' ? labels.clusterPolicyId : labels.policyId
        const known = request.previous?.metadata.labels?.[id]
        if (object.metadata.labels?.[id] === undefined)
          object.metadata.labels = { ...object.metadata.labels, [id]: known ?? uuid(request.ports.random) }
      } else if (overriding.has(groupResource)) {
        if (isObject(spec)) defaultSelectors(spec, namespace)
      } else claim(object, request)
    },
    validate(request) {
      const { object, previous, groupResource, operation } = request
      if (operation === 'DELETE') {
        if (previous?.metadata.labels?.[protection] !== 'Always') return
        throw denial('resourcedeletionprotection.karmada.io', {
          message: `This resource is protected, please make sure to remove the label: ${protection}`,
          code: 403,
        })
      }
      if (object === undefined || object.metadata.deletionTimestamp !== undefined) return
      const spec = fieldsOf(object['spec'])
      if (groupResource === quotas && objectsAt(spec, 'staticAssignments').length === 0)
        request.warn('spec.overall alone limits nothing here: assign clusters their parts in spec.staticAssignments')
      const rounding = object.metadata.annotations?.[annotations.apportionment]
      if (propagation.has(groupResource) && rounding !== undefined && apportionmentOf(object) === undefined)
        request.warn(`${annotations.apportionment}: ${rounding} is no rule that is known: webster or largest-remainder`)
      const check = checks.get(groupResource)
      if (check === undefined) return
      const { webhook } = check
      const faults = check.faults(spec).map(formatFault)
      if (faults.length === 0) return
      throw denial(webhook, { message: faults.length === 1 ? (faults[0] ?? '') : `[${faults.join(', ')}]`, code: 403 })
    },
  }
}

const protection = 'resourcetemplate.karmada.io/deletion-protected'

function claim(object: KubeObject, request: AdmissionRequest): void {
  if (!mayBeTemplate(object)) return
  const policies = [...listOf(request, 'PropagationPolicy'), ...listOf(request, 'ClusterPropagationPolicy')].filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  )
  if (policies.length === 0) return
  const { previous } = request
  const placements = policies.map(readPropagationPolicy)
  const { winner } = decidePolicy(object, placements, claimOf(previous ?? object) ?? claimOf(object))
  const holder = winner && policies[placements.indexOf(winner)]
  const patch = holder && claimPatch(object, holder)
  if (patch === undefined) return
  for (const field of ['labels', 'annotations'] as const) {
    const changes = patch[field]
    if (changes === undefined) continue
    const members = { ...object.metadata[field] }
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) delete members[key]
      else members[key] = value
    }
    object.metadata[field] = members
  }
}

function listOf(request: AdmissionRequest, kind: string): KubeObject[] {
  const served = request.findKind('policy.karmada.io/v1alpha1', kind)
  if (served === undefined || (served.namespaced && request.namespace === '')) return []
  return [...served.list(served.namespaced ? request.namespace : '')]
}
