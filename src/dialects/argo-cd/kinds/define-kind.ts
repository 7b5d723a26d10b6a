import type { JsonObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'

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

export interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'date'
  readonly jsonPath: string
  /** 0 is shown always, above only with `-o wide`. */
  readonly priority?: number
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
  const { type, columns } = declaration
  const properties: JsonObject = {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
  }
  for (const [name, field] of Object.entries(declaration.fields)) properties[name] = field.openApi
  return {
    type,
    definition: {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: {
        name: `${type.plural}.${type.group}`,
        labels: { 'app.kubernetes.io/name': `${type.plural}.${type.group}`, 'app.kubernetes.io/part-of': 'argocd' },
      },
      spec: {
        group: type.group,
        names: {
          kind: type.kind,
          listKind: `${type.kind}List`,
          plural: type.plural,
          singular: type.singular ?? type.kind.toLowerCase(),
          ...(type.shortNames ? { shortNames: [...type.shortNames] } : {}),
        },
        scope: type.namespaced ? 'Namespaced' : 'Cluster',
        versions: [
          {
            name: type.version,
            served: true,
            storage: true,
            ...(type.subresources?.includes('status') ? { subresources: { status: {} } } : { subresources: {} }),
            ...(columns.length > 0 ? { additionalPrinterColumns: columns.map((column) => ({ ...column })) } : {}),
            schema: {
              openAPIV3Schema: {
                type: 'object',
                description: declaration.description,
                properties,
                required: ['metadata', ...declaration.required],
              },
            },
          },
        ],
      },
    },
  }
}
