import type { HubWrite, Outcome } from '../../../delivery/federation/contract.js'
import { apiVersionOf, type KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { overridesVersion, templateVersion } from '../federated/version-hashes.js'
import type { TypeConfig } from '../kinds/type-config.js'
import { clusterPropagatedVersionType, propagatedVersionType } from '../resource-types.js'

/** What KubeFed records of the versions in clusters: `gen:N` of what has a generation, `rv:X` of anything else. */
export function versionOfCopy({ metadata: { generation, resourceVersion } }: KubeObject): string {
  return generation !== undefined && generation !== 0 ? `gen:${generation}` : `rv:${resourceVersion ?? ''}`
}

/** The PropagatedVersion beside a federated object, owned by it. */
export function propagatedVersion(source: KubeObject, config: TypeConfig, outcome: Outcome): HubWrite {
  const { name, namespace = '', uid = '' } = source.metadata
  const type: ResourceType = config.federated.namespaced ? propagatedVersionType : clusterPropagatedVersionType
  const ref = { type, namespace, name: `${config.target.kind.toLowerCase()}-${name}` }
  const clusterVersions = outcome.clusters.flatMap(({ cluster, wanted, result }) =>
    wanted && result?.state === 'Applied' && result.live !== undefined
      ? [{ clusterName: cluster, version: versionOfCopy(result.live) }]
      : [],
  )
  return {
    write: 'apply',
    ref,
    object: {
      apiVersion: apiVersionOf(type.group, type.version),
      kind: type.kind,
      metadata: {
        name: ref.name,
        ...(namespace === '' ? {} : { namespace }),
        ownerReferences: [{ apiVersion: source.apiVersion, kind: source.kind, name, uid }],
      },
    },
    status: { templateVersion: templateVersion(source), overridesVersion: overridesVersion(source), clusterVersions },
  }
}
