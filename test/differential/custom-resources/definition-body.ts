export type Members = Record<string, unknown>

export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

/** A definition with one version of the schema, save for what `more` says of it and `version` of the version. */
export function definitionBody(index: number, schema: Members | undefined, more: Members = {}, version: Members = {}): Members {
  const plural = `things${index}`
  const group = (more['group'] as string | undefined) ?? 'crd.example.com'
  const held = schema === undefined ? {} : { schema: { openAPIV3Schema: schema } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, ...(more['metadata'] as Members | undefined) },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, kind: `Thing${index}`, ...(more['names'] as Members | undefined) },
      versions: more['versions'] ?? [{ name: 'v1', served: true, storage: true, ...held, ...version }],
      ...(more['spec'] as Members | undefined),
    },
  }
}
