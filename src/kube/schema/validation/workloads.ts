import { equalJson } from '../../../base/json.js'
import { isNumber } from '../../../base/json-text.js'
import { explainDns1123Label } from '../../object/names.js'
import { GoText, quote } from '../field-cause.js'
import { type Findings, isSet, type Members, membersOf, numberOf, textOf } from './findings.js'
import {
  checkAnnotations,
  checkLabels,
  checkSelector,
  goIntOrString,
  goMap,
  goSelector,
  isEmptySelector,
  selects,
} from './labels.js'
import { checkPodTemplate } from './pod-spec.js'

const percentText =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"

/** A count of Pods, or a percentage of them. */
export function checkIntOrPercent(value: unknown, field: string, to: Findings): void {
  if (isNumber(value)) to.notNegative(field, value)
  else if (typeof value === 'string' && !/^[0-9]+%$/.test(value)) to.invalid(field, goIntOrString(value), percentText)
}

function checkNotMoreThanAll(value: unknown, field: string, to: Findings): void {
  if (typeof value === 'string' && /^[0-9]+%$/.test(value) && Number(value.slice(0, -1)) > 100) {
    to.invalid(field, goIntOrString(value), 'must not be greater than 100%')
  }
}

function isZeroCount(value: unknown): boolean {
  return value === 0 || (typeof value === 'string' && /^0+%$/.test(value))
}

const selectorMismatch = '`selector` does not match template `labels`'

/** The selector, that it says something, and that it selects the template's Pods. */
function checkSelectorOf(spec: Members, kindName: string, to: Findings): void {
  const selector = spec['selector']
  if (!isSet(selector)) {
    to.required('spec.selector')
    return
  }
  checkSelector(selector, 'spec.selector', to)
  if (isEmptySelector(membersOf(selector))) {
    to.invalid('spec.selector', goSelector(selector), `empty selector is invalid for ${kindName}`)
  }
}

function templateLabels(spec: Members): Members {
  return membersOf(membersOf(membersOf(spec['template'])['metadata'])['labels'])
}

/** `unreadable`: what is said of a selector that cannot be evaluated; absent: nothing more. */
function checkMatches(spec: Members, field: string, to: Findings, unreadable?: string): void {
  const selector = membersOf(spec['selector'])
  const labels = templateLabels(spec)
  if (!isSet(spec['selector'])) to.invalid(field, goMap(labels), selectorMismatch)
  else if (isEmptySelector(selector)) return
  else {
    const matched = selects(selector, labels)
    if (matched === undefined) {
      if (unreadable !== undefined) to.invalid('spec.selector', goSelector(selector), unreadable)
    } else if (!matched) to.invalid(field, goMap(labels), selectorMismatch)
  }
}

const labelsField = 'spec.template.metadata.labels'

/** What runs for ever must be restarted for ever. */
function checkTemplate(spec: Members, to: Findings, kind = 'ReplicaSet'): void {
  checkPodTemplate(spec['template'], 'spec.template', to)
  checkRestarts(spec, to, kind)
}

