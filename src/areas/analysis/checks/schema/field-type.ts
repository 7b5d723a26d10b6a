import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { Path } from '../../model/spot.js'
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
      if (object.written === undefined) continue
      for (const { kind, path, message, instead } of objectProblems(model, object)) {
        if (kind !== 'wrong-type') continue
        yield {
          message: `${object.subject}: ${message}`,
          at: [path.length === 0 ? object.at('kind') : object.at(...path)],
          ...(instead === undefined || !isWrittenSo(object, path)
            ? {}
            : { edits: [{ kind: 'set' as const, view: object, path, value: instead }] }),
        }
      }
    }
  },
})

/** Whether the text is that of the value: `yes`, `0644` and `1.10` say something else than what they are read as. */
function isWrittenSo(object: KubeDocument, path: Path): boolean {
  const range = object.rangeOf(path)?.value
  const text = range === undefined ? undefined : object.written?.text.slice(...range).replace(/^(["'])(.*)\1$/, '$2')
  return text === String(object.get(...path))
}
