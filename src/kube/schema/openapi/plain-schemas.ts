import type { JsonObject } from '../../../base/json.js'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const text = { type: 'string' }
const set = { type: 'string', default: '' }
const list = (name: string): JsonObject => ({
  type: 'array',
  items: { allOf: [{ $ref: `#/components/schemas/${meta}${name}` }], default: {} },
  'x-kubernetes-list-type': 'atomic',
})

/** Schemas of what no resource is made of, and so no table has. The references in them are to be added too. */
export const plainSchemas: Readonly<Record<string, { schema: JsonObject; refersTo: readonly string[] }>> = {
  [`${meta}WatchEvent`]: {
    schema: {
      description: 'A change that a watch tells of.',
      type: 'object',
      required: ['type', 'object'],
      properties: {
        object: {
          description: 'The object as it is now, or was last when it is deleted; a Status when the watch fails.',
          allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.runtime.RawExtension' }],
        },
        type: set,
      },
    },
    refersTo: ['io.k8s.apimachinery.pkg.runtime.RawExtension'],
  },
  [`${meta}APIVersions`]: {
    schema: {
      description: 'The versions of the core group that are served.',
      type: 'object',
      required: ['versions', 'serverAddressByClientCIDRs'],
      properties: {
        apiVersion: { description: 'The version of this object.', ...text },
        kind: { description: 'The kind of this object.', ...text },
        serverAddressByClientCIDRs: {
          description: 'Where clients of a range of addresses find the server.',
          ...list('ServerAddressByClientCIDR'),
        },
        versions: {
          description: 'The versions.',
          type: 'array',
          items: { type: 'string', default: '' },
          'x-kubernetes-list-type': 'atomic',
        },
      },
      'x-kubernetes-group-version-kind': [{ group: '', kind: 'APIVersions', version: 'v1' }],
    },
    refersTo: [`${meta}ServerAddressByClientCIDR`],
  },
  'io.k8s.apimachinery.pkg.version.Info': {
    schema: {
      description: 'What the server is a version of.',
      type: 'object',
      required: [
        ...['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform'],
      ],
      properties: {
        buildDate: set,
        compiler: set,
        emulationMajor: text,
        emulationMinor: text,
        gitCommit: set,
        gitTreeState: set,
        gitVersion: set,
        goVersion: set,
        major: set,
        minCompatibilityMajor: text,
        minCompatibilityMinor: text,
        minor: set,
        platform: set,
      },
    },
    refersTo: [],
  },
}

/** Which member of a struct counts is said by another one. */
export const unions: Readonly<Record<string, JsonObject>> = {
  'io.k8s.api.core.v1.AppArmorProfile': union('type', { localhostProfile: 'LocalhostProfile' }),
  'io.k8s.api.core.v1.SeccompProfile': union('type', { localhostProfile: 'LocalhostProfile' }),
  'io.k8s.api.flowcontrol.v1.LimitResponse': union('type', { queuing: 'Queuing' }),
  'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec': union('type', { exempt: 'Exempt', limited: 'Limited' }),
  'io.k8s.api.flowcontrol.v1.Subject': union('kind', { group: 'Group', serviceAccount: 'ServiceAccount', user: 'User' }),
}

function union(discriminator: string, fields: JsonObject): JsonObject {
  return { discriminator, 'fields-to-discriminateBy': fields }
}

/** Fields whose type lists its values in Go, and OpenAPI does not. */
export const withoutEnumeration: ReadonlySet<string> = new Set([
  'io.k8s.api.admissionregistration.v1.NamedRuleWithOperations scope',
  'io.k8s.api.admissionregistration.v1.RuleWithOperations scope',
])
