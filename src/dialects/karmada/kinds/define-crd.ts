import type { JsonObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { object, text } from './schema-parts.js'

export interface CrdParts {
  readonly description: string
  readonly spec: JsonObject
  readonly status?: JsonObject
  /** Name and path; the age comes last of itself. */
  readonly columns?: readonly (readonly [name: string, jsonPath: string])[]
}

/** The definition that a hub serves a kind by. */
export function defineCrd(type: ResourceType, { description, spec, status, columns }: CrdParts): KubeObject {
  const schema = object(
    { apiVersion: text, kind: text, metadata: { type: 'object' }, spec, ...(status === undefined ? {} : { status }) },
    ['spec'],
    { description },
  )
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${type.plural}.${type.group}` },
    spec: {
      group: type.group,
      scope: type.namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind: type.kind,
        listKind: `${type.kind}List`,
        plural: type.plural,
        singular: type.kind.toLowerCase(),
        ...(type.shortNames === undefined ? {} : { shortNames: [...type.shortNames] }),
        ...(type.categories === undefined ? {} : { categories: [...type.categories] }),
      },
      versions: [
        {
          name: type.version,
          served: true,
          storage: true,
          ...(type.subresources?.includes('status') === true ? { subresources: { status: {} } } : {}),
          ...(columns === undefined
            ? {}
            : {
                additionalPrinterColumns: [
                  ...columns.map(([name, jsonPath]) => ({ name, jsonPath, type: 'string' })),
                  { name: 'AGE', jsonPath: '.metadata.creationTimestamp', type: 'date' },
                ],
              }),
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  }
}
