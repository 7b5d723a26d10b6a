import { isObject } from '../../../base/json.js'
import { type Fields, objectsAt, textAt } from '../fields.js'

type Writable = Record<string, unknown>

/** What upstream's webhook fills in on a write, in place: namespaces of selectors, spread by cluster, weighted division. */
export function defaultPropagationSpec(spec: Writable, namespace: string): void {
  defaultSelectors(spec, namespace)
  const placement = spec['placement']
  if (isObject(placement)) defaultPlacement(placement)
  const application = isObject(spec['failover']) ? spec['failover']['application'] : undefined
  if (
    isObject(application) &&
    ['Gracefully', 'Graciously'].includes(textAt(application, 'purgeMode')) &&
    application['gracePeriodSeconds'] === undefined
  )
    application['gracePeriodSeconds'] = 600
  const selectors = objectsAt(spec, 'resourceSelectors')
  if (selectors.some((selector: Fields) => selector['kind'] === 'ServiceImport')) spec['propagateDeps'] = true
}

function defaultPlacement(placement: Writable): void {
  for (const constraint of objectsAt(placement, 'spreadConstraints') as Writable[]) {
    if (textAt(constraint, 'spreadByField') === '' && textAt(constraint, 'spreadByLabel') === '')
      constraint['spreadByField'] = 'cluster'
    if (constraint['minGroups'] === undefined || constraint['minGroups'] === 0) constraint['minGroups'] = 1
  }
  const scheduling = placement['replicaScheduling']
  if (
    isObject(scheduling) &&
    scheduling['replicaSchedulingType'] === 'Divided' &&
    textAt(scheduling, 'replicaDivisionPreference') === ''
  )
    scheduling['replicaDivisionPreference'] = 'Weighted'
}

/** Selectors of a policy of a namespace that name none are of that namespace; in place. */
export function defaultSelectors(spec: Writable, namespace: string): void {
  if (namespace === '') return
  for (const selector of objectsAt(spec, 'resourceSelectors') as Writable[])
    if (textAt(selector, 'namespace') === '') selector['namespace'] = namespace
}
