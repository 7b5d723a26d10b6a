import type { JsonObject } from '../../../base/json.js'
import type { Descriptions } from '../descriptions.js'
import { Components } from './components.js'
import { builtInMedia, responsesOf } from './operations.js'
import { groupName } from './paths.js'

/** The keys of documents that are not of a group version, for the groups that are served: `api`, `apis/apps`, `version`. */
export function plainDocumentKeys(groups: Iterable<string>): string[] {
  const named = [...groups].filter((group) => group !== '').map((group) => `apis/${group}`)
  return ['.well-known/openid-configuration', 'api', 'apis', ...named, 'openid/v1/jwks', 'version']
}

/** Paths and schemas of what the server itself serves beside resources. Undefined when the key is of a group version. */
export function plainDocumentParts(
  key: string,
  descriptions: Descriptions | undefined,
): { paths: JsonObject; schemas: JsonObject } | undefined {
  const components = new Components(descriptions)
  const operation = operationOf(key, components)
  return operation === undefined ? undefined : { paths: { [`/${key}/`]: { get: operation } }, schemas: components.schemas }
}

function operationOf(key: string, components: Components): JsonObject | undefined {
  const meta = (kind: string) =>
    responsesOf(builtInMedia.answers, components.reference(`io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`))
  switch (key) {
    case 'api':
      return operation('core', 'get available API versions', 'getCoreAPIVersions', meta('APIVersions'))
    case 'apis':
      return operation('apis', 'get available API versions', 'getAPIVersions', meta('APIGroupList'))
    case 'version': {
      const answer = responsesOf(['application/json'], components.reference('io.k8s.apimachinery.pkg.version.Info'))
      return operation('version', 'get the version of the server', 'getCodeVersion', answer)
    }
    case 'openid/v1/jwks': {
      const answer = responsesOf(['application/jwk-set+json'], { type: 'string' })
      return operation('openid', 'get the keys of tokens of service accounts', 'getServiceAccountIssuerOpenIDKeyset', answer)
    }
    case '.well-known/openid-configuration': {
      const answer = responsesOf(['application/json'], { type: 'string' })
      const id = 'getServiceAccountIssuerOpenIDConfiguration'
      return operation('WellKnown', 'get the OpenID configuration of the issuer of service accounts', id, answer)
    }
    default: {
      const [root, group, version] = key.split('/')
      if (root !== 'apis' || group === undefined || version !== undefined) return undefined
      const name = groupName(group)
      const tag = name.charAt(0).toLowerCase() + name.slice(1)
      return operation(tag, 'get information of a group', `get${name}APIGroup`, meta('APIGroup'))
    }
  }
}

function operation(tag: string, description: string, operationId: string, responses: JsonObject): JsonObject {
  return { tags: [tag], description, operationId, responses }
}
