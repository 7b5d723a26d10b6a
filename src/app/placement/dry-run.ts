import { UsageError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import type { ClusterFacts } from '../../delivery/placement/contract.js'
import { kubeFedDefaults } from '../../dialects/kubefed/default-objects.js'
import { parseYamlDocuments } from '../../formats/yaml/parse-yaml.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { federationDialects } from '../federation/federation-dialects.js'
import { readClusterDocuments } from './cluster-documents.js'
import { type PlacementView, withNotes } from './explain-placement.js'
import { createFileHub } from './file-hub.js'

/** Documents of manifests, Lists unpacked. Throws UsageError with file and line for what is no object of Kubernetes. */
export function readDocuments(files: readonly { readonly path: string; readonly text: string }[]): KubeObject[] {
  return files.flatMap(({ path, text }) =>
    parseYamlDocuments(text, { source: path }).flatMap(({ value, line }) => {
      if (value === null) return []
      return unpack(value, `${path}:${line}`)
    }),
  )
}

function unpack(value: unknown, where: string): KubeObject[] {
  if (!isObject(value) || typeof value['apiVersion'] !== 'string' || typeof value['kind'] !== 'string') {
    throw new UsageError({
      code: 'no-object',
      message: `${where} is no object of Kubernetes: it has no apiVersion and kind`,
      fix: 'Correct the document, or leave the file out.',
    })
  }
  const { kind, items } = value
  if (kind.endsWith('List') && Array.isArray(items)) return items.flatMap((item, index) => unpack(item, `${where} item ${index}`))
  // A kubeconfig is a document of clusters, and has no metadata.
  const metadata = isObject(value['metadata']) ? value['metadata'] : {}
  if (kind !== 'Config' && typeof metadata['name'] !== 'string') {
    throw new UsageError({ code: 'no-object', message: `${where}: ${kind} has no metadata.name`, fix: 'Give it a name.' })
  }
  return [{ ...value, metadata: { name: '', ...metadata } } as unknown as KubeObject]
}

export interface DryRunInput {
  /** Objects, policies and clusters alike. */
  readonly documents: readonly KubeObject[]
  /** Clusters from elsewhere, instead of those among the documents. */
  readonly clusters?: readonly ClusterFacts[]
  /** How many more replicas fit, by cluster. */
  readonly room?: Readonly<Record<string, number>>
  /** What an object without a namespace gets where its kind has one. */
  readonly namespace: string
  readonly nowMs: number
}

/** What a hub would decide if these documents were all it had. */
export function viewOfDocuments(input: DryRunInput): PlacementView {
  const found = readClusterDocuments(input.documents)
  const given = input.clusters ?? found.map(({ facts }) => facts)
  const documents = withControlPlane(input.documents)
  const first = createFileHub(documents, given, input.nowMs)
  const placed = documents.map((document) => {
    if (document.metadata.namespace !== undefined || document.kind === 'Config') return document
    const namespaced = first.typeOf(document.apiVersion, document.kind)?.namespaced === true || guessedNamespaced(document)
    return namespaced ? { ...document, metadata: { ...document.metadata, namespace: input.namespace } } : document
  })
  const bare = createFileHub(placed, given, input.nowMs)
  const clusters = withNotes(given, federationDialects, bare)
  return {
    hub: { ...bare, clusters },
    dialects: federationDialects,
    settles: true,
    clustersFor: async ({ workload }) =>
      clusters.map((facts) => {
        const free = input.room?.[facts.name] ?? found.find((each) => each.facts.name === facts.name)?.free?.(workload)
        return free === undefined ? facts : { ...facts, free }
      }),
  }
}

/** KubeFed as its chart installs it, where there are federated objects and nothing says how it is configured. */
function withControlPlane(documents: readonly KubeObject[]): readonly KubeObject[] {
  if (!documents.some(({ apiVersion }) => apiVersion.includes('.kubefed.io/'))) return documents
  const { config, typeConfigs } = kubeFedDefaults
  const missing = [config, ...typeConfigs].filter(({ kind }) => !documents.some((document) => document.kind === kind))
  return [...documents, ...missing]
}

/** KubeFed's kinds are made while a fleet runs: no table has them. */
function guessedNamespaced({ apiVersion, kind }: KubeObject): boolean {
  return apiVersion.startsWith('types.kubefed.io/') && !['FederatedClusterRole', 'FederatedClusterRoleBinding'].includes(kind)
}
