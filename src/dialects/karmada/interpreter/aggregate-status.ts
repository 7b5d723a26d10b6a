import { compareText } from '../../../base/compare-text.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, fieldsOf, numberAt, objectAt, objectsAt, textAt } from '../fields.js'
import { aggregateJob } from './aggregate-job.js'

/** One cluster's part; without `status` nothing has come back from there yet. */
export interface StatusItem {
  readonly cluster: string
  readonly status?: Fields
}

type Aggregate = (template: KubeObject, items: readonly StatusItem[], nowText: string) => Fields | undefined

const aggregates: Readonly<Record<string, Aggregate | undefined>> = {
  __proto__: null as never,
  'apps/v1/Deployment': sums([], ['replicas', 'readyReplicas', 'updatedReplicas', 'availableReplicas', 'unavailableReplicas']),
  'apps/v1/ReplicaSet': sums(['replicas'], ['readyReplicas', 'availableReplicas']),
  'apps/v1/StatefulSet': sums(['replicas', 'availableReplicas'], ['currentReplicas', 'readyReplicas', 'updatedReplicas']),
  'apps/v1/DaemonSet': sums(
    ['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady'],
    ['numberAvailable', 'updatedNumberScheduled', 'numberUnavailable'],
  ),
  'v1/Service': (template, items) =>
    textAt(template, 'spec', 'type') === 'LoadBalancer' ? { loadBalancer: addresses(items) } : undefined,
  'networking.k8s.io/v1/Ingress': (_template, items) => ({ loadBalancer: addresses(items) }),
  'batch/v1/Job': aggregateJob,
  'batch/v1/CronJob': (_template, items) => ({
    active: orNull(items.flatMap(({ status }) => objectsAt(status, 'active'))),
    lastScheduleTime: latest(items, 'lastScheduleTime'),
    lastSuccessfulTime: latest(items, 'lastSuccessfulTime'),
  }),
  'v1/Pod': aggregatePod,
  'v1/PersistentVolume': (_template, items) => phase(items, ['Failed', 'Pending', 'Available', 'Bound', 'Released']),
  'v1/PersistentVolumeClaim': (_template, items) => {
    let found = 'Bound'
    for (const { status } of items) {
      const own = textAt(status, 'phase')
      if (status === undefined || own === 'Bound') continue
      found = own
      if (own === 'Lost') break
    }
    return { phase: found }
  },
  'policy/v1/PodDisruptionBudget': (template, items) => {
    const disrupted: Record<string, unknown> = {}
    for (const { cluster, status } of items)
      for (const [pod, time] of Object.entries(fieldsOf(status?.['disruptedPods']))) disrupted[`${cluster}/${pod}`] = time
    for (const pod of Object.keys(fieldsOf(objectAt(template, 'status', 'disruptedPods'))))
      if (!Object.hasOwn(disrupted, pod)) disrupted[pod] = null
    return {
      currentHealthy: sum(items, 'currentHealthy'),
      desiredHealthy: sum(items, 'desiredHealthy'),
      expectedPods: sum(items, 'expectedPods'),
      disruptionsAllowed: sum(items, 'disruptionsAllowed'),
      ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
    }
  },
  'autoscaling/v2/HorizontalPodAutoscaler': (_template, items) => ({
    desiredReplicas: sum(items, 'desiredReplicas'),
    currentReplicas: nullForZero(sum(items, 'currentReplicas')),
  }),
}

/**
 * The status that a template has by what its copies came to: a merge patch of `status` (null removes). Undefined for kinds of
 * which none is made, and where nothing is to change (a Job that has ended).
 */
export function aggregateStatus(template: KubeObject, items: readonly StatusItem[], nowText: string): Fields | undefined {
  const kind = `${template.apiVersion}/${template.kind}`
  const status = aggregates[kind]?.(template, items, nowText)
  if (status === undefined || summed.has(kind)) return status
  const gone = Object.keys(fieldsOf(template['status'])).filter((field) => !Object.hasOwn(status, field))
  return gone.length === 0 ? status : { ...status, ...Object.fromEntries(gone.map((field) => [field, null])) }
}

/** Kinds that keep what else is in their status; that of others is made as a whole. */
const summed = new Set([
  'apps/v1/Deployment',
  'apps/v1/ReplicaSet',
  'apps/v1/StatefulSet',
  'apps/v1/DaemonSet',
  'batch/v1/CronJob',
])

/**
 * Sums, and the template's generation as observed once every copy has it: each cluster tells the generation of its copy, how
 * far that is observed, and the template's generation that it was made of.
 */
function sums(always: readonly string[], nonZero: readonly string[]): Aggregate {
  return (template, items) => {
    const generation = template.metadata.generation ?? 0
    const upToDate = items.filter(
      ({ status }) =>
        status !== undefined &&
        (numberAt(status, 'observedGeneration') ?? 0) >= (numberAt(status, 'generation') ?? 0) &&
        (numberAt(status, 'resourceTemplateGeneration') ?? 0) >= generation,
    )
    const before = numberAt(template, 'status', 'observedGeneration') ?? 0
    const total: Record<string, unknown> = {
      observedGeneration: nullForZero(upToDate.length === items.length ? generation : before),
    }
    for (const field of always) total[field] = sum(items, field)
    for (const field of nonZero) total[field] = nullForZero(sum(items, field))
    return total
  }
}

function aggregatePod(_template: KubeObject, items: readonly StatusItem[]): Fields | undefined {
  if (items.length === 0) return undefined
  const states = (field: string) =>
    items.flatMap(({ status }) =>
      objectsAt(status, field).map((container) => ({
        name: '',
        state: objectAt(container, 'state') ?? {},
        lastState: {},
        ready: container['ready'] === true,
        restartCount: 0,
        image: '',
        imageID: '',
      })),
    )
  return {
    ...phase(items, ['Failed', 'Pending', 'Running', 'Succeeded']),
    containerStatuses: orNull(states('containerStatuses')),
    initContainerStatuses: orNull(states('initContainerStatuses')),
  }
}

/** The first phase in the list that any cluster is in; one of which nothing is known yet is pending. */
function phase(items: readonly StatusItem[], order: readonly string[]): Fields {
  const phases = new Set(items.map(({ status }) => (status === undefined ? 'Pending' : textAt(status, 'phase'))))
  return { phase: order.find((each) => phases.has(each)) ?? null }
}

function addresses(items: readonly StatusItem[]): Fields {
  const found = new Map<string, Fields>()
  for (const { status } of items)
    for (const ingress of objectsAt(status, 'loadBalancer', 'ingress'))
      found.set(`${textAt(ingress, 'ip')} ${textAt(ingress, 'hostname')}`, ingress)
  return { ingress: orNull([...found].sort(([a], [b]) => compareText(a, b)).map(([, ingress]) => ingress)) }
}

function latest(items: readonly StatusItem[], field: string): string | null {
  let found: string | null = null
  for (const { status } of items) {
    const time = textAt(status, field)
    if (time !== '' && (found === null || Date.parse(time) > Date.parse(found))) found = time
  }
  return found
}

function sum(items: readonly StatusItem[], field: string): number {
  let total = 0
  for (const { status } of items) total += numberAt(status, field) ?? 0
  return total
}

function nullForZero(value: number): number | null {
  return value === 0 ? null : value
}

function orNull<T>(items: readonly T[]): readonly T[] | null {
  return items.length === 0 ? null : items
}
