import { equalJson } from '../../../base/json.js'
import { explainQualifiedName } from '../../object/names.js'
import { GoText, quote } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, numberOf, structsOf, textOf } from './findings.js'
import { checkSelector, goIntOrString, goStrings } from './labels.js'
import { checkNotNegativeQuantity, goQuantity, isStandardResource, isWholeQuantity, quantityOf } from './resource-requirements.js'
import { checkIntOrPercent } from './workloads.js'

export function checkDisruptionBudget(budget: Members, to: Findings): void {
  const spec = membersOf(budget['spec'])
  const { minAvailable, maxUnavailable } = spec
  if (isSet(minAvailable) && isSet(maxUnavailable)) {
    const printed = new GoText(goBudget(spec))
    to.invalid('spec', printed, 'minAvailable and maxUnavailable cannot be both set')
  }
  for (const [key, value] of Object.entries({ minAvailable, maxUnavailable })) {
    checkIntOrPercent(value, `spec.${key}`, to)
    if (typeof value === 'string' && /^[0-9]+%$/.test(value) && Number(value.slice(0, -1)) > 100) {
      to.invalid(`spec.${key}`, goIntOrString(value), 'must not be greater than 100%')
    }
  }
  checkSelector(spec['selector'], 'spec.selector', to)
  to.oneOf('spec.unhealthyPodEvictionPolicy', spec['unhealthyPodEvictionPolicy'], ['AlwaysAllow', 'IfHealthyBudget'])
}

/** Addresses of pointers are what they happen to be. */
function goBudget(spec: Members): string {
  const pointer = (key: string, type: string) => `(*${type})(${isSet(spec[key]) ? '0xc000000000' : 'nil'})`
  const fields = [
    `MinAvailable:${pointer('minAvailable', 'intstr.IntOrString')}`,
    `Selector:${pointer('selector', 'v1.LabelSelector')}`,
    `MaxUnavailable:${pointer('maxUnavailable', 'intstr.IntOrString')}`,
    `UnhealthyPodEvictionPolicy:${pointer('unhealthyPodEvictionPolicy', 'policy.UnhealthyPodEvictionPolicyType')}`,
  ]
  return `policy.PodDisruptionBudgetSpec{${fields.join(', ')}}`
}

const metricKinds: Readonly<Record<string, string>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
}

export function checkAutoscaler(autoscaler: Members, to: Findings): void {
  const spec = membersOf(autoscaler['spec'])
  const metrics = structsOf(spec['metrics'])
  const { minReplicas } = spec
  if (typeof minReplicas === 'number' && minReplicas < 1) {
    to.invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1')
  }
  const most = numberOf(spec['maxReplicas'])
  if (most < 1) to.invalid('spec.maxReplicas', most, 'must be greater than 0')
  if (typeof minReplicas === 'number' && most < minReplicas) {
    to.invalid('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`')
  }
  const target = membersOf(spec['scaleTargetRef'])
  to.text('spec.scaleTargetRef.kind', target['kind'])
  to.text('spec.scaleTargetRef.name', target['name'])
  const percentage = spec['targetCPUUtilizationPercentage']
  if (typeof percentage === 'number' && percentage < 1) {
    to.invalid('spec.metrics[0].resource.target.averageUtilization', percentage, 'must be greater than 0')
  }
  for (const [index, metric] of metrics.entries()) checkMetric(metric, `spec.metrics[${index}]`, to)
  const scalesToZero = minReplicas === 0
  if (scalesToZero && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    to.forbidden('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas')
  }
  const behavior = membersOf(spec['behavior'])
  for (const key of ['scaleUp', 'scaleDown']) {
    if (isSet(behavior[key])) checkScalingRules(membersOf(behavior[key]), `spec.behavior.${key}`, to)
  }
}

function checkMetric(metric: Members, at: string, to: Findings): void {
  const type = textOf(metric['type'])
  const member = metricKinds[type]
  if (type === '') to.required(`${at}.type`, 'must specify a metric source type')
  if (member === undefined) {
    // Upstream says so twice.
    for (let times = 0; times < 2; times++) to.notSupported(`${at}.type`, type, Object.keys(metricKinds))
  } else if (!isSet(metric[member])) to.required(`${at}.${member}`, 'must populate information for the given metric source')
  for (const [name, kind] of Object.entries(metricKinds)) {
    if (name !== type && member !== undefined && isSet(metric[kind])) {
      to.forbidden(`${at}.${kind}`, 'must populate the given metric source only')
    }
  }
  if (!isSet(metric['resource'])) return
  const resource = membersOf(metric['resource'])
  if (textOf(resource['name']) === '') to.required(`${at}.resource.name`, 'must specify a resource name')
  checkTarget(membersOf(resource['target']), `${at}.resource.target`, to)
}

function checkTarget(target: Members, at: string, to: Findings): void {
  const type = textOf(target['type'])
  if (type === '') to.required(`${at}.type`, 'must specify a metric target type')
  else if (!['Utilization', 'Value', 'AverageValue'].includes(type)) {
    to.invalid(`${at}.type`, type, 'must be either Utilization, Value, or AverageValue')
  }
  const { averageUtilization, averageValue } = target
  if (typeof averageUtilization === 'number' && averageUtilization < 1) {
    to.invalid(`${at}.averageUtilization`, averageUtilization, 'must be greater than 0')
  }
  if (!isSet(averageUtilization) && !isSet(averageValue)) {
    to.required(`${at}.averageUtilization`, 'must set either a target raw value or a target utilization')
  } else if (isSet(averageUtilization) && isSet(averageValue)) {
    to.forbidden(`${at}.averageValue`, 'may not set both a target raw value and a target utilization')
  }
}

