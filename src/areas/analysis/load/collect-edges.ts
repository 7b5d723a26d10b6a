import { isObject } from '../../../base/json.js'
import type { Call } from '../model/call.js'
import type { MeshEdge } from '../model/cluster-model.js'
import type { KubeDocument } from '../model/document.js'
import type { HelmValues } from '../model/helm-values.js'

/** Where clusters are told of each other, so that pods of one reach the other's. */
export function collectEdges(
  objects: readonly KubeDocument[],
  values: readonly HelmValues[],
  calls: readonly Call[],
): MeshEdge[] {
  const told = clustersOfFiles(values)
  return [
    ...values.flatMap(ofValues),
    ...objects.flatMap((object) => ofObject(object, object.cluster ?? told.get(object.source))),
    ...calls.flatMap(ofCall),
  ]
}

/** A file that installs Istio in one cluster, and in no other, is of that cluster with all that it holds. */
function clustersOfFiles(values: readonly HelmValues[]): Map<string, string> {
  const named = new Map<string, Set<string>>()
  for (const each of values) {
    if (each.tool !== 'istio' || each.cluster === undefined) continue
    const { source } = each.document
    named.set(source, (named.get(source) ?? new Set()).add(each.cluster))
  }
  return new Map([...named].flatMap(([file, clusters]) => (clusters.size === 1 ? [[file, [...clusters][0]!] as const] : [])))
}

function ofValues(values: HelmValues): MeshEdge[] {
  if (values.tool !== 'cilium') return []
  const path = ['clustermesh', 'config', 'clusters']
  const clusters = values.get(...path)
  const edge = (to: string, at: MeshEdge['at']): MeshEdge[] =>
    to === (values.text('cluster', 'name') ?? values.cluster)
      ? []
      : [{ tool: 'cilium', from: values.cluster, to, at, bidirectional: false }]
  // A list before chart 1.20, a map from there on.
  if (Array.isArray(clusters))
    return values
      .items(...path)
      .flatMap((item) => (item.text('name') === undefined ? [] : edge(item.text('name')!, item.at('name'))))
  return isObject(clusters) ? Object.keys(clusters).flatMap((name) => edge(name, values.atKey(...path, name))) : []
}

function ofObject(object: KubeDocument, from: string | undefined): MeshEdge[] {
  // By its name it is meant as one even where istiod would not read it, which is a finding of its own.
  const isRemote = object.label('istio/multiCluster') === 'true' || object.name?.startsWith('istio-remote-secret-') === true
  if (object.kind === 'Secret' && isRemote)
    return ['data', 'stringData'].flatMap((member) =>
      object.keys(member).map((key) => ({
        tool: 'istio' as const,
        from,
        to: key,
        at: object.atKey(member, key),
        bidirectional: false,
      })),
    )
  if (object.kind === 'Secret' && object.name === 'cilium-clustermesh')
    return ['data', 'stringData'].flatMap((member) =>
      object
        .keys(member)
        .filter((key) => !/\.(crt|key)$|^(common-etcd-client|local)/.test(key))
        .map((key) => ({
          tool: 'cilium' as const,
          from,
          to: key,
          at: object.atKey(member, key),
          bidirectional: false,
        })),
    )
  const target = object.text('spec', 'targetClusterName')
  if (object.group === 'multicluster.linkerd.io' && object.kind === 'Link' && target !== undefined)
    return [{ tool: 'linkerd', from, to: target, at: object.at('spec', 'targetClusterName'), bidirectional: false }]
  return []
}

function ofCall(call: Call): MeshEdge[] {
  const known = (name: string | undefined): name is string => name !== undefined && !name.includes('$')
  if (call.program === 'cilium' && call.starts('clustermesh', 'connect')) {
    const from = call.flag('context')
    return call
      .flagValues('destination-context')
      .flatMap((value) => value.split(','))
      .filter(known)
      .map((to) => ({ tool: 'cilium' as const, from: known(from) ? from : undefined, to, at: call.at(), bidirectional: true }))
  }
  if (call.program === 'istioctl' && call.words.some(({ text }) => text === 'create-remote-secret')) {
    const to = call.flag('name') ?? call.flag('context')
    const from = call.pipedTo?.flag('context')
    return known(to) ? [{ tool: 'istio', from: known(from) ? from : undefined, to, at: call.at(), bidirectional: false }] : []
  }
  if (call.program === 'liqoctl' && call.starts('peer')) {
    const to = call.flag('remote-context')
    const from = call.flag('context')
    return known(to) ? [{ tool: 'liqo', from: known(from) ? from : undefined, to, at: call.at(), bidirectional: true }] : []
  }
  return []
}
