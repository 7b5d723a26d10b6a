import { defineCheck } from '../../contract.js'
import { type ExternalDnsInstance, externalDnsInstances, shareZone } from '../../references/external-dns-instances.js'

export const externalDnsOwnerShared = defineCheck({
  id: 'external-dns-owner-shared',
  topic: 'traffic',
  severity: 'error',
  title: 'Two ExternalDNS with the same owner id write into the same zone',
  why: 'The owner id says which records an instance may change and delete. With the same id, each takes the other’s records for its own that nobody wants any more: with the policy sync they delete each other’s records in turn. One that migrates from the id of another that still runs takes that one’s records over, and deletes them.',
  evidence: [
    'kubernetes-sigs/external-dns#685',
    'kubernetes-sigs/external-dns#3336',
    'kubernetes-sigs/external-dns#5846',
    'external-dns: docs/registry/txt.md, --migrate-from-txt-owner',
  ],
  fix: 'Give each cluster a `--txt-owner-id` (chart: `txtOwnerId`) of its own.',
  *run(model) {
    const seen = new Map<string, ExternalDnsInstance[]>()
    const instances = externalDnsInstances(model)
    for (const instance of instances) {
      const { cluster, owner, provider, prefix, zones, at } = instance
      const place = `${provider} ${owner} ${prefix}`
      const known = seen.get(place) ?? []
      const other = known.find((each) => each.cluster !== cluster && shareZone(each, instance))
      seen.set(place, [...known, instance])
      if (other !== undefined)
        yield {
          message: `ExternalDNS of ${cluster} and of ${other.cluster} both are the owner ${owner} of ${zones.join(', ') || 'all zones'}`,
          at: [at, other.at],
        }
    }
    for (const instance of instances) {
      const { cluster, migratesFrom, policy } = instance
      if (migratesFrom === undefined || policy !== 'sync') continue
      const other = instances.find((each) => each.cluster !== cluster && each.owner === migratesFrom && shareZone(each, instance))
      if (other !== undefined)
        yield {
          message: `ExternalDNS of ${cluster} takes over the records of the owner ${migratesFrom}, which ${other.cluster} still is`,
          at: [instance.at, other.at],
          fix: 'Migrate only from an id that no instance has any more, or without the policy sync.',
        }
    }
  },
})
