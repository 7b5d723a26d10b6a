import { compareText } from '../../../base/compare-text.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { FleetService, ServiceName } from '../../../services/model/service-model.js'
import { rootNamespace } from '../names.js'
import { fieldsOf, textOf, textsOf } from '../validation/read-json.js'
import { compareHosts, fullHost, hostMatches, hostsOf } from './host.js'

/** A DestinationRule that decides for consumers in some namespaces. */
export interface FoundRule {
  readonly object: KubeObject
  readonly host: string
  readonly reach: FleetService['reach']
  /** Consumers' namespaces; undefined: all that no earlier one names. */
  readonly namespaces?: readonly string[]
}

/**
 * The DestinationRules of one cluster for a service, as Istio looks for them: in the consumer's own namespace, then in the
 * service's, then in the root namespace; there the most specific host, and of several the oldest with a traffic policy. A rule
 * for the name in `cluster.local` counts for the cluster set's name too, after those that name that.
 */
export function findRules(rules: readonly KubeObject[], service: ServiceName): readonly FoundRule[] {
  if (rules.length === 0) return []
  const candidates = rules.filter(
    (rule) => rule.metadata.deletionTimestamp === undefined && specOf(rule)['workloadSelector'] === undefined,
  )
  const byNamespace = new Map<string, KubeObject[]>()
  for (const rule of candidates) {
    const namespace = rule.metadata.namespace ?? ''
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), rule])
  }
  const found: FoundRule[] = []
  for (const { host, reach } of hostsOf(service)) {
    const best = (namespace: string) => bestOf(byNamespace.get(namespace) ?? [], host)
    for (const namespace of [...byNamespace.keys()].sort(compareText)) {
      if (namespace === service.namespace || namespace === rootNamespace) continue
      const own = best(namespace)
      if (own !== undefined) found.push({ ...own, reach, namespaces: [namespace] })
    }
    for (const namespace of new Set([service.namespace, rootNamespace])) {
      const general = best(namespace)
      if (general !== undefined) found.push({ ...general, reach, ...audienceOf(general.object) })
    }
  }
  return found
}

function bestOf(rules: readonly KubeObject[], host: string): { object: KubeObject; host: string } | undefined {
  const matching = rules
    .map((object) => ({ object, host: fullHost(textOf(specOf(object)['host']), object.metadata.namespace ?? '') }))
    .filter((each) => hostMatches(each.host, host))
  matching.sort((a, b) => compareHosts(a.host, b.host) || age(a.object, b.object))
  const [first] = matching
  // Rules for one host are merged: the oldest that has a traffic policy gives it.
  const same = matching.filter((each) => each.host === first?.host)
  return same.find(({ object }) => fieldsOf(specOf(object)['trafficPolicy']) !== undefined) ?? first
}

function age(a: KubeObject, b: KubeObject): number {
  return (
    compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compareText(a.metadata.name, b.metadata.name)
  )
}

function audienceOf(object: KubeObject): { namespaces?: readonly string[] } {
  const entries = textsOf(specOf(object)['exportTo'])
  if (entries.length === 0 || entries.includes('*')) return {}
  return { namespaces: entries.map((entry) => (entry === '.' ? (object.metadata.namespace ?? '') : entry)) }
}

export function specOf(object: KubeObject): Readonly<Record<string, unknown>> {
  return fieldsOf(object['spec']) ?? {}
}
