import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import { applicationOf } from '../../references/application-of.js'
import { holdsPlaceholder } from '../../schema/placeholder.js'
import { isPart } from '../../schema/standing.js'

export const objectTwice = defineCheck({
  id: 'object-twice',
  topic: 'schema',
  severity: 'warning',
  title: 'An object is written twice, and not the same',
  why: 'Both are applied, one after the other: what comes last wins, and what the first one says is gone without a word. GitOps tools change it back and forth, or refuse the whole application (`RepeatedResourceWarning`).',
  evidence: ['kubectl apply of several documents', 'Argo CD: ApplicationConditionRepeatedResourceWarning'],
  fix: 'Make one of the two, or give one another name.',
  *run(model) {
    const seen = new Map<string, KubeDocument>()
    for (const object of model.objects) {
      if (object.name === '' || object.written === undefined || object.kind === '' || object.parent !== undefined) continue
      const place = object.rendered ? applicationOf(object) : object.source
      const key = `${place}|${object.cluster ?? ''}|${object.group}/${object.kind}|${object.namespace ?? ''}/${object.name}`
      const before = seen.get(key)
      seen.set(key, object)
      // Steps of a script are one after the other on purpose.
      if (before === undefined || /\.(sh|bash|zsh|md|markdown)$/.test(object.source)) continue
      if (isPart(model, object) || holdsPlaceholder(object.name)) continue
      yield {
        message: `${object.subject} is written twice, with different contents`,
        at: [object.at('metadata', 'name'), before.at('metadata', 'name')],
      }
    }
  },
})
