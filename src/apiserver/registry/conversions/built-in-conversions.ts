import { strategies } from '../lifecycles/strategies.js'
import type { Strategy } from '../lifecycles/strategy.js'
import type { VersionConversion } from '../resource.js'
import { convertAutoscalers } from './autoscaler-conversion.js'
import { convertEvents } from './event-conversion.js'

export interface BuiltInConversion extends VersionConversion {
  /** The name under which storage holds the objects. */
  readonly stored: string
  readonly strategy: Strategy
}

/** Field labels of events.k8s.io, at the paths of the stored core Event. */
const eventFields: Readonly<Record<string, string>> = {
  reason: 'reason',
  type: 'type',
  reportingController: 'reportingComponent',
  ...Object.fromEntries(
    ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((field) => [
      `regarding.${field}`,
      `involvedObject.${field}`,
    ]),
  ),
}

/** Built-in resources whose version is not the stored one, by `apiVersion/plural`. */
export const builtInConversions: Readonly<Record<string, BuiltInConversion>> = {
  'events.k8s.io/v1/events': {
    ...convertEvents,
    stored: 'events',
    strategy: { createOnUpdate: true, uncollected: true, selectable: eventFields },
  },
  'autoscaling/v1/horizontalpodautoscalers': {
    ...convertAutoscalers,
    stored: 'horizontalpodautoscalers.autoscaling',
    strategy: {
      ...strategies['horizontalpodautoscalers.autoscaling'],
      initialStatus: { currentReplicas: 0, desiredReplicas: 0 },
    },
  },
}
