import type { KubeObject } from './kube-object.js'
import { groupResourceOf, type ResourceType } from './resource-type.js'

/** A column of `kubectl get`, beside the name; see additionalPrinterColumns. `priority` above 0: with `-o wide` only. */
export interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean' | 'date' | 'number'
  readonly jsonPath: string
  readonly priority?: number
  readonly description?: string
  readonly format?: string
}

export const ageColumn: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

export interface CustomResourceParts {
  readonly description?: string
  /** OpenAPI schemas by name, beside apiVersion, kind and metadata. */
  readonly properties: Readonly<Record<string, unknown>>
  readonly required?: readonly string[]
  readonly columns?: readonly PrinterColumn[]
  readonly labels?: Readonly<Record<string, string>>
  /** The pull request by which a group below k8s.io was approved, which API servers ask for. */
  readonly approvedIn?: string
  /** All served versions, of one schema. Stored is the type's own, which is the only one unless told. */
  readonly versions?: readonly string[]
  /** Whether there is a status of its own. Unless told, if the type names it. */
  readonly status?: boolean
}

/** The CustomResourceDefinition by which an API server serves a kind. */
export function defineCustomResource(type: ResourceType, parts: CustomResourceParts): KubeObject {
  const { kind, plural, shortNames = [], categories = [] } = type
  const { columns = [], required = [], versions = [type.version], labels, approvedIn } = parts
  const hasStatus = parts.status ?? type.subresources?.includes('status') === true
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: groupResourceOf(type),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(approvedIn === undefined ? {} : { annotations: { 'api-approved.kubernetes.io': approvedIn } }),
    },
    spec: {
      group: type.group,
      scope: type.namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: type.singular ?? kind.toLowerCase(),
        ...(shortNames.length > 0 ? { shortNames: [...shortNames] } : {}),
        ...(categories.length > 0 ? { categories: [...categories] } : {}),
      },
      versions: versions.map((name) => ({
        name,
        served: true,
        storage: name === type.version,
        ...(hasStatus ? { subresources: { status: {} } } : {}),
        ...(columns.length > 0 ? { additionalPrinterColumns: columns.map((column) => ({ ...column })) } : {}),
        schema: {
          openAPIV3Schema: {
            type: 'object',
            ...(parts.description === undefined ? {} : { description: parts.description }),
            ...(required.length > 0 ? { required: [...required] } : {}),
            properties: {
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              ...parts.properties,
            },
          },
        },
      })),
    },
  }
}
