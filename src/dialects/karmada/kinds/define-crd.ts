import type { JsonObject } from '../../../base/json.js'
import { ageColumn, defineCustomResource } from '../../../kube/object/custom-resource-definition.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'

export interface CrdParts {
  readonly description: string
  readonly spec: JsonObject
  readonly status?: JsonObject
  /** Name and path; the age comes last of itself. */
  readonly columns?: readonly (readonly [name: string, jsonPath: string])[]
}

/** The definition that a hub serves a kind by. */
export function defineCrd(type: ResourceType, { description, spec, status, columns }: CrdParts): KubeObject {
  return defineCustomResource(type, {
    description,
    properties: { spec, ...(status === undefined ? {} : { status }) },
    required: ['spec'],
    ...(columns === undefined
      ? {}
      : {
          columns: [
            ...columns.map(([name, jsonPath]) => ({ name, jsonPath, type: 'string' as const })),
            { ...ageColumn, name: 'AGE' },
          ],
        }),
  })
}
