import { defineCheck } from '../../contract.js'
import type { ContainerView } from '../../model/fleet-model.js'

export const externalDnsOwnerShared = defineCheck({
  id: 'external-dns-owner-shared',
  topic: 'traffic',
  severity: 'error',
  title: 'Two ExternalDNS with the same owner id write into the same zone',
  why: 'The owner id says which records an instance may change and delete. With the same id, each takes the other’s records for its own that nobody wants any more: with the policy sync they delete each other’s records in turn.',
  evidence: ['kubernetes-sigs/external-dns#685', 'kubernetes-sigs/external-dns#3336', 'kubernetes-sigs/external-dns#5846'],
  fix: 'Give each cluster a `--txt-owner-id` of its own.',
  *run(model) {
    const seen = new Map<string, ContainerView[]>()
    for (const container of model.containersOf('external-dns')) {
      const { cluster } = container.object
      if (cluster === undefined || container.argument('registry')?.value === 'noop') continue
      const owner = container.argument('txt-owner-id')?.value ?? 'default'
      const place = `${container.argument('provider')?.value ?? ''} ${owner} ${container.argument('txt-prefix')?.value ?? ''}`
      const zones = container.argumentValues('domain-filter')
      const other = seen
        .get(place)
        ?.find((each) => each.object.cluster !== cluster && meet(each.argumentValues('domain-filter'), zones))
      seen.set(place, [...(seen.get(place) ?? []), container])
      if (other === undefined) continue
      const at = (each: ContainerView) => each.argument('txt-owner-id')?.view.at() ?? each.container.at('args')
      yield {
        message: `ExternalDNS of ${cluster} and of ${other.object.cluster} both are the owner ${owner} of ${zones.join(', ') || 'all zones'}`,
        at: [at(container), at(other)],
      }
    }
  },
})

function meet(a: readonly string[], b: readonly string[]): boolean {
  if (a.length === 0 || b.length === 0) return true
  return a.some((one) => b.some((two) => one === two || one.endsWith(`.${two}`) || two.endsWith(`.${one}`)))
}
