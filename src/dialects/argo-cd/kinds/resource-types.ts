import type { ResourceType } from '../../../kube/object/resource-type.js'

const group = 'argoproj.io'
const version = 'v1alpha1'

export const applicationType: ResourceType = {
  group,
  version,
  kind: 'Application',
  plural: 'applications',
  singular: 'application',
  shortNames: ['app', 'apps'],
  namespaced: true,
  // As upstream: status and `operation` are plain fields, clients patch `operation` to sync.
  subresources: [],
}

export const applicationSetType: ResourceType = {
  group,
  version,
  kind: 'ApplicationSet',
  plural: 'applicationsets',
  singular: 'applicationset',
  shortNames: ['appset', 'appsets'],
  namespaced: true,
  subresources: ['status'],
}

export const appProjectType: ResourceType = {
  group,
  version,
  kind: 'AppProject',
  plural: 'appprojects',
  singular: 'appproject',
  shortNames: ['appproj', 'appprojs'],
  namespaced: true,
  subresources: [],
}
