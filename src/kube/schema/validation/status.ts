import { groupOf, type KubeObject } from '../../object/kube-object.js'
import { explainQualifiedName } from '../../object/names.js'
import { type Findings, isSet, type Members, membersOf, structsOf, textOf } from './findings.js'

/** Counts that are never negative, by group and kind, in the order of upstream's checks. */
const counts: Readonly<Record<string, readonly string[]>> = {
  '/ReplicationController': ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'],
  'apps/DaemonSet': [
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
    'collisionCount',
  ],
  'apps/Deployment': [
    'observedGeneration',
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'collisionCount',
    'terminatingReplicas',
  ],
  'apps/ReplicaSet': [
    'replicas',
    'fullyLabeledReplicas',
    'readyReplicas',
    'availableReplicas',
    'terminatingReplicas',
    'observedGeneration',
  ],
  'apps/StatefulSet': [
    'replicas',
    'readyReplicas',
    'currentReplicas',
    'updatedReplicas',
    'observedGeneration',
    'collisionCount',
    'availableReplicas',
  ],
  'autoscaling/HorizontalPodAutoscaler': ['currentReplicas', 'desiredReplicas'],
  'batch/Job': ['active', 'succeeded', 'failed', 'ready', 'terminating'],
  'policy/PodDisruptionBudget': ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'],
}

/** Each of these counts some of all replicas. */
const parts: Readonly<Record<string, readonly (readonly [part: string, whole: string, text: string])[]>> = {
  '/ReplicationController': [
    ['fullyLabeledReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['readyReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'readyReplicas', 'cannot be greater than readyReplicas'],
  ],
  'apps/Deployment': [
    ['updatedReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['readyReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'readyReplicas', 'cannot be greater than readyReplicas'],
  ],
  'apps/StatefulSet': [
    ['readyReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['currentReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['updatedReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'replicas', 'cannot be greater than status.replicas'],
    ['availableReplicas', 'readyReplicas', 'cannot be greater than status.readyReplicas'],
  ],
}
const partsOf: typeof parts = { ...parts, 'apps/ReplicaSet': parts['/ReplicationController'] ?? [] }

/** What is wrong with the status that a write to the subresource brings. */
export function checkStatus(object: KubeObject, to: Findings): void {
  const key = `${groupOf(object.apiVersion)}/${object.kind}`
  const status = membersOf(object['status'])
  const numberOf = (field: string) => (typeof status[field] === 'number' ? (status[field] as number) : 0)
  for (const field of counts[key] ?? []) to.notNegative(`status.${field}`, status[field])
  for (const [part, whole, text] of partsOf[key] ?? []) {
    if (numberOf(part) > numberOf(whole)) to.invalid(`status.${part}`, numberOf(part), text)
  }
  if (key === 'policy/PodDisruptionBudget') checkConditions(structsOf(status['conditions']), 'status.conditions', to)
  if (key === 'certificates.k8s.io/CertificateSigningRequest') {
    checkRequestConditions(structsOf(status['conditions']), 'status.conditions', to)
  }
  if (key === '/Namespace') {
    const wanted = isSet(membersOf(object.metadata)['deletionTimestamp']) ? 'Terminating' : 'Active'
    if (status['phase'] !== wanted) {
      const when = wanted === 'Active' ? 'empty' : 'not empty'
      to.invalid('status.Phase', textOf(status['phase']), `may only be '${wanted}' if \`deletionTimestamp\` is ${when}`)
    }
  }
  if (key === '/Node') {
    for (const [index, address] of structsOf(status['addresses']).entries()) {
      if (textOf(address['type']) === '') to.required(`status.addresses[${index}].type`)
    }
  }
}

const conditionStatuses = ['False', 'True', 'Unknown']

/** Reference: ValidateConditions of apimachinery's meta/v1/validation. */
function checkConditions(conditions: readonly Members[], field: string, to: Findings): void {
  const seen = new Set<string>()
  for (const [index, condition] of conditions.entries()) {
    const at = `${field}[${index}]`
    const type = textOf(condition['type'])
    if (type === '') to.required(`${at}.type`, 'must be set')
    else to.explain(`${at}.type`, type, explainQualifiedName(type))
    if (seen.has(type)) to.duplicate(`${at}.type`, type)
    seen.add(type)
    to.oneOf(`${at}.status`, condition['status'] ?? '', conditionStatuses)
    to.notNegative(`${at}.observedGeneration`, condition['observedGeneration'])
    if (!isSet(condition['lastTransitionTime'])) to.required(`${at}.lastTransitionTime`, 'must be set')
    const reason = textOf(condition['reason'])
    if (reason === '') to.required(`${at}.reason`, 'must be set')
    else if (!/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/.test(reason)) {
      const rule =
        'a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '
      const example =
        "(e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')"
      to.invalid(`${at}.reason`, reason, `${rule}'_,:', and must end with an alphanumeric character or '_' ${example}`)
    }
  }
}

/** Reference: validateConditions of k8s.io/kubernetes/pkg/apis/certificates/validation. */
function checkRequestConditions(conditions: readonly Members[], field: string, to: Findings): void {
  const types = conditions.map(({ type }) => textOf(type))
  for (const [index, condition] of conditions.entries()) {
    const at = `${field}[${index}]`
    const type = types[index] ?? ''
    if (type === '') to.required(`${at}.type`)
    const status = textOf(condition['status'])
    const final = ['Approved', 'Denied', 'Failed'].includes(type)
    if (status === '') to.required(`${at}.status`)
    else to.oneOf(`${at}.status`, status, final ? ['True'] : conditionStatuses)
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined
    if (other !== undefined && types.slice(0, index).includes(other)) {
      to.invalid(`${at}.type`, type, 'Approved and Denied conditions are mutually exclusive')
    }
    if (types.indexOf(type) < index) to.duplicate(`${at}.type`, type)
  }
}
