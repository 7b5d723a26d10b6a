import { isObject } from '../../base/json.js'
import { healthOf } from '../../delivery/health/health.js'
import { placementLabel } from '../../dialects/placement/placement-kind.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { type FleetExplanation, inOrder, Steps } from './explanation.js'

/** Conditions that are good news when they are False. */
const isGoodWhenFalse = (type: string) =>
  /(Pressure|Unavailable|Failed|Failure|Error|Occurred|Degraded|Stalled|Progressing|Paused|Deleting|Terminating|Conflict|Suspended|Reconciling|NamesNotAccepted|Content\w*|Names?Conflict|NonStructuralSchema)$|^Disruption/.test(
    type,
  )

/** What can be said of any object: who made it, conditions that are not good, recent Warning events, what holds its deletion. Pure. */
export function explainPlain(object: KubeObject, owners: readonly KubeObject[], events: readonly KubeObject[]): FleetExplanation {
  const { metadata, kind } = object
  const steps = new Steps()
  explainOrigin(steps, object, owners)
  const health = healthOf(object)
  if (health !== undefined) {
    const { status, message } = health
    const good = status === 'Healthy' || status === 'Suspended'
    const waits = status === 'Progressing' || status === 'Missing'
    steps.add('engine', 'health', good ? 'ok' : waits ? 'waits' : 'bad', `${status}${message ? `: ${message}` : ''}`)
    if (waits) steps.waits(message ?? status)
  }
  addTail(steps, object, events)
  return {
    object: `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`,
    state: metadata.deletionTimestamp !== undefined ? 'being deleted' : (health?.status ?? 'it is there'),
    steps: steps.list,
    waitsFor: steps.waitsFor,
  }
}

const marks: readonly (readonly [annotation: string, say: (value: string) => string])[] = [
  ['argocd.argoproj.io/tracking-id', (value) => `Application ${value.split(':', 1)[0]}`],
  ['flotilla.dev/federated-by', (value) => value],
]

function explainOrigin(steps: Steps, { metadata }: KubeObject, owners: readonly KubeObject[]): void {
  const misplaced = metadata.annotations?.[placementLabel]
  if (misplaced !== undefined && metadata.labels?.[placementLabel] === undefined) {
    steps.add('dialect', 'placement', 'bad', `${placementLabel}: ${misplaced} is an annotation, and counts as a label only`)
    steps.waits(`the label ${placementLabel}: it goes to no cluster without`)
  }
  for (const owner of owners) steps.add('dialect', 'made by', 'info', `${owner.kind} ${owner.metadata.name}`)
  for (const [annotation, say] of marks) {
    const value = metadata.annotations?.[annotation]
    if (value !== undefined) steps.add('dialect', 'delivered by', 'info', say(value))
  }
}

/** Conditions, events and finalizers: what every explanation ends with. */
export function addTail(steps: Steps, object: KubeObject, events: readonly KubeObject[]): void {
  for (const { type, status, reason, message, lastTransitionTime } of conditionsOf(object)) {
    const good = status === 'Unknown' ? false : (status === 'True') !== isGoodWhenFalse(type)
    const words = `${status}${reason ? `, ${reason}` : ''}${message ? `: ${message}` : ''}`
    if (!good && type !== 'Progressing')
      steps.add('engine', type, status === 'Unknown' ? 'waits' : 'bad', words, lastTransitionTime)
  }
  const said = steps.list.map(({ why }) => why)
  const warnings = events
    .filter((event) => event['type'] === 'Warning')
    .sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1))
    .slice(0, 5)
  for (const event of warnings) {
    const words = `${String(event['reason'])}: ${String(event['message'])}${Number(event['count'] ?? 1) > 1 ? ` (${String(event['count'])} times)` : ''}`
    // A move that is held back goes on by itself once its reason is gone.
    if (!said.some((why) => why.includes(String(event['message']))))
      steps.add('engine', 'event', event['reason'] === 'FailoverHeld' ? 'waits' : 'bad', words, timeOf(event) || undefined)
  }
  const { deletionTimestamp, finalizers = [] } = object.metadata
  if (deletionTimestamp !== undefined && !steps.list.some(({ what }) => what === 'deletion')) {
    steps.add('engine', 'deletion', 'waits', `held by ${finalizers.join(', ') || 'nothing'}`, deletionTimestamp)
    for (const finalizer of finalizers) steps.waits(`the finalizer ${finalizer}`)
  }
}

/** An explanation with the conditions, events and finalizers of its object behind it. */
export function withTail(explanation: FleetExplanation, object: KubeObject, events: readonly KubeObject[]): FleetExplanation {
  const steps = new Steps()
  steps.list.push(...explanation.steps)
  steps.waitsFor.push(...explanation.waitsFor)
  const bare = { ...object, status: {} }
  addTail(steps, bare, events)
  return { ...explanation, steps: inOrder(steps.list), waitsFor: steps.waitsFor }
}

function timeOf(event: KubeObject): string {
  const times = [event['lastTimestamp'], event['eventTime'], event.metadata.creationTimestamp]
  return times.find((time): time is string => typeof time === 'string') ?? ''
}

interface LooseCondition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string
}

function conditionsOf({ status }: KubeObject): LooseCondition[] {
  const list = isObject(status) ? status['conditions'] : undefined
  return Array.isArray(list)
    ? list.filter(
        (each): each is LooseCondition =>
          isObject(each) && typeof each['type'] === 'string' && typeof each['status'] === 'string',
      )
    : []
}
