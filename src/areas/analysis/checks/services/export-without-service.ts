import { defineCheck } from '../../contract.js'

export const exportWithoutService = defineCheck({
  id: 'export-without-service',
  topic: 'services',
  severity: 'warning',
  title: 'A ServiceExport has no Service that can be exported',
  why: 'An export names the Service of its own namespace and name. Without one, or with one of type ExternalName, nothing is exported: the export stays, with Valid False, and nobody else sees a service.',
  evidence: ['KEP-1645: ServiceExport without Service, ExternalName'],
  fix: 'Give the export the name of a Service beside it, or export a Service that has endpoints of its own.',
  *run(model) {
    const federated = new Set(
      model.kinds('types.kubefed.io', 'FederatedService').map(({ namespace, name }) => `${namespace}/${name}`),
    )
    const known = new Set(
      model
        .kinds('', 'Service')
        .flatMap(({ cluster, namespace, source }) => [`${cluster ?? `file ${source}`}/${namespace ?? ''}`]),
    )
    for (const object of model.kinds('multicluster.x-k8s.io', 'ServiceExport')) {
      const { namespace, name } = object
      if (federated.has(`${namespace}/${name}`)) continue
      const [service] = model.find({ group: '', kind: 'Service', namespace, name }, object)
      if (service?.text('spec', 'type') === 'ExternalName')
        yield {
          message: `${object.subject} exports a Service of type ExternalName`,
          at: [object.at('metadata', 'name'), service.at('spec', 'type')],
        }
      // Files are seldom all there is: one is missing only where other Services of the namespace were given, for the same
      // cluster or in the same file.
      else if (
        service === undefined &&
        (model.clusterOf(object)?.live === true || known.has(`${object.cluster ?? `file ${object.source}`}/${namespace ?? ''}`))
      )
        yield { message: `${object.subject} has no Service ${name} beside it`, at: [object.at('metadata', 'name')] }
    }
  },
})
