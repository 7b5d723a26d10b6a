import { defineCheck } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import { type ExternalDnsInstance, externalDnsInstances } from '../../references/external-dns-instances.js'

const prefixes = ['external-dns.kubernetes.io/', 'external-dns.alpha.kubernetes.io/']

/** Providers that write one record of a name, whatever the identifier says. */
const ignoring = new Set(['rfc2136'])

export const recordOwnedTwice = defineCheck({
  id: 'record-owned-twice',
  topic: 'traffic',
  severity: 'warning',
  title: 'Two clusters ask for one name, and only one of them gets it',
  why: 'An ExternalDNS changes only records that its own owner id made. Where objects of two clusters want the same name without a set-identifier, the instance that came first has it: the other skips it silently, every time, and the name does not move when the first cluster is gone.',
  evidence: [
    'kubernetes-sigs/external-dns#5916',
    'kubernetes-sigs/external-dns#1441',
    'kubernetes-sigs/external-dns#6608',
    'kubernetes-sigs/external-dns#1395',
    'kubernetes-sigs/external-dns#3330',
  ],
  fix: 'Give each object a `set-identifier` and a routing policy (`aws-weight`, `aws-failover` …) where the provider has them, or let one cluster, or a hub, write the name.',
  *run(model) {
    const instances = new Map(externalDnsInstances(model).map((instance) => [instance.cluster, instance]))
    if (instances.size < 2) return
    const first = new Map<string, KubeDocument>()
    for (const object of model.objects) {
      const instance = object.cluster === undefined ? undefined : instances.get(object.cluster)
      if (instance === undefined) continue
      const id = read(object, 'set-identifier')
      const isIgnored = id !== undefined && ignoring.has(instance.provider)
      if (id !== undefined && !isIgnored) continue
      for (const host of (read(object, 'hostname') ?? '').split(',').map((each) => each.trim().toLowerCase())) {
        if (host === '' || /[${}<>]/.test(host) || !isFor(instance, host)) continue
        const other = first.get(host)
        if (other === undefined) first.set(host, object)
        else if (other.cluster !== object.cluster && instance.owner !== instances.get(other.cluster!)?.owner)
          yield {
            message: `${host} is asked for by ${object.subject} of ${object.cluster} and by ${other.subject} of ${other.cluster}, ${isIgnored ? `and the provider ${instance.provider} ignores set-identifiers` : 'without set-identifiers'}`,
            at: [hostname(object), hostname(other)],
          }
      }
    }
  },
})

function isFor({ zones }: ExternalDnsInstance, host: string): boolean {
  return zones.length === 0 || zones.some((zone) => host === zone || host.endsWith(`.${zone.replace(/^\./, '')}`))
}

function hostname(object: KubeDocument) {
  const prefix = prefixes.find((each) => object.annotation(`${each}hostname`) !== undefined)
  return object.at('metadata', 'annotations', `${prefix}hostname`)
}

function read(object: KubeDocument, suffix: string): string | undefined {
  return prefixes.map((prefix) => object.annotation(prefix + suffix)).find((value) => value !== undefined && value !== '')
}
