import { equalJson } from '../../../base/json.js'
import { groupOf } from '../../object/kube-object.js'
import { explainDns1123Subdomain, explainQualifiedName } from '../../object/names.js'
import { GoText } from '../field-cause.js'
import { type Findings, isSet, type Members, membersOf, numberOf, textOf } from './findings.js'
import { checkMetadata, metadataOf } from './metadata.js'

/** Reference: k8s.io/kubernetes/pkg/apis/core/validation/events.go. Members have the names of the version that was sent. */

interface Names {
  readonly regarding: string
  readonly controller: string
  readonly note: string
}
const coreNames: Names = { regarding: 'involvedObject', controller: 'reportingComponent', note: 'message' }
const eventsNames: Names = { regarding: 'regarding', controller: 'reportingController', note: 'note' }

function isOfEventsGroup(event: Members): boolean {
  return groupOf(textOf(event['apiVersion'])) === 'events.k8s.io'
}

/** What every event must be, whatever version it was sent in. */
function checkAnyEvent(event: Members, to: Findings): void {
  const names = isOfEventsGroup(event) ? eventsNames : coreNames
  const namespace = textOf(metadataOf(event)['namespace'])
  const regarding = textOf(membersOf(event[names.regarding])['namespace'])
  const field = 'involvedObject.namespace'
  const text = 'does not match event.namespace'
  if (!isSet(event['eventTime'])) {
    const agrees = regarding === '' ? namespace === 'default' || namespace === '' : regarding === namespace
    if (!agrees) to.invalid(field, regarding, text)
  } else {
    if (regarding === '' && namespace !== 'default' && namespace !== 'kube-system') to.invalid(field, regarding, text)
    const controller = textOf(event[names.controller])
    if (controller === '') to.required(names.controller)
    to.explain(names.controller, controller, explainQualifiedName(controller))
    for (const key of ['reportingInstance', 'action', 'reason']) {
      const value = textOf(event[key])
      if (value === '') to.required(key)
      if (value.length > 128) to.invalid(key, '', 'can have at most 128 characters')
    }
    if (textOf(event[names.note]).length > 1024) to.invalid('message', '', 'can have at most 1024 characters')
  }
  to.explain('namespace', namespace, explainDns1123Subdomain(namespace))
}

function checkSeries(event: Members, to: Findings): void {
  if (!isSet(event['series'])) return
  const series = membersOf(event['series'])
  if (numberOf(series['count']) < 2) to.invalid('series.count', '', 'should be at least 2')
  if (!isSet(series['lastObservedTime'])) to.required('series.lastObservedTime')
}

export function checkNewEvent(event: Members, to: Findings): void {
  checkAnyEvent(event, to)
  if (!isOfEventsGroup(event)) return
  checkMetadata('', metadataOf(event), { namespaced: true }, to)
  checkSeries(event, to)
  if (!isSet(event['eventTime'])) to.required('eventTime')
  const type = textOf(event['type'])
  if (type !== 'Normal' && type !== 'Warning') to.invalid('type', '', `has invalid value: ${type}`)
  const unset = 'needs to be unset'
  if (isSet(event['deprecatedFirstTimestamp'])) to.invalid('firstTimestamp', '', unset)
  if (isSet(event['deprecatedLastTimestamp'])) to.invalid('lastTimestamp', '', unset)
  if (numberOf(event['deprecatedCount']) !== 0) to.invalid('count', '', unset)
  const { component, host } = membersOf(event['deprecatedSource'])
  if (textOf(component) !== '' || textOf(host) !== '') to.invalid('source', '', unset)
}

/** By member of the newer version: the name that findings have. */
const immutable: readonly (readonly [member: string, field: string])[] = [
  ['regarding', 'involvedObject'],
  ['reason', 'reason'],
  ['note', 'message'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
  ['reason', 'reason'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingController', 'reportingController'],
  ['reportingInstance', 'reportingInstance'],
]

/** Events of the older version may change in every way. */
export function checkEventUpdate(event: Members, old: Members, to: Findings): void {
  checkAnyEvent(event, to)
  if (!isOfEventsGroup(event)) return
  if (!equalJson(event['series'] ?? null, old['series'] ?? null)) checkSeries(event, to)
  for (const [member, field] of immutable) {
    const value = event[member]
    const changed = !equalJson(emptied(value), emptied(old[member]))
    to.immutable(field, printed(value), changed)
  }
}

/** Absent, null, empty and zero are the same in Go. */
function emptied(value: unknown): unknown {
  if (value === '' || value === 0 || !isSet(value)) return null
  return typeof value === 'object' && Object.keys(value as object).length === 0 ? null : value
}

function printed(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? new GoText('core.ObjectReference{...}') : (value ?? '')
}
