import { defineCheck } from '../../contract.js'

export const serviceImportByHand = defineCheck({
  id: 'service-import-by-hand',
  topic: 'services',
  severity: 'warning',
  title: 'A ServiceImport is written by hand',
  why: 'The controller of the Multi-Cluster Services API makes the ServiceImport from the exports, in every cluster that has the namespace, and takes it away with the last export. One that is applied by hand has no addresses, and the controller and whoever applied it then change it in turns.',
  evidence: ['KEP-1645, "Importing Services": users do not create ServiceImports', 'kubernetes-sigs/mcs-api'],
  fix: 'Take the ServiceImport out and leave the ServiceExport: the import follows from it.',
  *run(model) {
    for (const found of model.kinds('multicluster.x-k8s.io', 'ServiceImport')) {
      // What a running cluster has was made by its controller.
      if (found.written === undefined) continue
      const exports = model.find(
        { group: 'multicluster.x-k8s.io', kind: 'ServiceExport', namespace: found.namespace, name: found.name },
        { cluster: undefined },
      )
      yield {
        message: `ServiceImport ${found.name} is applied by hand${exports.length > 0 ? ', beside the export that it would follow from' : ''}`,
        at: [found.at('kind'), ...exports.map((each) => each.at('kind'))],
      }
    }
  },
})
