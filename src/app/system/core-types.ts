import type { ResourceType } from '../../kube/object/resource-type.js'
import { builtInResources } from '../../kube/schema/resources.js'

function builtIn(group: string, plural: string): ResourceType {
  return builtInResources.find((type) => type.group === group && type.plural === plural)!
}

/** The built-in resources that the composition root itself touches. */
export const secretType = builtIn('', 'secrets')
export const configMapType = builtIn('', 'configmaps')
export const namespaceType = builtIn('', 'namespaces')
export const crdType = builtIn('apiextensions.k8s.io', 'customresourcedefinitions')
