import { defineCheck } from '../../contract.js'

export const applicationSetGeneratesNothing = defineCheck({
  id: 'application-set-generates-nothing',
  topic: 'gitops',
  severity: 'error',
  title: 'An ApplicationSet cannot make its Applications of the clusters and files that are there',
  why: 'Generators of a matrix must agree on parameters that both have (a `name` in a config file beside the name of the cluster), and each Application needs a name of its own. Where they do not, the controller changes nothing at all: no Application of the set is made, changed or deleted.',
  evidence: ['argo-cd: applicationset/utils/map.go', 'argo-cd: applicationset/controllers, validateGeneratedApplications'],
  fix: 'Call the parameter otherwise in the file, or put what tells the Applications apart into `metadata.name`.',
  *run(model) {
    for (const { file, name, namespace, message } of model.generation) {
      const set = model
        .kinds('argoproj.io', 'ApplicationSet')
        .find((each) => each.name === name && each.namespace === namespace && each.source === file)
      if (set !== undefined)
        yield {
          message: `${set.subject}: ${message}`,
          at: [set.atKey('spec', message.includes('duplicate name') ? 'template' : 'generators')],
        }
    }
  },
})
