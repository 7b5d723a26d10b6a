import { defineCheck } from '../../contract.js'

export const exportBesideFederatedService = defineCheck({
  id: 'export-beside-federated-service',
  topic: 'federation',
  severity: 'warning',
  title: 'A ServiceExport stays on the host while its Service is federated to members',
  why: 'A ServiceExport exports the Service of the same name in its own cluster. KubeFed makes the Service on the members and leaves the host without one, so this export says `NoService`, and the members export nothing.',
  evidence: ['KEP-1645, ServiceExport', 'kubernetes-retired/kubefed: kubefedctl enable and federate'],
  fix: 'Enable the type (`kubefedctl enable serviceexports.multicluster.x-k8s.io`) and place a FederatedServiceExport where the FederatedService is placed.',
  *run(model) {
    for (const found of model.kinds('multicluster.x-k8s.io', 'ServiceExport')) {
      const { namespace, name } = found
      if (model.find({ group: '', kind: 'Service', namespace, name }, found).length > 0) continue
      const federated = model.find({ group: 'types.kubefed.io', kind: 'FederatedService', namespace, name }, found)[0]
      if (
        federated === undefined ||
        model.find({ group: 'types.kubefed.io', kind: 'FederatedServiceExport', namespace, name }, found).length > 0
      )
        continue
      yield {
        message: `ServiceExport ${name} has no Service beside it: the Service is made on the members only`,
        at: [found.at('kind'), federated.at('kind')],
      }
    }
  },
})
