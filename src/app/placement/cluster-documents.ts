import { compareText } from '../../base/compare-text.js'
import { isObject } from '../../base/json.js'
import { freeByTotals } from '../../delivery/placement/capacity/free-by-totals.js'
import { readAmounts } from '../../delivery/placement/capacity/pod-requests.js'
import { replicaNeeds } from '../../delivery/placement/capacity/replica-needs.js'
import { readClusterMarks } from '../../delivery/placement/cluster-marks.js'
import type { ClusterFacts, Taint, Workload } from '../../delivery/placement/contract.js'
import { clusterSecretLabel, parseClusterSecret } from '../../dialects/argo-cd/cluster-secret/parse-cluster-secret.js'
import { allMembersExtension } from '../../kube/client/kubeconfig.js'
import type { KubeObject } from '../../kube/object/kube-object.js'

/** A cluster as documents tell of it; `free` of what is to be placed where they tell its room. */
export interface DocumentCluster {
  readonly facts: ClusterFacts
  free?(workload: Workload): number | undefined
}

/**
 * Clusters out of documents: contexts of a kubeconfig, KubeFedCluster, Karmada's Cluster, ClusterProfile, OCM's ManagedCluster,
 * cluster Secrets of Argo CD. Of one name the first tells who it is; labels and what is known of it come from all. Sorted by name.
 */
export function readClusterDocuments(documents: readonly KubeObject[]): readonly DocumentCluster[] {
  const clusters = new Map<string, DocumentCluster>()
  for (const document of documents) {
    for (const cluster of clustersOf(document)) {
      const { name } = cluster.facts
      const before = clusters.get(name)
      clusters.set(name, before === undefined ? cluster : merge(before, cluster))
    }
  }
  return [...clusters.values()].sort((a, b) => compareText(a.facts.name, b.facts.name))
}

function merge(a: DocumentCluster, b: DocumentCluster): DocumentCluster {
  const free = a.free ?? b.free
  const facts = { ...b.facts, ...a.facts, labels: { ...b.facts.labels, ...a.facts.labels } }
  return { facts, ...(free === undefined ? {} : { free }) }
}

function clustersOf(document: KubeObject): DocumentCluster[] {
  const { apiVersion, kind } = document
  const group = apiVersion.split('/')[0]
  if (kind === 'Config' && apiVersion === 'v1') return contextsOf(document)
  if (kind === 'Secret' && document.metadata.labels?.[clusterSecretLabel] === 'cluster') {
    const { name, labels, annotations } = parseClusterSecret(document)
    const { [clusterSecretLabel]: _system, ...own } = labels
    return [{ facts: { name, ready: true, ...readClusterMarks({ labels: own, annotations }) } }]
  }
  if (kind === 'ClusterProfile' && group === 'multicluster.x-k8s.io') {
    const { displayName } = objectOf(document['spec'])
    return [known(document, typeof displayName === 'string' && displayName !== '' ? displayName : document.metadata.name)]
  }
  if (kind === 'KubeFedCluster' && group === 'core.kubefed.io') return [known(document, document.metadata.name)]
  if (kind === 'ManagedCluster' && group === 'cluster.open-cluster-management.io')
    return [known(document, document.metadata.name)]
  if (kind === 'Cluster' && group === 'cluster.karmada.io') return [karmadaCluster(document)]
  return []
}

/** What labels, annotations, `spec.taints` and the usual conditions tell. */
function known(document: KubeObject, name: string): DocumentCluster {
  const { labels = {}, annotations = {} } = document.metadata
  const taints = objectOf(document['spec'])['taints']
  return {
    facts: {
      name,
      ...readClusterMarks({ labels, annotations }),
      ...(Array.isArray(taints) ? { taints: taints.filter(isObject) as unknown as Taint[] } : {}),
      ready: readyBy(document),
    },
  }
}

/** A document without conditions is one that nobody has looked at yet: it is taken at its word. */
function readyBy(document: KubeObject): boolean {
  const conditions = objectOf(document['status'])['conditions']
  if (!Array.isArray(conditions)) return true
  const names = ['Ready', 'ControlPlaneHealthy', 'ManagedClusterConditionAvailable']
  const condition = conditions.filter(isObject).find(({ type }) => names.includes(String(type)))
  return condition === undefined || condition['status'] === 'True'
}

function karmadaCluster(document: KubeObject): DocumentCluster {
  const spec = objectOf(document['spec'])
  const status = objectOf(document['status'])
  const { facts } = known(document, document.metadata.name)
  const text = (field: string) => (typeof spec[field] === 'string' && spec[field] !== '' ? { [field]: spec[field] } : {})
  const enablements = Array.isArray(status['apiEnablements']) ? status['apiEnablements'].filter(isObject) : undefined
  const apis = enablements?.flatMap(({ groupVersion, resources }) =>
    (Array.isArray(resources) ? resources : []).filter(isObject).map(({ kind }) => `${groupVersion}/${kind}`),
  )
  const summary = objectOf(status['resourceSummary'])
  return {
    facts: {
      ...facts,
      ...text('provider'),
      ...text('region'),
      ...(Array.isArray(spec['zones']) ? { zones: spec['zones'].map(String) } : {}),
      ...(apis === undefined ? {} : { apis: new Set(apis) }),
    },
    ...(isObject(summary['allocatable']) ? { free: (workload: Workload) => freeIn(summary, workload) } : {}),
  }
}

function freeIn(summary: Record<string, unknown>, { object, replicas }: Workload): number | undefined {
  if (replicas === undefined) return undefined
  const podSpec = objectOf(objectOf(objectOf(object['spec'])['template'])['spec'])
  const totals = {
    allocatable: readAmounts(summary['allocatable']),
    allocated: readAmounts(summary['allocated']),
    allocating: readAmounts(summary['allocating']),
  }
  return freeByTotals(totals, replicaNeeds(podSpec).requests)
}

/** The name of a context is the name of the cluster, as `flotilla cluster add` takes it. */
function contextsOf(document: KubeObject): DocumentCluster[] {
  const contexts = Array.isArray(document['contexts']) ? document['contexts'].filter(isObject) : []
  return contexts.flatMap(({ name, context }) => {
    const { extensions } = objectOf(context)
    const allMembers = Array.isArray(extensions) && extensions.some((each) => objectOf(each)['name'] === allMembersExtension)
    return typeof name === 'string' && name !== '' && !allMembers ? [{ facts: { name, ready: true } }] : []
  })
}

function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {}
}
