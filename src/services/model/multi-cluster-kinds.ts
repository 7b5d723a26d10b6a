import type { Condition, KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

/** multicluster.x-k8s.io (KEP-1645). v1alpha1 and v1beta1 have one schema; v1beta1 is the stored one. */
export const mcsGroup = 'multicluster.x-k8s.io'

export const serviceExportType: ResourceType = {
  group: mcsGroup,
  version: 'v1beta1',
  kind: 'ServiceExport',
  plural: 'serviceexports',
  singular: 'serviceexport',
  shortNames: ['svcex', 'svcexport'],
  namespaced: true,
  subresources: ['status'],
}

export const serviceImportType: ResourceType = {
  group: mcsGroup,
  version: 'v1beta1',
  kind: 'ServiceImport',
  plural: 'serviceimports',
  singular: 'serviceimport',
  shortNames: ['svcim', 'svcimport'],
  namespaced: true,
  subresources: ['status'],
}

export type ServiceExport = KubeObject & {
  spec?: { exportedLabels?: Record<string, string>; exportedAnnotations?: Record<string, string> }
  status?: { conditions?: Condition[] }
}

export interface ImportPort {
  name?: string
  protocol?: string
  port: number
  appProtocol?: string
}

export interface ServiceImportSpec {
  type?: 'ClusterSetIP' | 'Headless'
  ports?: ImportPort[]
  ips?: string[]
  ipFamilies?: string[]
  sessionAffinity?: string
  sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number } }
  internalTrafficPolicy?: string
  trafficDistribution?: string
}

export type ServiceImport = KubeObject & {
  spec: ServiceImportSpec
  status?: { clusters?: { cluster: string }[]; conditions?: Condition[] }
}