function checkRestarts(spec: Members, to: Findings, kind: string): void {
  const podSpec = membersOf(membersOf(spec['template'])['spec'])
  const { restartPolicy } = podSpec
  if (isSet(restartPolicy) && restartPolicy !== 'Always' && (restartPolicy === 'OnFailure' || restartPolicy === 'Never')) {
    to.notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always'])
  }
  if (isSet(podSpec['activeDeadlineSeconds'])) {
    to.forbidden('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`)
  }
}

export function checkDeployment(deployment: Members, to: Findings): void {
  const spec = membersOf(deployment['spec'])
  to.notNegative('spec.replicas', spec['replicas'])
  checkSelectorOf(spec, 'deployment', to)
  checkMatches(spec, labelsField, to, 'invalid label selector')
  checkTemplate(spec, to)
  checkDeploymentStrategy(membersOf(spec['strategy']), to)
  to.notNegative('spec.minReadySeconds', spec['minReadySeconds'])
  to.notNegative('spec.revisionHistoryLimit', spec['revisionHistoryLimit'])
  const deadline = spec['progressDeadlineSeconds']
  if (!isNumber(deadline)) return
  to.notNegative('spec.progressDeadlineSeconds', deadline)
  if (deadline <= numberOf(spec['minReadySeconds'])) {
    to.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')
  }
}

function checkDeploymentStrategy(strategy: Members, to: Findings): void {
  const { type, rollingUpdate } = strategy
  if (type === 'Recreate') {
    if (isSet(rollingUpdate))
      to.forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")
  } else if (type === 'RollingUpdate') checkRollingUpdate(membersOf(rollingUpdate), 'spec.strategy.rollingUpdate', to)
  else if (isSet(type)) {
    const printed = new GoText(
      `apps.DeploymentStrategy{Type:${quote(textOf(type))}, RollingUpdate:(*apps.RollingUpdateDeployment)(${isSet(rollingUpdate) ? '0xc000000000' : 'nil'})}`,
    )
    to.notSupported('spec.strategy', printed, ['Recreate', 'RollingUpdate'])
  }
}

function checkRollingUpdate({ maxUnavailable, maxSurge }: Members, field: string, to: Findings): void {
  checkIntOrPercent(maxUnavailable, `${field}.maxUnavailable`, to)
  checkIntOrPercent(maxSurge, `${field}.maxSurge`, to)
  if (isZeroCount(maxUnavailable) && isZeroCount(maxSurge)) {
    to.invalid(`${field}.maxUnavailable`, goIntOrString(maxUnavailable), 'may not be 0 when `maxSurge` is 0')
  }
  checkNotMoreThanAll(maxUnavailable, `${field}.maxUnavailable`, to)
}

export function checkReplicaSet(replicaSet: Members, to: Findings): void {
  const spec = membersOf(replicaSet['spec'])
  to.notNegative('spec.replicas', spec['replicas'])
  to.notNegative('spec.minReadySeconds', spec['minReadySeconds'])
  checkSelectorOf(spec, 'deployment', to)
  checkMatches(spec, labelsField, to, 'invalid label selector')
  checkTemplate(spec, to)
}

/** Its selector is a map, and says nothing when it is empty. */
export function checkReplicationController(controller: Members, to: Findings): void {
  const spec = membersOf(controller['spec'])
  to.notNegative('spec.minReadySeconds', spec['minReadySeconds'])
  const selector = membersOf(spec['selector'])
  const keys = Object.keys(selector)
  if (keys.length === 0) to.required('spec.selector')
  to.notNegative('spec.replicas', spec['replicas'])
  if (!isSet(spec['template'])) {
    to.required('spec.template')
    return
  }
  const labels = templateLabels(spec)
  if (keys.some((key) => labels[key] !== selector[key])) to.invalid(labelsField, goMap(labels), selectorMismatch)
  checkTemplate(spec, to, 'ReplicationController')
}

export function checkTemplateObject(object: Members, to: Findings): void {
  checkPodTemplate(object['template'], 'template', to)
}

export function checkDaemonSet(daemonSet: Members, to: Findings): void {
  const spec = membersOf(daemonSet['spec'])
  if (isSet(spec['selector'])) checkSelectorOf(spec, 'daemonset', to)
  checkMatches(spec, labelsField, to)
  checkTemplate(spec, to, 'DaemonSet')
  to.notNegative('spec.minReadySeconds', spec['minReadySeconds'])
  const { type, rollingUpdate } = membersOf(spec['updateStrategy'])
  if (type === 'RollingUpdate') checkDaemonSetUpdate(membersOf(rollingUpdate), 'spec.updateStrategy.rollingUpdate', to)
  else if (isSet(type) && type !== 'OnDelete') {
    const printed = new GoText(
      `apps.DaemonSetUpdateStrategy{Type:${quote(textOf(type))}, RollingUpdate:(*apps.RollingUpdateDaemonSet)(nil)}`,
    )
    to.notSupported('spec.updateStrategy', printed, ['RollingUpdate', 'OnDelete'])
  }
  to.notNegative('spec.revisionHistoryLimit', spec['revisionHistoryLimit'])
}

function checkDaemonSetUpdate({ maxUnavailable, maxSurge }: Members, field: string, to: Findings): void {
  checkIntOrPercent(maxUnavailable, `${field}.maxUnavailable`, to)
  checkNotMoreThanAll(maxUnavailable, `${field}.maxUnavailable`, to)
  checkIntOrPercent(maxSurge, `${field}.maxSurge`, to)
  checkNotMoreThanAll(maxSurge, `${field}.maxSurge`, to)
  const hasUnavailable = isSet(maxUnavailable) && !isZeroCount(maxUnavailable)
  const hasSurge = isSet(maxSurge) && !isZeroCount(maxSurge)
  if (hasUnavailable && hasSurge)
    to.invalid(`${field}.maxSurge`, goIntOrString(maxSurge), 'may not be set when maxUnavailable is non-zero')
  else if (!hasUnavailable && !hasSurge) to.required(`${field}.maxUnavailable`, 'cannot be 0 when maxSurge is 0')
}

export function checkStatefulSet(statefulSet: Members, to: Findings): void {
  const spec = membersOf(statefulSet['spec'])
  const policy = textOf(spec['podManagementPolicy'])
  if (policy === '') to.required('spec.podManagementPolicy')
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    to.invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'")
  }
  checkStatefulSetUpdate(membersOf(spec['updateStrategy']), to)
  const retention = membersOf(spec['persistentVolumeClaimRetentionPolicy'])
  for (const key of ['whenDeleted', 'whenScaled']) {
    to.oneOf(`spec.persistentVolumeClaimRetentionPolicy.${key}`, retention[key], ['Retain', 'Delete'])
  }
  to.notNegative('spec.replicas', spec['replicas'])
  to.notNegative('spec.minReadySeconds', spec['minReadySeconds'])
  to.notNegative('spec.ordinals.start', membersOf(spec['ordinals'])['start'])
  const serviceName = textOf(spec['serviceName'])
  if (serviceName !== '') to.explain('spec.serviceName', serviceName, explainDns1123Label(serviceName))
  checkSelectorOf(spec, 'statefulset', to)
  checkMatches(spec, labelsField, to, '')
  // Of the Pods' spec upstream looks at nothing else: claims become volumes later.
  const { labels, annotations } = membersOf(membersOf(spec['template'])['metadata'])
  checkLabels(labels, 'spec.template.labels', to)
  checkAnnotations(annotations, 'spec.template.annotations', to)
  checkRestarts(spec, to, 'StatefulSet')
}

