import type { KubeObject } from '../../kube/object/kube-object.js'
import { at, listAt, mapAt, numberAt, orElse, shortened, textAt } from './fields.js'
import { ageOf, humanDuration } from './human-duration.js'
import { podPrinter } from './pod-printer.js'
import { definePrinter, type TablePrinter } from './printer.js'
import { labelsText, selectorText } from './selector-text.js'

const age = (object: KubeObject, now: number) => ageOf(object.metadata.creationTimestamp, now)
const wideColumns = 'Containers+|Images+|Selector+'

function containers(template: unknown): [names: string, images: string] {
  const all = listAt(template, 'spec', 'containers')
  return [all.map((one) => textAt(one, 'name')).join(','), all.map((one) => textAt(one, 'image')).join(',')]
}

const templateOf = (object: KubeObject) => at(object, 'spec', 'template')

const replicaPrinter = (selector: (object: KubeObject) => string) =>
  definePrinter(`Name|Desired:integer|Current:integer|Ready:integer|Age|${wideColumns}`, (object, now) => [
    object.metadata.name,
    numberAt(object, 'spec', 'replicas'),
    numberAt(object, 'status', 'replicas'),
    numberAt(object, 'status', 'readyReplicas'),
    age(object, now),
    ...containers(templateOf(object)),
    selector(object),
  ])

/** Of the subresource `scale` of any kind, which is a Scale of autoscaling/v1. */
const scale = definePrinter('Name|Desired:integer|Available:integer|Age', (object, now) => [
  object.metadata.name,
  numberAt(object, 'spec', 'replicas'),
  numberAt(object, 'status', 'replicas'),
  age(object, now),
])

/** Of a scale the name is a text like any other. */
export const scalePrinter: TablePrinter = {
  ...scale,
  columns: scale.columns.map((column) => ({ ...column, format: '' })),
}

function jobStatus(job: KubeObject): string {
  const has = (type: string) =>
    listAt(job, 'status', 'conditions').some((item) => textAt(item, 'type') === type && textAt(item, 'status') === 'True')
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (job.metadata.deletionTimestamp) return 'Terminating'
  if (has('Suspended')) return 'Suspended'
  if (has('FailureTarget')) return 'FailureTarget'
  if (has('SuccessCriteriaMet')) return 'SuccessCriteriaMet'
  return 'Running'
}

