import { defineCheck, type Finding } from '../../contract.js'
import type { KubeDocument } from '../../model/document.js'
import type { Spot } from '../../model/spot.js'

export const istioLocalityUnknown = defineCheck({
  id: 'istio-locality-unknown',
  topic: 'services',
  severity: 'warning',
  title: 'A locality rule names a region that no cluster is in',
  why: 'Localities are compared as text with the labels of nodes. A region that no node has matches nothing: the weight meant for it goes nowhere, and localities that no `to` names get no endpoints at all.',
  evidence: ['istio/istio#45756', 'Istio: pilot/pkg/networking/core/loadbalancer/loadbalancer.go'],
  fix: 'Write the regions as topology.kubernetes.io/region has them on the nodes.',
  *run(model) {
    const regions = new Set(model.clusters.flatMap(({ regions: all }) => all.map(({ value }) => value)))
    // Only where every cluster says where it is can one be known not to exist.
    if (regions.size === 0 || model.clusters.some((cluster) => cluster.regions.length === 0)) return
    for (const rule of model.kinds('networking.istio.io', 'DestinationRule')) {
      const setting = rule.view('spec', 'trafficPolicy', 'loadBalancer', 'localityLbSetting')
      const named: [string, Spot][] = []
      for (const share of setting.items('distribute')) {
        named.push([share.text('from') ?? '', share.at('from')])
        for (const to of share.keys('to')) named.push([to, share.atKey('to', to)])
      }
      for (const failover of setting.items('failover'))
        for (const end of ['from', 'to']) named.push([failover.text(end) ?? '', failover.at(end)])
      const told = new Set<string>()
      for (const [locality, at] of named) {
        const region = locality.split('/')[0] ?? ''
        if (region === '' || region === '*' || regions.has(region) || told.has(region)) continue
        told.add(region)
        yield {
          message: `${rule.subject} names the region ${region}; clusters are in ${[...regions].sort().join(', ')}`,
          at: [at],
        }
      }
      yield* leftOut(rule, regions)
    }
  },
})

/** Regions that have clusters and that a share of the traffic never names: their endpoints are not used from there. */
function* leftOut(rule: KubeDocument, regions: ReadonlySet<string>): Iterable<Finding> {
  for (const share of rule.items('spec', 'trafficPolicy', 'loadBalancer', 'localityLbSetting', 'distribute')) {
    const named = new Set(share.keys('to').map((to) => to.split('/')[0]))
    const missing = [...regions].filter((region) => !named.has(region)).sort()
    if (named.size === 0 || named.has('*') || missing.length === 0) continue
    // A rule of which some region exists nowhere is a finding already.
    if ([...named].some((region) => !regions.has(region ?? ''))) continue
    yield {
      message: `${rule.subject} sends nothing from ${share.text('from') ?? 'anywhere'} to ${missing.join(', ')}, even if nothing else is left`,
      severity: 'note',
      at: [share.atKey('to')],
      fix: 'Name the region with a small weight if its endpoints are to take over.',
    }
  }
}
