import { validateIstio } from '../../../../dialects/istio/translate/accept.js'
import { defineCheck } from '../../contract.js'
import { parseFieldPath } from '../../model/field-path.js'
import { holdsPlaceholder } from '../../schema/placeholder.js'

export const istioRefused = defineCheck({
  id: 'istio-refused',
  topic: 'traffic',
  severity: 'error',
  title: 'Istio refuses a DestinationRule, ServiceEntry or WorkloadEntry',
  why: "Istio's webhook refuses the object when it is applied. Where the webhook is not asked (it is down, or its failure policy lets things pass), the rule is in the cluster and what proxies make of it is not defined.",
  evidence: ['istio: pkg/config/validation', 'istio: pkg/config/validation/agent/validation.go, ValidateLocalityLbSetting'],
  fix: 'Change the field as Istio wants it.',
  *run(model) {
    for (const kind of ['DestinationRule', 'ServiceEntry', 'WorkloadEntry']) {
      for (const object of model.kinds('networking.istio.io', kind)) {
        const report = validateIstio(object.object)
        for (const { field, message, fix } of report?.errors ?? []) {
          const path = parseFieldPath(field)
          if (holdsPlaceholder(object.get(...path))) continue
          yield { message: `${object.subject}: ${message}`, at: [object.atKey(...path)], fix }
        }
      }
    }
  },
})
