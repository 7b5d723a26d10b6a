import { isObject } from '../../../../base/json.js'
import type { FieldNode, SchemaCatalogue, SchemaNode, SchemaType } from '../../../../kube/schema/schema-node.js'
import { buildError } from '../build-error.js'

/**
 * The schemas of an OpenAPI v2 document (the field `openapi.path`), as far as strategic merge needs them: fields, merge keys
 * and patch strategies of the kinds that name themselves by `x-kubernetes-group-version-kind`.
 */
export function schemasFromOpenApi(document: unknown, name: string): SchemaCatalogue {
  const definitions = isObject(document) ? document['definitions'] : undefined
  if (!isObject(definitions)) throw buildError(`${name}: expected an OpenAPI document with definitions`)
  const kinds = new Map<string, SchemaNode>()
  for (const definition of Object.values(definitions)) {
    if (!isObject(definition)) continue
    const identities = definition['x-kubernetes-group-version-kind']
    for (const identity of Array.isArray(identities) ? identities : []) {
      if (!isObject(identity)) continue
      const group = String(identity['group'] ?? '')
      const version = String(identity['version'] ?? '')
      const apiVersion = group === '' ? version : `${group}/${version}`
      kinds.set(`${apiVersion} ${String(identity['kind'])}`, new OpenApiNode(definition, definitions))
    }
  }
  return { forKind: (apiVersion, kind) => kinds.get(`${apiVersion} ${kind}`) }
}

class OpenApiNode implements SchemaNode {
  readonly type: SchemaType
  readonly patchMergeKey?: string
  readonly patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[]
  readonly listMapKeys?: readonly string[]
  readonly #definition: Record<string, unknown>
  readonly #definitions: Record<string, unknown>
  #fields: ReadonlyMap<string, FieldNode> | undefined

  constructor(definition: Record<string, unknown>, definitions: Record<string, unknown>) {
    const target = resolve(definition, definitions)
    this.#definition = target
    this.#definitions = definitions
    this.type =
      target['type'] === 'array'
        ? 'list'
        : isObject(target['properties'])
          ? 'struct'
          : isObject(target['additionalProperties'])
            ? 'map'
            : 'any'
    const strategy = target['x-kubernetes-patch-strategy']
    if (typeof strategy === 'string') {
      this.patchStrategy = strategy.split(',').filter((part) => part === 'merge' || part === 'replace' || part === 'retainKeys')
    }
    const mergeKey = target['x-kubernetes-patch-merge-key']
    if (typeof mergeKey === 'string') this.patchMergeKey = mergeKey
    const mapKeys = target['x-kubernetes-list-map-keys']
    if (Array.isArray(mapKeys)) this.listMapKeys = mapKeys.map(String)
  }

  get items(): SchemaNode | undefined {
    const items = this.#definition[this.type === 'map' ? 'additionalProperties' : 'items']
    return isObject(items) ? new OpenApiNode(items, this.#definitions) : undefined
  }

  get fields(): ReadonlyMap<string, FieldNode> {
    if (this.#fields === undefined) {
      const fields = new Map<string, FieldNode>()
      const properties = this.#definition['properties']
      for (const [name, property] of Object.entries(isObject(properties) ? properties : {})) {
        if (isObject(property)) fields.set(name, { schema: new OpenApiNode(property, this.#definitions), required: false })
      }
      this.#fields = fields
    }
    return this.#fields
  }
}

/** Follows `$ref`; a circle ends as an empty definition. */
function resolve(definition: Record<string, unknown>, definitions: Record<string, unknown>): Record<string, unknown> {
  let current = definition
  for (let steps = 0; typeof current['$ref'] === 'string'; steps++) {
    const next = definitions[current['$ref'].replace('#/definitions/', '')]
    if (!isObject(next) || steps > 32) return {}
    current = next
  }
  return current
}
