import { createHash } from 'node:crypto'
import { apiVersionOf } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { loadDescriptions } from '../../kube/schema/descriptions.js'
import { plainDocumentKeys } from '../../kube/schema/openapi/plain-documents.js'
import { openApiV3Document, openApiV3PlainDocument } from '../../kube/schema/openapi.js'
import { builtInResources } from '../../kube/schema/resources.js'
import type { LogicalCluster } from '../contract.js'
import type { ApiDocuments } from './api-documents.js'

/** Bump when what the documents say changes although the resources do not: clients keep documents by their hash for ever. */
const formatVersion = 2

const builtInGroups = new Set(builtInResources.map(({ group }) => group))

/** By key and hash, so that clusters which serve the same share them. The oldest goes first. */
const made = new Map<string, Buffer>()
const mostDocuments = 128

/** The OpenAPI v3 documents of one state of a catalogue, each made when it is first asked for. */
export class OpenApiDocuments {
  readonly #groupVersions: ReadonlyMap<string, readonly ResourceType[]>
  readonly #cluster: LogicalCluster
  readonly #hashes = new Map<string, string>()
  readonly #plainKeys: readonly string[]

  constructor(documents: ApiDocuments, cluster: LogicalCluster) {
    this.#groupVersions = documents.groupVersions()
    this.#cluster = cluster
    this.#plainKeys = plainDocumentKeys(builtInGroups)
  }

  /** `/openapi/v3`: where each document is, with its hash. */
  index(): unknown {
    const paths: Record<string, unknown> = {}
    for (const key of this.keys()) {
      paths[key] = { serverRelativeURL: `/openapi/v3/${key}?hash=${this.hash(key)}` }
    }
    return { paths }
  }

  /** Of each group and version that is served (`api/v1`, `apis/apps/v1`), of groups of Kubernetes and of what else there is. */
  keys(): string[] {
    return [...this.#groupVersions.keys(), ...this.#plainKeys].sort()
  }

  /** Names the content of all documents together. */
  hashOfAll(): string {
    const hash = createHash('sha512')
    for (const key of this.keys()) hash.update(`${key} ${this.hash(key)}\n`)
    return hash.digest('hex').toUpperCase()
  }

  /** Names the document's content without making it. Undefined when the group and version are not served. */
  hash(key: string): string | undefined {
    const types = this.#plainKeys.includes(key) ? [] : this.#groupVersions.get(key)
    if (types === undefined) return undefined
    let hash = this.#hashes.get(key)
    if (hash === undefined) {
      const input = [formatVersion, types.length === 0 ? key : '', types, types.map((type) => this.#definitionOf(type))]
      hash = createHash('sha512').update(JSON.stringify(input)).digest('hex').toUpperCase()
      this.#hashes.set(key, hash)
    }
    return hash
  }

  async document(key: string): Promise<Buffer> {
    const name = `${key} ${this.hash(key)}`
    let bytes = made.get(name)
    if (bytes === undefined) {
      const types = this.#groupVersions.get(key) ?? []
      const first = types[0]
      const apiVersion = first === undefined ? '' : apiVersionOf(first.group, first.version)
      const descriptions = await loadDescriptions()
      const document =
        openApiV3PlainDocument(key, descriptions) ?? openApiV3Document(apiVersion, types, this.#cluster.api.schemas, descriptions)
      bytes = Buffer.from(JSON.stringify(document))
      if (made.size >= mostDocuments) made.delete(made.keys().next().value!)
      made.set(name, bytes)
    }
    return bytes
  }

  #definitionOf(type: ResourceType): unknown {
    if (type.group === '') return null
    return this.#cluster.peek('customresourcedefinitions.apiextensions.k8s.io', `${type.plural}.${type.group}`)?.['spec'] ?? null
  }
}
