import { messageOf } from '../../../../base/errors.js'
import { isObject } from '../../../../base/json.js'
import { decodeJson } from '../../../../formats/go-template/sprig/decode-json.js'
import type { Chart } from '../chart/chart.js'
import { HelmError } from '../helm-error.js'
import { typeNameOf, type Values } from '../values/values.js'
import { readSchema, type SchemaDocument } from './schema-document.js'
import { validate } from './schema-validator.js'
import { formatProblems } from './validation-problem.js'

/** Checks values against values.schema.json of the chart and of those inside it. Throws HelmError with everything that is wrong. */
export function validateAgainstSchemas(chart: Chart, values: Values): void {
  const problems = problemsOf(chart, values)
  if (problems !== '')
    throw new HelmError(`values don't meet the specifications of the schema(s) in the following chart(s):\n${problems}`, {
      code: 'helm-values-invalid',
      fix: 'Correct the values, or leave the check out (skipSchemaValidation).',
    })
}

const documents = new WeakMap<Uint8Array, SchemaDocument>()

function problemsOf(chart: Chart, values: Values): string {
  let text = ''
  if (chart.schema !== undefined) {
    const own = checkOne(chart.schema, values)
    if (own !== '') text += `${chart.metadata.name}:\n${own}`
  }
  for (const child of chart.dependencies) {
    const { name } = child.metadata
    const given = Object.hasOwn(values, name) ? values[name] : null
    if (given === null || given === undefined) continue
    if (isObject(given)) text += problemsOf(child, given)
    else text += `${name}:\ninvalid type for values: expected object (map), got ${typeNameOf(given)}\n`
  }
  return text
}

function checkOne(schema: Uint8Array, values: Values): string {
  try {
    let document = documents.get(schema)
    if (document === undefined) {
      document = readSchema(decodeJson(new TextDecoder().decode(schema)))
      documents.set(schema, document)
    }
    return formatProblems(validate(document, values))
  } catch (error) {
    return messageOf(error)
  }
}
