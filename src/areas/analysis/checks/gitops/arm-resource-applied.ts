import { defineCheck } from '../../contract.js'

export const armResourceApplied = defineCheck({
  id: 'arm-resource-applied',
  topic: 'gitops',
  severity: 'error',
  title: 'A resource of Azure is written as if it were one of Kubernetes',
  why: '`Microsoft.KubernetesConfiguration/fluxConfigurations` is a resource of Azure Resource Manager: it has a type and properties, no apiVersion and kind. kubectl refuses it (`Object "Kind" is missing`), and no cluster has an API of that name.',
  evidence: ['learn.microsoft.com/azure/templates/microsoft.kubernetesconfiguration/fluxconfigurations'],
  fix: 'Create it with `az k8s-configuration flux create` or a Bicep template, or write what it stands for: a GitRepository and a Kustomization for each entry.',
  *run(model) {
    for (const document of model.documents) {
      const apiVersion = document.text('apiVersion')
      if (apiVersion === undefined || !/^microsoft\.[a-z]+\//i.test(apiVersion)) continue
      yield { message: `${apiVersion} is a type of Azure Resource Manager`, at: [document.at('apiVersion')] }
    }
  },
})
