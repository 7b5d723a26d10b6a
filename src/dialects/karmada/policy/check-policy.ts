import { equalJson, isObject } from '../../../base/json.js'
import { explainQualifiedName } from '../../../kube/object/names.js'
import { type Fields, fieldAt, fieldsOf, numberAt, objectAt, objectsAt, textAt } from '../fields.js'
import { readAffinity } from './read-affinity.js'

/** What is wrong with a field of a policy, as upstream's webhooks say it. */
export interface PolicyFault {
  readonly field: string
  readonly value: unknown
  readonly detail: string
}

export function formatFault({ field, value, detail }: PolicyFault): string {
  return `${field}: Invalid value: ${value === undefined ? 'null' : JSON.stringify(value)}: ${detail}`
}

/** What a PropagationPolicy or ClusterPropagationPolicy may not say, beyond its schema. */
export function checkPropagationSpec(spec: Fields): PolicyFault[] {
  const faults = checkPlacement(fieldsOf(spec['placement']))
  const failover = objectAt(spec, 'failover')
  const application = objectAt(failover, 'application')
  if (application !== undefined) {
    if (spec['propagateDeps'] !== true)
      faults.push({
        field: 'spec.propagateDeps',
        value: spec['propagateDeps'] ?? false,
        detail: 'application failover is set, propagateDeps must be true',
      })
    faults.push(...checkApplicationFailover(application))
  }
  for (const level of ['application', 'cluster']) {
    const rules = objectsAt(failover, level, 'statePreservation', 'rules')
    for (const [index, rule] of rules.entries()) {
      const name = textAt(rule, 'aliasLabelName')
      for (const detail of explainQualifiedName(name))
        faults.push({ field: `spec.failover.${level}.statePreservation.rules[${index}].aliasLabelName`, value: name, detail })
    }
  }
  if (spec['preemption'] === 'Always') {
    for (const [index, selector] of objectsAt(spec, 'resourceSelectors').entries()) {
      if (textAt(selector, 'name') === '')
        faults.push({
          field: `spec.resourceSelectors[${index}].name`,
          value: '',
          detail: 'name cannot be empty if preemption is Always, the empty name may cause unexpected resources preemption',
        })
    }
  }
  const suspension = objectAt(spec, 'suspension')
  const named = fieldAt(suspension, 'dispatchingOnClusters', 'clusterNames')
  if (suspension?.['dispatching'] === true && Array.isArray(named) && named.length > 0)
    faults.push({
      field: 'spec.suspension.suspension',
      value: suspension,
      detail: 'suspension dispatching cannot co-exist with dispatchingOnClusters.clusterNames',
    })
  return faults
}

function checkPlacement(placement: Fields): PolicyFault[] {
  const faults: PolicyFault[] = []
  const at = 'spec.placement'
  const terms = objectsAt(placement, 'clusterAffinities')
  if (isObject(placement['clusterAffinity']) && Array.isArray(placement['clusterAffinities']))
    faults.push({ field: at, value: placement, detail: 'clusterAffinities cannot co-exist with clusterAffinity' })
  faults.push(...checkFields(placement['clusterAffinity'], `${at}.clusterAffinity`))
  const seen = new Set<string>()
  for (const [index, term] of terms.entries()) {
    const name = textAt(term, 'affinityName')
    for (const detail of explainQualifiedName(name))
      faults.push({ field: `${at}.clusterAffinities[${index}]`, value: name, detail })
    if (seen.has(name))
      faults.push({
        field: `${at}.clusterAffinities`,
        value: terms,
        detail: 'each affinity term in a policy must have a unique name',
      })
    seen.add(name)
    faults.push(...checkFields(term, `${at}.clusterAffinities[${index}]`))
    faults.push(...checkOverflow(term, `${at}.clusterAffinities[${index}]`, objectAt(placement, 'replicaScheduling')))
  }
  faults.push(...checkSpread(objectsAt(placement, 'spreadConstraints'), `${at}.spreadConstraints`))
  return faults
}

/** Only what is divided by room can be too much for a group. */
function checkOverflow(term: Fields, at: string, scheduling: Fields | undefined): PolicyFault[] {
  const value = term['overflowAffinities']
  if (!Array.isArray(value)) return []
  const faults: PolicyFault[] = []
  const field = `${at}.overflowAffinities`
  const byRoom =
    textAt(scheduling, 'replicaSchedulingType') === 'Divided' &&
    (textAt(scheduling, 'replicaDivisionPreference') === 'Aggregated' ||
      textAt(scheduling, 'weightPreference', 'dynamicWeight') !== '')
  const say = (detail: string) => faults.push({ field, value, detail })
  if (!byRoom) say('overflowAffinities can only be used together with dynamic weight or aggregated scheduling')
  if (Object.keys(readAffinity(term)).length === 0)
    say('overflowAffinities can only be used together with the inline ClusterAffinity')
  const seen = new Set([textAt(term, 'affinityName')])
  for (const [index, each] of objectsAt(term, 'overflowAffinities').entries()) {
    const name = textAt(each, 'affinityName')
    for (const detail of explainQualifiedName(name))
      faults.push({ field: `${field}[${index}].affinityName`, value: name, detail })
    if (seen.has(name))
      faults.push({
        field: `${field}[${index}].affinityName`,
        value: name,
        detail: "overflow affinity name must be unique and must not duplicate the primary group's affinityName",
      })
    seen.add(name)
    faults.push(...checkFields(each, `${field}[${index}]`))
  }
  return faults
}

