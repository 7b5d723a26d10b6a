import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { View } from '../../model/view.js'
import { missingObjects } from '../../references/missing-objects.js'
import { isPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

export const calledServiceMissing = defineCheck({
  id: 'called-service-missing',
  topic: 'schema',
  severity: 'error',
  title: 'The API server is told to call a Service that is not there',
  why: 'Webhooks that cannot be reached fail every request they are asked about (unless they may be ignored), and an APIService that cannot be reached breaks discovery, the deletion of namespaces and `kubectl get all` for everyone.',
  evidence: ['kubernetes: admission webhooks, failurePolicy', 'kubernetes: kube-aggregator, condition Available'],
  fix: 'Correct name, namespace and port of the Service.',
  *run(model) {
    const missing = missingObjects(model)
    for (const { object, service, standardPort } of calls()) {
      const name = service.text('name')
      const namespace = service.text('namespace')
      if (
        name === undefined ||
        isPart(model, object) ||
        isPlaceholder(name) ||
        (namespace !== undefined && isPlaceholder(namespace))
      )
        continue
      const reference = { group: '', kind: 'Service', namespace, name }
      const services = model.find(reference, object)
      if (services.length === 0) {
        const found = missing.find(reference, object)
        if (found !== undefined)
          yield {
            message: `${object.subject} calls Service ${name}, which is not there${missing.hint(found)}`,
            at: [service.at('name'), ...(found.near === undefined ? [] : [found.near.at('metadata', 'name')])],
          }
        continue
      }
      const port = service.number('port') ?? standardPort
      const lacks = services.every((each) => {
        const ports = each.items('spec', 'ports')
        return (
          ports.length > 0 && !ports.some((one) => one.number('port') === port) && each.text('spec', 'type') !== 'ExternalName'
        )
      })
      if (!lacks) continue
      const ports = services[0]!.items('spec', 'ports').map((each) => each.number('port'))
      yield {
        message: `${object.subject} calls port ${port} of Service ${name}, which has ${ports.join(', ')}`,
        at: [service.at('port'), services[0]!.at('spec', 'ports')],
      }
    }

    function* calls(): Iterable<{ object: KubeDocument; service: View; standardPort: number }> {
      for (const kind of ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'])
        for (const object of model.kinds('admissionregistration.k8s.io', kind))
          for (const webhook of object.items('webhooks'))
            yield { object, service: webhook.view('clientConfig', 'service'), standardPort: 443 }
      for (const object of model.kinds('apiregistration.k8s.io', 'APIService'))
        yield { object, service: object.view('spec', 'service'), standardPort: 443 }
      for (const object of model.kinds('apiextensions.k8s.io', 'CustomResourceDefinition'))
        yield { object, service: object.view('spec', 'conversion', 'webhook', 'clientConfig', 'service'), standardPort: 443 }
    }
  },
})
