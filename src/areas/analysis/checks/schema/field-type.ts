import { defineCheck } from '../../contract.js'
import { objectProblems } from '../../schema/object-problems.js'

export const fieldType = defineCheck({
  id: 'field-type',
  topic: 'schema',
  severity: 'error',
  title: 'A field has a value of another type than its kind says',
  why: 'The API server cannot decode the object and refuses it. Mostly quotes are missing: annotations, labels and values of environment variables are text, and `true`, `yes` and `8080` without quotes are not.',
  evidence: ['Kubernetes API: decoding of objects'],
  fix: 'Give it a value of that type; text that looks like a number or a boolean needs quotes.',
  *run(model) {
    for (const object of model.objects) {
      for (const { kind, path, message } of objectProblems(model, object)) {
        if (kind !== 'wrong-type') continue
        const value = object.get(...path)
        const isQuotable = /of type string/.test(message) && (typeof value === 'number' || typeof value === 'boolean')
        yield {
          message: `${object.subject}: ${message}`,
          at: [path.length === 0 ? object.at('kind') : object.at(...path)],
          ...(isQuotable && Number.isSafeInteger(Number(value))
            ? { edits: [{ kind: 'set' as const, view: object, path, value: String(value) }] }
            : {}),
        }
      }
    }
  },
})
