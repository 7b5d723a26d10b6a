import type { AdmissionPlugin } from '../../apiserver/admission/contract.js'
import { denial } from '../../apiserver/admission/webhooks/call-failure.js'
import { equalJson } from '../../base/json.js'
import { admitIstio, istioWebhook } from '../../dialects/istio/admit.js'

/** What counts on the hub only: said where it is applied elsewhere. */
const ofHub = new Map([
  ['multiclusterservices.networking.gke.io', 'MultiClusterServices'],
  ['brokers.submariner.io', 'Brokers'],
])
const handled = new Set(
  ['serviceentries', 'destinationrules', 'workloadentries'].map((plural) => `${plural}.networking.istio.io`),
)

/**
 * Refuses objects of Istio that Istio's own webhook refuses, in every cluster: in its words, with the field and the fix. Changes
 * of what is stored already and cannot be better (its labels, its end) go through. Tells of objects that nobody reads there.
 */
export function createServiceAdmission(hub: string): AdmissionPlugin {
  return {
    name: 'ServiceRules',
    handles: ({ groupResource, operation, subresource }) =>
      (handled.has(groupResource) || ofHub.has(groupResource)) &&
      subresource === '' &&
      (operation === 'CREATE' || operation === 'UPDATE'),
    validate(request) {
      const { object, previous, namespace, storage } = request
      if (object === undefined || object.metadata.deletionTimestamp !== undefined) return
      if (previous !== undefined && equalJson(previous['spec'], object['spec'])) return
      const kind = ofHub.get(request.groupResource)
      if (kind !== undefined) {
        if (storage.cluster !== hub)
          request.warn(`${kind} count on the hub only: nothing looks at this one in ${storage.cluster}`)
        return
      }
      const { refusal, warnings } = admitIstio(object, storage.get('namespaces', namespace))
      for (const text of warnings) request.warn(text)
      if (refusal === undefined) return
      throw denial(istioWebhook, { status: 'Failure', message: refusal.message, details: { causes: [...refusal.causes] } })
    },
  }
}
