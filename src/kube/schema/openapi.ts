import type { JsonObject } from '../../base/json.js'
import type { ResourceType } from '../object/resource-type.js'
import type { Descriptions } from './descriptions.js'
import { Components } from './openapi/components.js'
import { PathWriter } from './openapi/paths.js'
import type { SchemaCatalogue } from './schema-node.js'
import { kubernetesVersion } from './tables.generated.js'

/**
 * The OpenAPI v3 document of one group and version (`apps/v1`, `v1`), as `/openapi/v3/...` serves it: paths with their
 * kinds, actions and query parameters, and the schemas of all that they take and give. kubectl's apply, create and explain
 * read it. `descriptions` (see `loadDescriptions`) are the prose of built-in kinds, without which explain is terse.
 */
export function openApiV3Document(
  groupVersion: string,
  resources: readonly ResourceType[],
  catalogue: SchemaCatalogue,
  descriptions?: Descriptions,
): JsonObject {
  const components = new Components(descriptions)
  const writer = new PathWriter(components, catalogue, descriptions)
  for (const type of resources) {
    const own = type.group === '' ? type.version : `${type.group}/${type.version}`
    if (own === groupVersion) writer.add(type)
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: `v${kubernetesVersion}` },
    paths: writer.paths,
    components: { schemas: components.schemas },
  }
}

/** The document of `/openapi/v3`: where the documents of the group versions are. `hashOf` names a document's content. */
export function openApiV3Index(groupVersions: readonly string[], hashOf: (groupVersion: string) => string): JsonObject {
  const paths: JsonObject = {}
  for (const groupVersion of groupVersions) {
    const key = groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`
    paths[key] = { serverRelativeURL: `/openapi/v3/${key}?hash=${hashOf(groupVersion)}` }
  }
  return { paths }
}
