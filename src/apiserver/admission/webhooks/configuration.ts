import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { fromLabelSelector, type LabelSelector, type LabelSelectorSpec } from '../../../kube/object/selector.js'
import type { ClusterStorage } from '../../storage/contract.js'
import type { Rule } from '../matching/rules.js'

export const mutatingConfigurations = 'mutatingwebhookconfigurations.admissionregistration.k8s.io'
export const validatingConfigurations = 'validatingwebhookconfigurations.admissionregistration.k8s.io'

/** MutatingWebhook and ValidatingWebhook of admissionregistration.k8s.io/v1, with their defaults. */
export interface WebhookSpec {
  readonly name: string
  readonly clientConfig: {
    readonly url?: string
    readonly service?: { readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number }
    /** base64 of PEM */
    readonly caBundle?: string
  }
  readonly rules?: readonly Rule[]
  readonly failurePolicy?: 'Fail' | 'Ignore'
  readonly matchPolicy?: 'Exact' | 'Equivalent'
  readonly namespaceSelector?: LabelSelectorSpec
  readonly objectSelector?: LabelSelectorSpec
  readonly sideEffects?: string
  readonly timeoutSeconds?: number
  readonly admissionReviewVersions?: readonly string[]
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded'
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[]
}

export interface Webhook {
  /** Tells webhooks of one name in several configurations apart. */
  readonly id: string
  readonly configuration: string
  readonly spec: WebhookSpec
  readonly namespaceSelector: LabelSelector
  readonly objectSelector: LabelSelector
}

const none: readonly Webhook[] = []
/** Stored objects never change in place, so what was made of one holds as long as it lives. */
const known = new WeakMap<KubeObject, readonly Webhook[]>()

/** The webhooks of a cluster, by the name of their configuration and then in its order. */
export function webhooksOf(storage: ClusterStorage, resource: string): readonly Webhook[] {
  const count = storage.count(resource, '')
  if (count === 0) return none
  const all: Webhook[] = []
  for (const configuration of storage.scan(resource, '')) {
    let hooks = known.get(configuration)
    if (hooks === undefined) known.set(configuration, (hooks = readWebhooks(configuration)))
    if (count === 1) return hooks
    all.push(...hooks)
  }
  return all
}

function readWebhooks(configuration: KubeObject): Webhook[] {
  const list = configuration['webhooks']
  if (!Array.isArray(list)) return []
  const { name } = configuration.metadata
  return list.filter(isObject).map((hook, index) => {
    const spec = hook as unknown as WebhookSpec
    return {
      id: `${name}/${spec.name}/${index}`,
      configuration: name,
      spec,
      namespaceSelector: fromLabelSelector(spec.namespaceSelector ?? {}, { validate: false }),
      objectSelector: fromLabelSelector(spec.objectSelector ?? {}, { validate: false }),
    }
  })
}
