import type { HubFacts, MemberResult, Outcome } from '../../delivery/federation/contract.js'
import type { ClusterFacts } from '../../delivery/placement/contract.js'
import { decidePlacement } from '../../delivery/placement/decide-placement.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { hubKinds } from './hub-kinds.js'
import type { ReadTemplate } from './read-source.js'

const plain = (apiVersion: string, kind: string, plural: string, namespaced = true): ResourceType => {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  return { group, version, kind, plural, namespaced }
}

const kinds: readonly ResourceType[] = [
  ...hubKinds,
  plain('apps/v1', 'Deployment', 'deployments'),
  plain('apps/v1', 'StatefulSet', 'statefulsets'),
  plain('batch/v1', 'Job', 'jobs'),
  plain('v1', 'ConfigMap', 'configmaps'),
  plain('v1', 'Secret', 'secrets'),
  plain('v1', 'Service', 'services'),
  plain('serving.example.com/v1', 'Service', 'services'),
  plain('v1', 'ServiceAccount', 'serviceaccounts'),
  plain('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims'),
  plain('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', false),
]

/** A hub of objects, for tests: what caches would hold. */
export function hubOf(
  objects: readonly KubeObject[],
  clusters: readonly (string | ClusterFacts)[],
  nowMs = 1_000_000_000_000,
): HubFacts {
  return {
    objects: (type, where = {}) =>
      objects.filter(
        ({ apiVersion, kind, metadata }) =>
          kind === type.kind &&
          apiVersion === apiVersionOf(type.group, type.version) &&
          (where.name === undefined || where.name === metadata.name) &&
          (where.namespace === undefined || where.namespace === metadata.namespace),
      ),
    clusters: clusters.map((cluster) => (typeof cluster === 'string' ? { name: cluster } : cluster)),
    typeOf: (apiVersion, kind) =>
      kinds.find((type) => type.kind === kind && apiVersionOf(type.group, type.version) === apiVersion),
    typeNamed: (group, plural) => kinds.find((type) => type.plural === plural && type.group === group),
    nowMs,
  }
}

/** What an engine would tell of a template whose copies are as `results` says; those not named are applied. */
export function outcomeOf(
  read: ReadTemplate,
  hub: HubFacts,
  results: Readonly<Record<string, Partial<MemberResult>>> = {},
): Outcome {
  const decision = decidePlacement(read.workload, read.policies, hub.clusters, read.previous)
  return {
    decision,
    clusters: decision.deliveries.map(({ cluster, replicas, held }) => ({
      cluster,
      wanted: true,
      ...(replicas === undefined ? {} : { replicas }),
      ...(held === undefined ? {} : { held }),
      result: { state: 'Applied', step: 'none', message: '', since: hub.nowMs, ...results[cluster] },
    })),
    evictions: read.evictions ?? [],
    digests: { template: '', overrides: '' },
  }
}
