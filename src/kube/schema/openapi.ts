import type { JsonObject } from '../../base/json.js'
import type { ResourceType } from '../object/resource-type.js'
import type { Descriptions } from './descriptions.js'
import { Components } from './openapi/components.js'
import { PathWriter } from './openapi/paths.js'
import { plainDocumentParts } from './openapi/plain-documents.js'
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
  const isCustom = resources.every(({ group, version, kind }) => {
    return catalogue.forKind(group === '' ? version : `${group}/${version}`, kind)?.name === undefined
  })
  const components = new Components(descriptions, isCustom)
  const writer = new PathWriter(components, catalogue, descriptions)
  for (const type of resources) {
    const own = type.group === '' ? type.version : `${type.group}/${type.version}`
    if (own === groupVersion) writer.add(type)
  }
  return isCustom ? customDocument(writer.paths, components.schemas) : builtInDocument(writer.paths, components.schemas)
}

/** The document of what the server serves beside resources: `api`, `apis/apps`, `version`; undefined for other keys. */
export function openApiV3PlainDocument(key: string, descriptions?: Descriptions): JsonObject | undefined {
  const parts = plainDocumentParts(key, descriptions)
  return parts === undefined ? undefined : builtInDocument(parts.paths, parts.schemas)
}

const bearerToken = { type: 'apiKey', description: 'A bearer token.', name: 'authorization', in: 'header' }

function builtInDocument(paths: JsonObject, schemas: JsonObject): JsonObject {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: kubernetesVersion },
    paths,
    components: {
      ...(Object.keys(schemas).length === 0 ? {} : { schemas }),
      securitySchemes: { BearerToken: bearerToken },
    },
  }
}

function customDocument(paths: JsonObject, schemas: JsonObject): JsonObject {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' },
    paths,
    components: { schemas },
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
