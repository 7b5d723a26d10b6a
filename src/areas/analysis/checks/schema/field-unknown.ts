import { defineCheck } from '../../contract.js'
import { objectProblems } from '../../schema/object-problems.js'

export const fieldUnknown = defineCheck({
  id: 'field-unknown',
  topic: 'schema',
  severity: 'error',
  title: 'An object has a field that its kind does not have',
  why: 'The API server drops what it does not know, at most with a warning: the setting is never made, and the object that is stored looks as if nobody had wished for it. Tools that validate strictly refuse it.',
  evidence: ['KEP-2885: server side unknown field validation'],
  fix: 'Correct the name, move it to where it belongs, or take it out.',
  *run(model) {
    for (const object of model.objects) {
      // What a cluster has stored, it has taken.
      if (object.written === undefined) continue
      for (const { kind, path, message, meant, isOnly } of objectProblems(model, object)) {
        if (kind !== 'unknown-field') continue
        const spelled = meant !== undefined && !object.has(...path.slice(0, -1), meant)
        yield {
          message: `${object.subject}: ${message}${meant === undefined ? '' : `: did you mean ${meant}?`}`,
          at: [object.atKey(...path)],
          ...(spelled && isOnly === true ? { edits: [{ kind: 'rename' as const, view: object, path, to: meant }] } : {}),
        }
      }
    }
  },
})