function jobCompletions(job: KubeObject): string {
  const succeeded = numberAt(job, 'status', 'succeeded')
  if (at(job, 'spec', 'completions') !== undefined) return `${succeeded}/${numberAt(job, 'spec', 'completions')}`
  const parallelism = numberAt(job, 'spec', 'parallelism')
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function jobDuration(job: KubeObject, now: number): string {
  const started = Date.parse(textAt(job, 'status', 'startTime'))
  if (Number.isNaN(started)) return ''
  const completed = Date.parse(textAt(job, 'status', 'completionTime'))
  return humanDuration((Number.isNaN(completed) ? now : completed) - started)
}

function booleanText(value: unknown): string {
  if (typeof value !== 'boolean') return '<unset>'
  return value ? 'True' : 'False'
}

/** What an autoscaler aims at: `cpu: 30%/50%, 12/100 (avg)`. */
function autoscalerTargets(object: KubeObject): string {
  const statuses = listAt(object, 'status', 'currentMetrics')
  const texts = listAt(object, 'spec', 'metrics').map((metric, index) => {
    const type = textAt(metric, 'type')
    const member = type === '' ? '' : type[0]!.toLowerCase() + type.slice(1)
    const target = at(metric, member, 'target')
    const current = at(statuses[index], member, 'current')
    const value = (kind: string) => `${orElse(textAt(current, kind), '<unknown>')}/${textAt(target, kind)}`
    if (type !== 'Resource' && type !== 'ContainerResource') {
      if (type === 'Pods') return value('averageValue')
      return at(target, 'averageValue') !== undefined ? `${value('averageValue')} (avg)` : value('value')
    }
    const name = `${textAt(metric, member, 'name')}: `
    if (at(target, 'averageValue') !== undefined) return name + value('averageValue')
    const percent = (of: unknown, otherwise: string) =>
      at(of, 'averageUtilization') === undefined ? otherwise : `${textAt(of, 'averageUtilization')}%`
    return `${name}${percent(current, '<unknown>')}/${percent(target, '<auto>')}`
  })
  if (textAt(object, 'spec', 'targetCPUUtilizationPercentage') !== '') {
    const current = textAt(object, 'status', 'currentCPUUtilizationPercentage')
    const percent = current === '' ? '<unknown>' : `${current}%`
    texts.push(`cpu: ${percent}/${textAt(object, 'spec', 'targetCPUUtilizationPercentage')}%`)
  }
  return texts.length === 0 ? '<none>' : shortened(texts, 2, ', ')
}

/** Pods and what makes them, by group resource. */
export const workloadPrinters: Readonly<Record<string, TablePrinter>> = {
  pods: podPrinter,
  podtemplates: definePrinter('Name|Containers|Images|Pod Labels', (object) => [
    object.metadata.name,
    ...containers(at(object, 'template')),
    labelsText(mapAt(object, 'template', 'metadata', 'labels')),
  ]),
  replicationcontrollers: replicaPrinter((object) => labelsText(mapAt(object, 'spec', 'selector'))),
  'replicasets.apps': replicaPrinter((object) => selectorText(at(object, 'spec', 'selector'))),
  'deployments.apps': definePrinter(`Name|Ready|Up-to-date|Available|Age|${wideColumns}`, (object, now) => [
    object.metadata.name,
    `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`,
    numberAt(object, 'status', 'updatedReplicas'),
    numberAt(object, 'status', 'availableReplicas'),
    age(object, now),
    ...containers(templateOf(object)),
    selectorText(at(object, 'spec', 'selector')),
  ]),
  'statefulsets.apps': definePrinter('Name|Ready|Age|Containers+|Images+', (object, now) => [
    object.metadata.name,
    `${numberAt(object, 'status', 'readyReplicas')}/${numberAt(object, 'spec', 'replicas')}`,
    age(object, now),
    ...containers(templateOf(object)),
  ]),
  'daemonsets.apps': definePrinter(
    `Name|Desired:integer|Current:integer|Ready:integer|Up-to-date:integer|Available:integer|Node Selector|Age|${wideColumns}`,
    (object, now) => [
      object.metadata.name,
      numberAt(object, 'status', 'desiredNumberScheduled'),
      numberAt(object, 'status', 'currentNumberScheduled'),
      numberAt(object, 'status', 'numberReady'),
      numberAt(object, 'status', 'updatedNumberScheduled'),
      numberAt(object, 'status', 'numberAvailable'),
      labelsText(mapAt(object, 'spec', 'template', 'spec', 'nodeSelector')),
      age(object, now),
      ...containers(templateOf(object)),
      selectorText(at(object, 'spec', 'selector')),
    ],
  ),
  'controllerrevisions.apps': definePrinter('Name|Controller|Revision|Age', (object, now) => {
    const owner = object.metadata.ownerReferences?.find((reference) => reference.controller)
    const group = owner?.apiVersion.includes('/') ? `.${owner.apiVersion.slice(0, owner.apiVersion.indexOf('/'))}` : ''
    return [
      object.metadata.name,
      owner === undefined ? '<none>' : `${owner.kind.toLowerCase()}${group}/${owner.name}`,
      numberAt(object, 'revision'),
      age(object, now),
    ]
  }),
  'jobs.batch': definePrinter(`Name|Status|Completions|Duration|Age|${wideColumns}`, (object, now) => [
    object.metadata.name,
    jobStatus(object),
    jobCompletions(object),
    jobDuration(object, now),
    age(object, now),
    ...containers(templateOf(object)),
    selectorText(at(object, 'spec', 'selector')),
  ]),
  'cronjobs.batch': definePrinter(
    `Name|Schedule|Timezone|Suspend:boolean|Active:integer|Last Schedule|Age|${wideColumns}`,
    (object, now) => [
      object.metadata.name,
      textAt(object, 'spec', 'schedule'),
      orElse(textAt(object, 'spec', 'timeZone'), '<none>'),
      booleanText(at(object, 'spec', 'suspend')),
      listAt(object, 'status', 'active').length,
      at(object, 'status', 'lastScheduleTime') === undefined ? '<none>' : ageOf(at(object, 'status', 'lastScheduleTime'), now),
      age(object, now),
      ...containers(at(object, 'spec', 'jobTemplate', 'spec', 'template')),
      selectorText(at(object, 'spec', 'jobTemplate', 'spec', 'selector')),
    ],
  ),
  'horizontalpodautoscalers.autoscaling': definePrinter('Name|Reference|Targets|MinPods|MaxPods|Replicas|Age', (object, now) => [
    object.metadata.name,
    `${textAt(object, 'spec', 'scaleTargetRef', 'kind')}/${textAt(object, 'spec', 'scaleTargetRef', 'name')}`,
    autoscalerTargets(object),
    orElse(textAt(object, 'spec', 'minReplicas'), '<unset>'),
    numberAt(object, 'spec', 'maxReplicas'),
    numberAt(object, 'status', 'currentReplicas'),
    age(object, now),
  ]),
  'poddisruptionbudgets.policy': definePrinter(
    'Name|Min Available|Max Unavailable|Allowed Disruptions:integer|Age',
    (object, now) => [
      object.metadata.name,
      orElse(textAt(object, 'spec', 'minAvailable'), 'N/A'),
      orElse(textAt(object, 'spec', 'maxUnavailable'), 'N/A'),
      numberAt(object, 'status', 'disruptionsAllowed'),
      age(object, now),
    ],
  ),
}
