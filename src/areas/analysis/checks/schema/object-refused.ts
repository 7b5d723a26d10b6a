import { defineCheck } from '../../contract.js'
import { objectProblems } from '../../schema/object-problems.js'

export const objectRefused = defineCheck({
  id: 'object-refused',
  topic: 'schema',
  severity: 'error',
  title: 'The API server refuses an object',
  why: 'A required field is missing or a value is not allowed: the object is refused when it is applied, and in a batch everything behind it may stay undone.',
  evidence: ['Kubernetes API: validation of objects', 'Schemas of the definitions of custom resources'],
  fix: 'Add or change the field as the message says.',
  *run(model) {
    for (const object of model.objects) {
      // What a cluster has stored, it has taken.
      if (object.written === undefined) continue
      for (const { kind, path, message, isLikely } of objectProblems(model, object)) {
        // Said by application-set-without-project.
        if (object.kind === 'ApplicationSet' && path.join('.') === 'spec.template.spec.project') continue
        if (kind === 'invalid')
          yield {
            message: `${object.subject}: ${message}`,
            at: [path.length === 0 ? object.at('kind') : object.at(...path)],
            // Webhooks of operators fill in what definitions require, and they may be installed from elsewhere.
            ...(isLikely === true ? { severity: 'warning' as const } : {}),
          }
      }
    }
  },
})
