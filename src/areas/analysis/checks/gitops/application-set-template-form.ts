import { defineCheck } from '../../contract.js'
import type { View } from '../../model/view.js'

export const applicationSetTemplateForm = defineCheck({
  id: 'application-set-template-form',
  topic: 'gitops',
  severity: 'error',
  title: 'An ApplicationSet has parameters in the form that is not turned on',
  why: 'There are two forms: `{{name}}` without `goTemplate`, and `{{ .name }}` with it. In the wrong one the text stays as it is, or is refused as a function that is not defined: Applications get names like `app-{{ .name }}`.',
  evidence: ['argo-cd: docs/operator-manual/applicationset/GoTemplate.md', 'argo-cd: applicationset/utils/utils.go'],
  fix: 'Write all parameters in one form; `goTemplate: true` turns on the one with the dot.',
  *run(model) {
    for (const set of model.kinds('argoproj.io', 'ApplicationSet')) {
      const isGo = set.flag('spec', 'goTemplate') === true
      const wrong = isGo
        ? /\{\{-?\s*((?:name|nameNormalized|server|project|path(?:\.[\w[\]]+)*|metadata\.(?:labels|annotations)\.[^}\s]+|values\.[\w-]+))\s*-?\}\}/
        : /\{\{-?\s*(\.[A-Za-z][\w.]*)\s*-?\}\}/
      for (const { view, text } of textsBelow(set.view('spec', 'template'))) {
        const found = wrong.exec(text)
        if (found === null) continue
        const form = isGo
          ? `goTemplate is on, where it is {{ .${found[1]} }}`
          : `goTemplate is off, where it is {{${found[1]!.slice(1)}}}`
        yield {
          message: `${found[0]} is not replaced: ${form}`,
          at: [view.at(), set.has('spec', 'goTemplate') ? set.at('spec', 'goTemplate') : set.atKey('spec')],
        }
      }
    }
  },
})

function* textsBelow(view: View): Iterable<{ view: View; text: string }> {
  const { value } = view
  if (typeof value === 'string') yield { view, text: value }
  else if (Array.isArray(value)) for (const item of view.items()) yield* textsBelow(item)
  else for (const key of view.keys()) yield* textsBelow(view.view(key))
}
