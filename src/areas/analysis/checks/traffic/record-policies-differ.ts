import { defineCheck, type Finding } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'

const prefixes = ['external-dns.kubernetes.io/', 'external-dns.alpha.kubernetes.io/']
/** Annotations that make a record one of several of a name, by the policy they stand for. */
const policies: Readonly<Record<string, string>> = {
  'aws-weight': 'weighted',
  'aws-region': 'latency',
  'aws-failover': 'failover',
  'aws-geolocation-continent-code': 'geolocation',
  'aws-geolocation-country-code': 'geolocation',
  'aws-geolocation-subdivision-code': 'geolocation',
  'aws-geoproximity-region': 'geoproximity',
  'aws-geoproximity-coordinates': 'geoproximity',
  'aws-multi-value-answer': 'multivalue',
}

interface Routed {
  readonly object: KubeDocument
  readonly policy: string
  readonly key: string
  readonly id: string
}

export const recordPoliciesDiffer = defineCheck({
  id: 'record-policies-differ',
  topic: 'traffic',
  severity: 'error',
  title: 'Routing annotations of ExternalDNS make records that Route 53 refuses',
  why: 'Records of one name that share traffic have one policy and an identifier each, and a PRIMARY of failover needs a health check (also for the TXT record that goes with it). Route 53 refuses the change, and with it the others of its batch; ExternalDNS tries again for ever, and the name does not change.',
  evidence: [
    'kubernetes-sigs/external-dns#2362',
    'kubernetes-sigs/external-dns#2469',
    'kubernetes-sigs/external-dns#1420',
    'kubernetes-sigs/external-dns#4964',
    'Route 53 API: ResourceRecordSet',
  ],
  fix: 'Set the same policy on all objects of a name, and `aws-health-check-id` on the PRIMARY.',
  *run(model) {
    const byHost = new Map<string, Routed[]>()
    for (const object of model.objects) {
      const key = object.keys('metadata', 'annotations').find((each) => policies[suffixOf(each) ?? ''] !== undefined)
      if (key === undefined) continue
      const policy = policies[suffixOf(key)!]!
      const id = read(object, 'set-identifier')
      if (policy === 'weighted') yield* badWeight(object, key)
      if (policy === 'failover') yield* badFailover(object, key)
      for (const host of (read(object, 'hostname') ?? '').split(',').map((each) => each.trim().toLowerCase()))
        if (host !== '') byHost.set(host, [...(byHost.get(host) ?? []), { object, policy, key, id: id ?? '' }])
    }
    for (const [host, all] of byHost) yield* sharing(host, all)
  },
})

function* badWeight(object: KubeDocument, key: string): Iterable<Finding> {
  const text = object.annotation(key) ?? ''
  if (/^\d+$/.test(text) && Number(text) <= 255) return
  yield {
    message: `${object.subject} has the weight ${JSON.stringify(text)}: expected a whole number from 0 to 255`,
    at: [object.at('metadata', 'annotations', key)],
  }
}

function* badFailover(object: KubeDocument, key: string): Iterable<Finding> {
  const role = object.annotation(key) ?? ''
  const at = object.at('metadata', 'annotations', key)
  if (role !== 'PRIMARY' && role !== 'SECONDARY')
    yield { message: `${object.subject} has the failover role ${JSON.stringify(role)}: expected PRIMARY or SECONDARY`, at: [at] }
  else if (role === 'PRIMARY' && read(object, 'aws-health-check-id') === undefined && read(object, 'alias') === undefined)
    yield { message: `${object.subject} is PRIMARY without aws-health-check-id`, at: [at] }
}

function* sharing(host: string, all: readonly Routed[]): Iterable<Finding> {
  const [first] = all
  const ids = new Map<string, Routed>()
  for (const each of all) {
    const at = each.object.at('metadata', 'annotations', each.key)
    // Files that belong to no cluster may be two ways to do the same.
    if (!together(each.object, first!.object)) continue
    if (each.policy !== first!.policy) {
      yield {
        message: `${host} is ${each.policy} by ${each.object.subject}, and ${first!.policy} by ${first!.object.subject}`,
        at: [at, first!.object.at('metadata', 'annotations', first!.key)],
      }
      continue
    }
    const twin = each.id === '' ? undefined : ids.get(each.id)
    if (twin !== undefined && twin.object.cluster !== each.object.cluster)
      yield {
        message: `${host} has the set-identifier ${each.id} in ${twin.object.cluster} and in ${each.object.cluster}`,
        at: [at, twin.object.at('metadata', 'annotations', twin.key)],
      }
    else if (twin === undefined) ids.set(each.id, each)
  }
}

function together(a: KubeDocument, b: KubeDocument): boolean {
  return (a.cluster !== undefined && b.cluster !== undefined) || a.written?.file === b.written?.file
}

function suffixOf(key: string): string | undefined {
  const prefix = prefixes.find((each) => key.startsWith(each))
  return prefix === undefined ? undefined : key.slice(prefix.length)
}

function read(object: KubeDocument, suffix: string): string | undefined {
  for (const prefix of prefixes) {
    const value = object.annotation(prefix + suffix)
    if (value !== undefined && value !== '') return value
  }
  return undefined
}
