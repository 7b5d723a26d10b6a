import { isObject, type JsonObject } from '../../../base/json.js'
import { converted } from './openapi-v2.js'

/** Parameters that stand so often are told once, in `parameters`. */
const leastShared = 4
const protobuf = 'application/vnd.kubernetes.protobuf'

/** The paths of v3 documents as OpenAPI v2 has them, with the parameters that they share. */
export function convertPaths(paths: JsonObject): { paths: JsonObject; parameters: JsonObject } {
  const shared = new SharedParameters()
  const items = Object.entries(paths).map(([path, item]) => [path, itemOf(item as JsonObject, shared)] as const)
  return { paths: Object.fromEntries(items), parameters: shared.share() }
}

function itemOf(item: JsonObject, shared: SharedParameters): JsonObject {
  const result: JsonObject = {}
  for (const [method, value] of Object.entries(item)) {
    result[method] = method === 'parameters' ? shared.list(value as JsonObject[]) : operationOf(value as JsonObject, shared)
  }
  return result
}

function operationOf(operation: JsonObject, shared: SharedParameters): JsonObject {
  const { requestBody, responses, parameters = [], tags, description, operationId, ...extensions } = operation
  const answers = responses as JsonObject
  const body = isObject(requestBody) ? [bodyOf(requestBody as JsonObject)] : []
  const all = [...body, ...(parameters as JsonObject[])]
  const consumes = consumesOf(operation)
  return {
    description: description ?? '',
    ...(consumes.length === 0 ? {} : { consumes }),
    produces: mediaTypesOf(answers['200'] as JsonObject),
    schemes: ['https'],
    tags: tags ?? [],
    operationId: operationId ?? '',
    ...(all.length === 0 ? {} : { parameters: shared.list(all) }),
    responses: Object.fromEntries(Object.entries(answers).map(([code, answer]) => [code, answerOf(answer as JsonObject)])),
    ...extensions,
  }
}

function mediaTypesOf(holder: JsonObject | undefined): string[] {
  return Object.keys((holder?.['content'] ?? {}) as JsonObject)
}

/** What v3 says of bodies alone, v2 says of operations without one too. */
function consumesOf(operation: JsonObject): string[] {
  const action = operation['x-kubernetes-action']
  if (action === 'patch') return mediaTypesOf(operation['requestBody'] as JsonObject)
  const answer = (operation['responses'] as JsonObject)['200'] as JsonObject
  const produces = mediaTypesOf(answer)
  if (action === undefined) return schemaOf(answer)?.['type'] === 'string' ? [] : produces
  return produces.includes(protobuf) || action === 'connect' ? ['*/*'] : produces
}

function schemaOf(holder: JsonObject): JsonObject | undefined {
  const [media] = Object.values((holder['content'] ?? {}) as Record<string, { schema: JsonObject }>)
  return media?.schema
}

function bodyOf(requestBody: JsonObject): JsonObject {
  return {
    name: 'body',
    in: 'body',
    ...(requestBody['required'] === true ? { required: true } : {}),
    schema: schemaOf(requestBody) ?? {},
  }
}

function answerOf(answer: JsonObject): JsonObject {
  const schema = schemaOf(answer)
  return { description: answer['description'] ?? '', ...(schema === undefined ? {} : { schema: converted(schema) }) }
}

/** In v2 a parameter is its own schema. Those that stand often become references, in place, when all are known. */
class SharedParameters {
  readonly #places = new Map<string, JsonObject[]>()

  list(parameters: readonly JsonObject[]): JsonObject[] {
    return parameters.map((parameter) => {
      const { schema, ...rest } = parameter
      const isBody = parameter['in'] === 'body'
      const made: JsonObject = isBody
        ? { ...rest, schema: converted(schema as JsonObject) }
        : { ...rest, ...(schema as JsonObject) }
      const text = JSON.stringify(made)
      const places = this.#places.get(text)
      if (places === undefined) this.#places.set(text, [made])
      else places.push(made)
      return made
    })
  }

  /** The shared ones by the names that references have. */
  share(): JsonObject {
    const named: JsonObject = {}
    for (const [text, places] of this.#places) {
      if (places.length < leastShared) continue
      const parameter = JSON.parse(text) as JsonObject
      let count = 1
      while (named[`${parameter['name']}-${count}`] !== undefined) count++
      const name = `${parameter['name']}-${count}`
      named[name] = parameter
      for (const place of places) {
        for (const key of Object.keys(place)) delete place[key]
        place['$ref'] = `#/parameters/${name}`
      }
    }
    return Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}