function checkFields(affinity: unknown, at: string): PolicyFault[] {
  const selector = fieldAt(affinity, 'fieldSelector')
  for (const expression of objectsAt(selector, 'matchExpressions')) {
    const key = textAt(expression, 'key')
    const operator = textAt(expression, 'operator')
    const detail = !['provider', 'region', 'zone'].includes(key)
      ? `unsupported key ${JSON.stringify(key)}, must be provider, region, or zone`
      : operator !== 'In' && operator !== 'NotIn'
        ? `unsupported operator ${JSON.stringify(operator)}, must be In or NotIn`
        : undefined
    if (detail !== undefined) return [{ field: `${at}.fieldSelector`, value: selector, detail }]
  }
  return []
}

function checkSpread(constraints: readonly Fields[], at: string): PolicyFault[] {
  const faults: PolicyFault[] = []
  const fields = new Map<string, boolean>()
  for (const [index, constraint] of constraints.entries()) {
    const by = textAt(constraint, 'spreadByField')
    const min = numberAt(constraint, 'minGroups') ?? 0
    const max = numberAt(constraint, 'maxGroups') ?? 0
    const say = (detail: string) => faults.push({ field: `${at}[${index}]`, value: constraint, detail })
    if (by !== '' && textAt(constraint, 'spreadByLabel') !== '') say('spreadByLabel should not co-exist with spreadByField')
    if (min < 0) say('minGroups lower than 0 is not allowed')
    if (max < 0) say('maxGroups lower than 0 is not allowed')
    if (max > 0 && max < min) say('maxGroups lower than minGroups is not allowed')
    if (by === '') continue
    if (fields.get(by) === false) {
      faults.push({ field: at, value: constraints, detail: `multiple ${by} spread constraints are not allowed` })
      fields.set(by, true)
    } else if (!fields.has(by)) fields.set(by, false)
  }
  if (fields.size > 0 && !fields.has('cluster'))
    faults.push({
      field: at,
      value: constraints,
      detail: 'the cluster spread constraint must be enabled in one of the constraints in case of SpreadByField is enabled',
    })
  return faults
}

function checkApplicationFailover(application: Fields): PolicyFault[] {
  const at = 'spec.failover.application'
  const faults: PolicyFault[] = []
  const tolerated = numberAt(application, 'decisionConditions', 'tolerationSeconds')
  const grace = numberAt(application, 'gracePeriodSeconds')
  const gracefully = ['Gracefully', 'Graciously'].includes(textAt(application, 'purgeMode'))
  const say = (field: string, value: unknown, detail: string) => faults.push({ field: `${at}.${field}`, value, detail })
  if (tolerated !== undefined && tolerated < 0)
    say('decisionConditions.tolerationSeconds', tolerated, 'must be greater than or equal to 0')
  if (!gracefully && grace !== undefined) say('gracePeriodSeconds', grace, 'only takes effect when purgeMode is gracefully')
  if (grace !== undefined && grace <= 0) say('gracePeriodSeconds', grace, 'must be greater than 0')
  return faults
}

/** What an OverridePolicy or ClusterOverridePolicy may not say, beyond its schema. */
export function checkOverrideSpec(spec: Fields): PolicyFault[] {
  const faults = checkFields(spec['targetCluster'], 'spec.targetCluster')
  const hasRules = Array.isArray(spec['overrideRules'])
  const overriders = objectAt(spec, 'overriders')
  if (isObject(spec['targetCluster']) && hasRules)
    faults.push({
      field: 'spec.targetCluster',
      value: spec['targetCluster'],
      detail: "overrideRules and targetCluster can't co-exist",
    })
  if (overriders !== undefined && !equalJson(overriders, {}) && hasRules)
    faults.push({ field: 'spec.overriders', value: overriders, detail: "overrideRules and overriders can't co-exist" })
  for (const [index, rule] of objectsAt(spec, 'overrideRules').entries())
    faults.push(...checkFields(rule['targetCluster'], `spec.overrideRules[${index}].targetCluster`))
  return faults
}
