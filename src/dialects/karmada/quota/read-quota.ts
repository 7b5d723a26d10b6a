import type { Federated, HubFacts, Problem } from '../../../delivery/federation/contract.js'
import { federatedId } from '../../../delivery/federation/federated-id.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type Fields, fieldsOf, objectsAt, textAt } from '../fields.js'
import { labels } from '../names.js'
import { namespaceRule } from '../template/namespace-rule.js'

export function isQuota({ apiVersion, kind }: KubeObject): boolean {
  return kind === 'FederatedResourceQuota' && apiVersion.startsWith('policy.karmada.io/')
}

/**
 * A FederatedResourceQuota as a ResourceQuota of its name in each cluster that it assigns a part to. Neither taints nor cordons keep a
 * limit away: it holds for what is there. Undefined where no cluster has a part, nor had one.
 */
export function readQuota(source: KubeObject, hub: HubFacts): Federated | undefined {
  const { name, namespace = '' } = source.metadata
  const parts = new Map<string, Fields>()
  const twice: Problem[] = []
  for (const assignment of objectsAt(source, 'spec', 'staticAssignments')) {
    const cluster = textAt(assignment, 'clusterName')
    if (!parts.has(cluster)) parts.set(cluster, fieldsOf(assignment['hard']))
    else
      twice.push({
        reason: 'AssignedTwice',
        message: `spec.staticAssignments names ${cluster} more than once: the first counts; remove the others`,
      })
  }
  const object: KubeObject = { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name, namespace }, spec: { hard: {} } }
  const names = [...parts.keys()]
  const before = onRecord(source)
  if (names.length === 0 && before.length === 0) return undefined
  return {
    id: federatedId('karmada', source),
    workload: { object },
    policies: {
      placements: [
        {
          name,
          namespace,
          selectors: [{ apiVersion: 'v1', kind: 'ResourceQuota', name }],
          placement: {
            division: { strategy: 'duplicated' },
            ...(names.length > 0
              ? { groups: [{ name: 'assigned', names }] }
              : { nowhere: 'spec.staticAssignments assigns no cluster a part' }),
            tolerations: [{ operator: 'Exists' }],
          },
        },
      ],
      overrides: [
        {
          dialect: 'karmada',
          name,
          namespace,
          rules: [...parts].map(([cluster, hard]) => ({
            clusters: { names: [cluster] },
            overriders: { plaintext: [{ path: '/spec/hard', operator: 'replace' as const, value: hard }] },
          })),
        },
      ],
    },
    previous: { replicas: Object.fromEntries([...names, ...before].map((cluster) => [cluster, 0])) },
    rules: {
      existing: 'refuse',
      predecessor: { label: labels.managed, value: 'true' },
      labels: { [labels.managed]: 'true' },
      retain: [],
      onRemoval: 'delete',
    },
    ...namespaceRule(namespace, hub),
    ...(twice.length > 0 ? { warnings: twice } : {}),
  }
}

function onRecord(source: KubeObject): string[] {
  return objectsAt(source, 'status', 'aggregatedStatus').map((each) => textAt(each, 'clusterName'))
}
