import type { SchemaNode } from '../../kube/schema/schema-node.js'

/** The schema of a custom resource's version. */
export function structuralSchema(_openAPIV3Schema: Readonly<Record<string, unknown>> | undefined): SchemaNode | undefined {
  return undefined
}
