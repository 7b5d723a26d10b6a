import type { ResourceType } from '../../kube/object/resource-type.js'

/** multicluster.x-k8s.io (KEP-1645). v1alpha1 and v1beta1 have one schema; v1beta1 is the stored one. */
export const mcsGroup = 'multicluster.x-k8s.io'

export const serviceExportType: ResourceType = {
  group: mcsGroup,
  version: 'v1beta1',
  kind: 'ServiceExport',
  plural: 'serviceexports',
  singular: 'serviceexport',
  shortNames: ['svcex'],
  namespaced: true,
  subresources: ['status'],
}

export const serviceImportType: ResourceType = {
  group: mcsGroup,
  version: 'v1beta1',
  kind: 'ServiceImport',
  plural: 'serviceimports',
  singular: 'serviceimport',
  shortNames: ['svcim'],
  namespaced: true,
  subresources: ['status'],
}
