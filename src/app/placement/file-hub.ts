import type { HubFacts } from '../../delivery/federation/contract.js'
import type { ClusterFacts } from '../../delivery/placement/contract.js'
import { apiVersionOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { builtInResources } from '../../kube/schema/resources.js'
import { federationCrds } from '../federation/federation-dialects.js'

/**
 * A hub of documents alone: what a hub would know if all of them were applied to it. Kinds are the built-in ones, those of the
 * dialects, those that the documents define, and, where none of these says anything, what a document itself tells of its kind.
 */
export function createFileHub(documents: readonly KubeObject[], clusters: readonly ClusterFacts[], nowMs: number): HubFacts {
  const crds = [...federationCrds, ...documents.filter(({ kind }) => kind === 'CustomResourceDefinition')]
  const types = new Map<string, ResourceType>()
  for (const type of [...builtInResources, ...crds.flatMap(typesOfCrd), ...documents.map(guessType)]) {
    const key = `${apiVersionOf(type.group, type.version)}/${type.kind}`
    if (!types.has(key)) types.set(key, type)
  }
  const byKind = new Map<string, KubeObject[]>()
  for (const document of documents) {
    const key = `${document.apiVersion}/${document.kind}`
    const list = byKind.get(key)
    if (list === undefined) byKind.set(key, [document])
    else list.push(document)
  }
  return {
    objects(type, { namespace, name } = {}) {
      const all = byKind.get(`${apiVersionOf(type.group, type.version)}/${type.kind}`) ?? []
      return all.filter(
        ({ metadata }) =>
          (namespace === undefined || (metadata.namespace ?? '') === namespace) && (name === undefined || metadata.name === name),
      )
    },
    clusters,
    typeOf: (apiVersion, kind) => types.get(`${apiVersion}/${kind}`),
    typeNamed: (group, plural) => [...types.values()].find((type) => type.group === group && type.plural === plural),
    nowMs,
  }
}

function typesOfCrd(crd: KubeObject): ResourceType[] {
  const { group, names, scope, versions } = (crd['spec'] ?? {}) as {
    group?: string
    names?: { kind?: string; plural?: string }
    scope?: string
    versions?: readonly { name?: string }[]
  }
  if (group === undefined || names?.kind === undefined || names.plural === undefined) return []
  return (versions ?? []).map(({ name = 'v1' }) => ({
    group,
    version: name,
    kind: names.kind as string,
    plural: names.plural as string,
    namespaced: scope !== 'Cluster',
  }))
}

/** The plural as KubeFed and kubebuilder make it from the kind. */
function guessType({ apiVersion, kind, metadata }: KubeObject): ResourceType {
  const at = apiVersion.indexOf('/')
  const lower = kind.toLowerCase()
  const plural = /(?:s|x|z|ch|sh)$/.test(lower)
    ? `${lower}es`
    : /[^aeiou]y$/.test(lower)
      ? `${lower.slice(0, -1)}ies`
      : `${lower}s`
  return {
    group: at < 0 ? '' : apiVersion.slice(0, at),
    version: apiVersion.slice(at + 1),
    kind,
    plural,
    namespaced: metadata.namespace !== undefined,
  }
}
