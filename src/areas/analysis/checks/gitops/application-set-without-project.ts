import { isObject } from '../../../../base/json.js'
import { defineCheck } from '../../contract.js'

export const applicationSetWithoutProject = defineCheck({
  id: 'application-set-without-project',
  topic: 'gitops',
  severity: 'error',
  title: 'The template of an ApplicationSet has no project',
  why: 'The schema of ApplicationSet requires `project` in the template, so the API server refuses it. The default that Applications have is filled in only later, when the project has already been looked for.',
  evidence: [
    'argo-cd: manifests/crds/applicationset-crd.yaml',
    'argo-cd: applicationset/controllers/applicationset_controller.go',
  ],
  fix: 'Write `project: default`, or the project that it belongs to.',
  *run(model) {
    for (const set of model.kinds('argoproj.io', 'ApplicationSet')) {
      if (set.text('spec', 'template', 'spec', 'project') !== undefined) continue
      // Templates of generators are laid over it, but the schema does not know.
      if (!isObject(set.get('spec', 'template', 'spec'))) continue
      yield {
        message: `${set.subject} has no spec.template.spec.project`,
        at: [set.atKey('spec', 'template', 'spec')],
        edits: [{ kind: 'add', view: set, path: ['spec', 'template', 'spec'], key: 'project', value: 'default' }],
      }
    }
  },
})