function checkScalingRules(rules: Members, at: string, to: Findings): void {
  const window = rules['stabilizationWindowSeconds']
  if (typeof window === 'number' && window < 0) {
    to.invalid(`${at}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero')
  } else if (typeof window === 'number' && window > 3600) {
    to.invalid(`${at}.stabilizationWindowSeconds`, window, 'must be less than or equal to 3600')
  }
  to.oneOf(`${at}.selectPolicy`, rules['selectPolicy'], ['Disabled', 'Max', 'Min'])
  const policies = structsOf(rules['policies'])
  if (policies.length === 0) to.required(`${at}.policies`, 'must specify at least one Policy')
  for (const [index, policy] of policies.entries()) {
    const field = `${at}.policies[${index}]`
    to.oneOf(`${field}.type`, policy['type'], ['Percent', 'Pods'])
    if (numberOf(policy['value']) <= 0) to.invalid(`${field}.value`, numberOf(policy['value']), 'must be greater than zero')
    const seconds = numberOf(policy['periodSeconds'])
    if (seconds <= 0) to.invalid(`${field}.periodSeconds`, seconds, 'must be greater than zero')
    else if (seconds > 1800) to.invalid(`${field}.periodSeconds`, seconds, 'must be less than or equal to 1800')
  }
}

export function checkLease(lease: Members, to: Findings): void {
  const spec = membersOf(lease['spec'])
  const duration = spec['leaseDurationSeconds']
  if (typeof duration === 'number' && duration <= 0) to.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')
  to.notNegative('spec.leaseTransitions', spec['leaseTransitions'])
}

const countedResources = [
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
]
const quotaScopes = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity']

export function checkQuota(quota: Members, to: Findings): void {
  const spec = membersOf(quota['spec'])
  for (const [name, value] of Object.entries(membersOf(spec['hard']))) {
    const field = `spec.hard[${name}]`
    const printed = new GoText(name)
    to.explain(field, printed, explainQualifiedName(name))
    if (!name.includes('/') && !isStandardResource(name)) to.invalid(field, printed, 'must be a standard resource for quota')
    const quantity = quantityOf(value)
    if (quantity === undefined) continue
    checkNotNegativeQuantity(quantity, field, to)
    const isCount = countedResources.includes(name) || name.startsWith('count/')
    if (isCount && !isWholeQuantity(quantity)) to.invalid(field, goQuantity(quantity), 'must be an integer')
  }
  const scopes = listOf(spec['scopes']).map(textOf)
  for (const scope of scopes) {
    if (!quotaScopes.includes(scope)) to.invalid('spec.scopes', goScopes(scopes), 'unsupported scope')
    for (const name of Object.keys(membersOf(spec['hard'])).sort()) {
      if (isStandardQuota(name) && !scopeApplies(scope, name)) {
        to.invalid('spec.scopes', goScopes(scopes), 'unsupported scope applied to resource')
      }
    }
  }
  const pairs = [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ]
  for (const pair of pairs) {
    if (pair.every((scope) => scopes.includes(scope))) to.invalid('spec.scopes', goScopes(scopes), 'conflicting scopes')
  }
  if (isSet(spec['scopeSelector'])) checkScopeSelector(membersOf(spec['scopeSelector']), to)
}

const computeQuotas = ['cpu', 'memory', 'ephemeral-storage'].flatMap((name) => [name, `limits.${name}`, `requests.${name}`])

function isStandardQuota(name: string): boolean {
  return isStandardResource(name) || name.startsWith('requests.hugepages-')
}

/** Reference: IsResourceQuotaScopeValidForResource of apis/core/helper. */
function scopeApplies(scope: string, name: string): boolean {
  const ofPods = name === 'pods' || name === 'count/pods' || computeQuotas.includes(name)
  if (scope === 'BestEffort') return name === 'pods' || name === 'count/pods'
  return !quotaScopes.includes(scope) || ofPods || /hugepages-/.test(name)
}

function checkScopeSelector(selector: Members, to: Findings): void {
  const field = 'spec.scopeSelector.matchExpressions'
  for (const { scopeName, operator, values } of structsOf(selector['matchExpressions'])) {
    const scope = textOf(scopeName)
    if (!quotaScopes.includes(scope)) to.invalid(`${field}.scopeName`, scope, 'unsupported scope')
    if (quotaScopes.includes(scope) && scope !== 'PriorityClass' && operator !== 'Exists') {
      const all = "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, "
      const detail = `${all}ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity`
      to.invalid(`${field}.operator`, textOf(operator), detail)
    }
    const count = listOf(values).length
    if (operator === 'In' || operator === 'NotIn') {
      const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
      if (count === 0) to.required(`${field}.values`, detail)
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
      if (count > 0) to.invalid(`${field}.values`, new GoText(goStrings(values)), detail)
    } else to.invalid(`${field}.operator`, textOf(operator), 'not a valid selector operator')
  }
}

function goScopes(scopes: readonly string[]): GoText {
  return new GoText(`[]core.ResourceQuotaScope{${scopes.map(quote).join(', ')}}`)
}

export function checkQuotaUpdate(quota: Members, old: Members, to: Findings): void {
  const scopes = listOf(membersOf(quota['spec'])['scopes']).map(textOf)
  const before = listOf(membersOf(old['spec'])['scopes']).map(textOf)
  to.immutable('spec.scopes', goScopes(scopes), !equalJson([...scopes].sort(), [...before].sort()))
}
