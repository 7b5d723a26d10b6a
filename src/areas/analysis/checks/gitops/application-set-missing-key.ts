import { defineCheck } from '../../contract.js'

export const applicationSetMissingKey = defineCheck({
  id: 'application-set-missing-key',
  topic: 'gitops',
  severity: 'warning',
  title: 'An ApplicationSet writes "<no value>" where a label is missing',
  why: 'In Go templates a key that is not there is no error. A cluster without the label gets an Application with the path `overlays/<no value>`, or a host name with it, and nobody is told.',
  evidence: ['Go: text/template, missingkey', 'argo-cd: docs/operator-manual/applicationset/GoTemplate.md'],
  fix: 'Add `goTemplateOptions: ["missingkey=error"]` to the spec.',
  *run(model) {
    for (const set of model.kinds('argoproj.io', 'ApplicationSet')) {
      if (set.flag('spec', 'goTemplate') !== true) continue
      if (set.texts('spec', 'goTemplateOptions').some((option) => option.startsWith('missingkey='))) continue
      // What every cluster has cannot be missing.
      const texts = [
        ...textsOf(set.get('spec', 'template')),
        ...textsOf(set.get('spec', 'templatePatch')),
        ...textsOf(set.get('spec', 'generators')),
      ]
      const used = texts
        .map((text) => /\{\{[^}]*\.(metadata\.(?:labels|annotations)\.[\w-]+|values\.[\w-]+|path\.[\w.]+)/.exec(text)?.[1])
        .find((each) => each !== undefined)
      if (used === undefined) continue
      yield {
        message: `${set.subject} uses .${used} and does not say what happens where it is missing`,
        at: [set.at('spec', 'goTemplate')],
      }
    }
  },
})

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}
