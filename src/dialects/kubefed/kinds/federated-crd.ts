import type { JsonObject } from '../../../base/json.js'
import { defineCustomResource } from '../../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'

const text = { type: 'string' } as const
const time = { type: 'string', format: 'date-time' } as const
const anything = { 'x-kubernetes-preserve-unknown-fields': true } as const

const object = (properties: JsonObject, required: string[] = []): JsonObject => ({
  type: 'object',
  ...(required.length > 0 ? { required } : {}),
  properties,
})
const list = (items: JsonObject): JsonObject => ({ type: 'array', items })

const placement = object({
  clusters: list(object({ name: text }, ['name'])),
  clusterSelector: object({
    matchExpressions: list(object({ key: text, operator: text, values: list(text) }, ['key', 'operator'])),
    matchLabels: { type: 'object', additionalProperties: text },
  }),
})

const overrides = list(
  object({
    clusterName: text,
    clusterOverrides: list(
      object({ op: { ...text, pattern: '^(add|remove|replace)?$' }, path: text, value: anything }, ['path']),
    ),
  }),
)

/** As upstream's, with `message` beside each reason and code: what is wrong, in words. */
const status = object({
  conditions: list(
    object({ type: text, status: text, reason: text, message: text, lastUpdateTime: time, lastTransitionTime: time }, [
      'type',
      'status',
    ]),
  ),
  clusters: list(object({ name: text, status: text, message: text, remoteStatus: { type: 'object', ...anything } }, ['name'])),
  observedGeneration: { type: 'integer', format: 'int64' },
})

/**
 * The definition of a Federated<Kind>, in the shape that `kubefedctl enable` generates. `scalable`: the target has a 32-bit
 * `spec.replicas`, so that `retainReplicas` can leave it to an autoscaler.
 */
export function federatedCrd(
  federated: ResourceType,
  options: { scalable: boolean; shortNames?: readonly string[] },
): KubeObject {
  const spec = object({
    placement,
    overrides,
    template: { type: 'object', ...anything },
    ...(options.scalable ? { retainReplicas: { type: 'boolean' } } : {}),
  })
  const shortNames = (options.shortNames ?? []).map((name) => `f${name}`)
  return defineCustomResource({ ...federated, shortNames }, { properties: { spec, status }, required: ['spec'], status: true })
}