function checkStatefulSetUpdate(strategy: Members, to: Findings): void {
  const { type, rollingUpdate } = strategy
  const partition = membersOf(rollingUpdate)['partition']
  if (type === 'OnDelete') {
    if (isSet(rollingUpdate)) {
      const printed = new GoText(
        `apps.RollingUpdateStatefulSetStrategy{Partition:${numberOf(partition)}, MaxUnavailable:(*intstr.IntOrString)(nil)}`,
      )
      to.invalid('spec.updateStrategy.rollingUpdate', printed, "only allowed for updateStrategy 'RollingUpdate'")
    }
  } else if (type === 'RollingUpdate') to.notNegative('spec.updateStrategy.rollingUpdate.partition', partition)
  else if (textOf(type) === '') to.required('spec.updateStrategy')
  else {
    const printed = new GoText(
      `apps.StatefulSetUpdateStrategy{Type:${quote(textOf(type))}, RollingUpdate:(*apps.RollingUpdateStatefulSetStrategy)(nil)}`,
    )
    to.invalid('spec.updateStrategy', printed, "must be 'RollingUpdate' or 'OnDelete'")
  }
}

/** The selector of a workload is what it owns: it may not change. */
export function checkSelectorUpdate(object: Members, old: Members, to: Findings): void {
  const selector = membersOf(object['spec'])['selector']
  const changed = !equalJson(selector, membersOf(old['spec'])['selector'])
  if (changed) to.immutable('spec.selector', isSet(selector) ? goSelector(selector) : null, true)
}

const statefulSetFields = [
  ...['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit'],
  ...['persistentVolumeClaimRetentionPolicy', 'minReadySeconds'],
]

export function checkStatefulSetChange(object: Members, old: Members, to: Findings): void {
  const rest = (spec: Members) => Object.fromEntries(Object.entries(spec).filter(([key]) => !statefulSetFields.includes(key)))
  if (equalJson(rest(membersOf(object['spec'])), rest(membersOf(old['spec'])))) return
  to.forbidden(
    'spec',
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  )
}
