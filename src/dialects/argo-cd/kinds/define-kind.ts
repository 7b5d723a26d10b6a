import type { JsonObject } from '../../../base/json.js'
import { defineCustomResource, type PrinterColumn } from '../../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'

/** A node of an OpenAPI v3 schema, with the TypeScript type of its values. */
export interface Schema<T> {
  readonly openApi: JsonObject
  /** Only for the compiler; never set. */
  readonly type?: T
}

/** The type of a schema's values. */
export type Infer<S> = S extends Schema<infer T> ? T : never

type Fields = Readonly<Record<string, Schema<unknown>>>
type InferFields<F extends Fields, R extends keyof F> = { [K in R]: Infer<F[K]> } & { [K in Exclude<keyof F, R>]?: Infer<F[K]> }

/** The building blocks of a declaration: each gives the schema and the type in one. */
export const schema = {
  text: (description?: string): Schema<string> => ({ openApi: described({ type: 'string' }, description) }),
  choice: <const V extends string>(...values: V[]): Schema<V> => ({ openApi: { type: 'string', enum: values } }),
  /** Any text for the API server: what is known of it here are these words. Go clients write '' where they have none. */
  word: <const V extends string>(..._values: V[]): Schema<V> => ({ openApi: { type: 'string' } }),
  time: (): Schema<string> => ({ openApi: { type: 'string', format: 'date-time' } }),
  integer: (description?: string): Schema<number> => ({ openApi: described({ type: 'integer', format: 'int64' }, description) }),
  flag: (description?: string): Schema<boolean> => ({ openApi: described({ type: 'boolean' }, description) }),
  textOrInteger: (): Schema<string | number> => ({
    openApi: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
  }),
  list: <T>(items: Schema<T>, description?: string): Schema<T[]> => ({
    openApi: described({ type: 'array', items: items.openApi }, description),
  }),
  map: <T>(values: Schema<T>, description?: string): Schema<Record<string, T>> => ({
    openApi: described({ type: 'object', additionalProperties: values.openApi }, description),
  }),
  /** Any object; its fields are kept as they are. */
  open: (description?: string): Schema<JsonObject> => ({
    openApi: described({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, description),
  }),
  object: <F extends Fields, R extends keyof F & string = never>(
    fields: F,
    required: readonly R[] = [],
    description?: string,
  ): Schema<InferFields<F, R>> => {
    const properties: JsonObject = {}
    for (const [name, field] of Object.entries(fields)) properties[name] = field.openApi
    return {
      openApi: described(
        { type: 'object', properties, ...(required.length > 0 ? { required: [...required] } : {}) },
        description,
      ),
    }
  },
}

function described(openApi: JsonObject, description: string | undefined): JsonObject {
  return description === undefined ? openApi : { description, ...openApi }
}

/** A kind declared once: the type that clients address it by, and the definition that an API server serves it by. */
export interface Kind {
  readonly type: ResourceType
  readonly definition: KubeObject
}

export function defineKind(declaration: {
  readonly type: ResourceType
  readonly description: string
  readonly fields: Fields
  readonly required: readonly string[]
  readonly columns: readonly PrinterColumn[]
}): Kind {
  const { type, columns, description } = declaration
  const properties: JsonObject = {}
  for (const [name, field] of Object.entries(declaration.fields)) properties[name] = field.openApi
  return {
    type,
    definition: defineCustomResource(type, {
      description,
      properties,
      required: ['metadata', ...declaration.required],
      columns,
      labels: { 'app.kubernetes.io/name': groupResourceOf(type), 'app.kubernetes.io/part-of': 'argocd' },
    }),
  }
}
